"""Analysis: consistency."""
