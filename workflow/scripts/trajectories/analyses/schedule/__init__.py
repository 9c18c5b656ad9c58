"""Analysis: schedule."""
