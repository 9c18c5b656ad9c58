"""Analysis: categories."""
