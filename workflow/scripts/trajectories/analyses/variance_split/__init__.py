"""Analysis: variance split."""
