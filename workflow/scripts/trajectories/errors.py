"""The one kind of error that the user can correct."""


class UserError(Exception):
    """A mistake the user can correct: one sentence with the file, key or value, and the remedy."""
