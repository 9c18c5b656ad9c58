"""The conditions of a config: their networks, layers and settings, and what jobs are told."""
