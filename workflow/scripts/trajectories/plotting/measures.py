"""Names of the measures of similarity of two RDMs, on axes and in sentences."""

from typing import NamedTuple


class Measure(NamedTuple):
    """What a measure is called.

    Attributes
    ----------
    name : str
    label : str
        On an axis.
    words : str
        In a sentence.
    kind : str
        What it is an example of.
    symbol : str
        In a formula.
    """

    name: str
    label: str
    words: str
    kind: str
    symbol: str


MEASURES = {
    "pearson": Measure("Pearson r", "Pearson $r$", "Pearson correlation", "Correlation", "r"),
    "spearman": Measure(
        "Spearman ρ", "Spearman $\\rho$", "Spearman correlation", "Correlation", "\\rho"
    ),
    "kendall": Measure(
        "Kendall τ-a", "Kendall $\\tau_a$", "Kendall's τ-a", "Correlation", "\\tau_a"
    ),
    "cosine": Measure("cosine", "cosine", "cosine similarity", "Similarity", "\\cos"),
}
