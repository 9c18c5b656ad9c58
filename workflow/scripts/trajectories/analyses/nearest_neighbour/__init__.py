"""Analysis: nearest neighbour."""
