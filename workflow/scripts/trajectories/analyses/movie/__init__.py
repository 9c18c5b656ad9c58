"""Analysis: movie."""
