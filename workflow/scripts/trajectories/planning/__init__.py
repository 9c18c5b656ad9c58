"""Whether a study may start, what it costs, and what its jobs need; without torch."""
