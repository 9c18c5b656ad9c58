"""Studies published as data: networks that are finished, small enough to be kept with the code."""
