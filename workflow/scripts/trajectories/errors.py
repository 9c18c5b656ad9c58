"""The one kind of error that is the user's to mend."""


class UserError(Exception):
    """A mistake the user can mend: one sentence naming the file, key or value, and the mend."""
