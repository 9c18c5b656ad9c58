"""What a run was made with and from, and whether it is still as recorded."""
