"""Uncertainty: resamples of images and networks, intervals, tests, times, verdicts."""
