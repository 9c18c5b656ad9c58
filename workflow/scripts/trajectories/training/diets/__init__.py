"""Diets: how the input of a network changes over training."""
