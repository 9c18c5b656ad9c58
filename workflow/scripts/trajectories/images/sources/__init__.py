"""Where training images come from: one file a source."""
