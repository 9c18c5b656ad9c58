"""Interim looks: a study of its own, made of what the networks of another have learned so far."""
