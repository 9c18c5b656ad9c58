"""Analyses of learning trajectories: one subject a file, functions of RDMs over training."""
