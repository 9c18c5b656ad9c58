"""How sentences and figures name the outcomes of a sweep."""

NAMES = {
    "gain": "the gain of between − within of {}",
    "nearest_neighbour": "nearest-neighbour accuracy of {}",
    "similarity": "similarity to {}",
}
LABELS = {
    "similarity": "Similarity to\n{}",
    "gain": "Gain of between −\nwithin, {}",
    "nearest_neighbour": "Nearest neighbour\naccuracy, {}",
}
