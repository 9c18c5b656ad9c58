"""Analysis: speed."""
