"""RDMs and their trajectories, and how they are compared."""
