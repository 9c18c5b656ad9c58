"""Analyses of learning trajectories: a folder each, in the order of `registry`."""
