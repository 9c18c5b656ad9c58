"""Networks that only torch can describe, by where they come from: one file each."""
