"""Analysis: geometry."""
