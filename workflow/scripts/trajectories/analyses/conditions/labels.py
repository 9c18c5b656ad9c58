"""How sentences and figures name what conditions are compared by."""

import pandas as pd

NAMES = {
    "log10_change": "change from epoch to epoch (log₁₀)",
    "progress": "progress to the last RDM",
    "gain": "the gain of between − within of {}",
    "nearest_neighbour": "nearest-neighbour accuracy of {}",
    "dimension": "the dimension",
    "reference": "similarity to {}",
}
LABELS = {
    "log10_change": "Change between\nRDMs (log₁₀)",
    "progress": "Progress to\nthe last RDM",
    "gain": "Gain of between −\nwithin, {}",
    "nearest_neighbour": "Nearest neighbour\naccuracy, {}",
    "dimension": "Participation\nratio",
    "reference": "Similarity to\n{}",
}
"""Of what is drawn; an effect less that of the untrained network is its gain."""


def drawn(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Measure and target of what figures show and sentences tell."""
    found = table[["measure", "target"]].drop_duplicates().itertuples(index=False)
    every = [(str(measure), str(target)) for measure, target in found]
    return [(measure, target) for measure in LABELS for which, target in every if which == measure]
