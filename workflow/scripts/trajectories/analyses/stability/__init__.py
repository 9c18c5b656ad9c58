"""Analysis: stability."""
