"""Analysis: model rdms."""
