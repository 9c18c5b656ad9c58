"""Analysis: dimension."""
