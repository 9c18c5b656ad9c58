"""Where training images come from: one file per source."""
