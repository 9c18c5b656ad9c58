"""Analysis: diagnostics."""
