"""Analysis: emergence."""
