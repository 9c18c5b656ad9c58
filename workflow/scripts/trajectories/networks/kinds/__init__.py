"""The kinds of networks: one file each."""
