"""The series of the user's own checkpoints: which files there are, and the epoch of each."""
