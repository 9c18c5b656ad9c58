"""With what and from what a run was made, and whether it still is as recorded."""
