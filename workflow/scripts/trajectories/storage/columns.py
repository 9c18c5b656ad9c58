"""Columns of tables, by name: plain values, which rules and figures read without pandas."""

# What tells the RDMs of a study apart.
IDENTITY = ("condition", "seed", "layer", "epoch")
STABILITY = ("condition", "seed", "layer", "epoch", "next_epoch", "correlation")
CATEGORIES = (
    "condition", "seed", "layer", "epoch", "category", "pairs", "n_pairs", "dissimilarity",
)  # fmt: skip
REFERENCES = ("condition", "seed", "layer", "epoch", "reference", "similarity")
REFERENCE_SUBJECTS = (*REFERENCES[:-1], "subject", "similarity")
DISPLACEMENT = ("condition", "seed", "layer", "epoch", "next_epoch", "displacement")
# Of a table of instances, in the place of its value.
SUMMARY = ("mean", "sd", "n_seeds")
# Columns that hold text.
NAMES = ("condition", "layer", "category", "pairs", "reference", "subject")
# The tables that are made for each instance, and summarised.
KINDS = (STABILITY, CATEGORIES, REFERENCES, REFERENCE_SUBJECTS)


def summarised(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of the summary over seeds of a table of instances."""
    return (*(column for column in columns[:-1] if column != "seed"), *SUMMARY)
