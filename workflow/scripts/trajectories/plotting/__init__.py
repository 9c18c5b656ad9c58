"""What all figures share: style, curves, maps, and the reading of their tables."""
