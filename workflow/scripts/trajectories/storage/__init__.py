"""Files that are never half-written, and the formats that results are kept in."""
