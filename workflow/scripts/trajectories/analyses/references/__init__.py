"""Analysis: references."""
