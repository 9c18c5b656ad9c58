"""May a study start, what does it cost, and what do its jobs need; without torch."""
