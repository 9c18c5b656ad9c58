"""What learns: networks, their layers, checkpoints and activations."""
