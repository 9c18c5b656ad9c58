"""What networks learn from: image sources, packing and reading."""
