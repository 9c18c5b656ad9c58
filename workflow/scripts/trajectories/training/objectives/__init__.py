"""What networks learn by: one objective a file."""
