"""Learning trajectories of visual representations: the science, free of any workflow engine."""
