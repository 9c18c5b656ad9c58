"""Analyses of learning trajectories: one subject per file, functions of RDMs over training."""
