"""Analysis: layer differences."""
