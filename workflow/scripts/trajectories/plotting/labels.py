"""Labels: what figures and reports call layers, conditions, categories and references."""

import re
from collections.abc import Mapping

import pandas as pd

COLUMNS = (
    "condition", "other_condition", "layer", "other_layer", "category", "other_category",
    "reference", "target",
)  # fmt: skip
"""Of tables, that hold names with a label."""


def relabelled(table: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """The table with labels in the place of names.

    Parameters
    ----------
    table : DataFrame
    labels : mapping of name to label
        Names without one stay.
    """
    if not labels:
        return table
    return table.assign(
        **{
            column: table[column].map(lambda name: labels.get(name, name))
            for column in COLUMNS
            if column in table
        }
    )


def told(text: str, labels: Mapping[str, str]) -> str:
    """A sentence with labels in the place of names that stand as words of their own."""
    if not labels:
        return text
    names = "|".join(re.escape(name) for name in sorted(labels, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])({names})(?![\w-])", lambda found: labels[found[1]], text)
