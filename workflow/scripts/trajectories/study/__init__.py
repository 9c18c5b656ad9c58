"""What was asked for: the config, and the recipes, epochs and segments that follow from it."""
