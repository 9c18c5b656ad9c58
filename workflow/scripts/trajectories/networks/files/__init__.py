"""Files of weights that other code wrote: opened, searched, and matched to a network."""
