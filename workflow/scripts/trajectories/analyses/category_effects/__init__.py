"""Analysis: category effects."""
