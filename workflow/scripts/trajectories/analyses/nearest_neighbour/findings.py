"""Whether the nearest neighbour of an image is of its category."""

from collections.abc import Mapping

import pandas as pd

from trajectories.analyses.wording import at, measured
from trajectories.rdms.categories import against_all_others, compared_with


def said(table: pd.DataFrame, definitions: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A sentence for each category.

    Parameters
    ----------
    table : DataFrame
        Columns `nearest_neighbour.NEAREST_NEIGHBOUR`, one condition.
    definitions : mapping of category to mapping
        As in the config: which images a category is compared with.
    """
    first, last = table["epoch"].min(), table["epoch"].max()
    sentences = []
    for category, part in table.groupby("category", sort=False):
        courses = []
        for layer, of_layer in part.groupby("layer", sort=False):
            wide = of_layer.pivot(index="seed", columns="epoch", values="accuracy")
            ends = 100 * wide[[first, last]].dropna()
            courses.append(
                f"{layer} {measured(ends[first], 0)}% {at(first)}, {measured(ends[last], 0)}%"
                f" {at(last)} (more in {int((ends[last] > ends[first]).sum())} of {len(ends)}"
                " networks)"
            )
        definition = definitions[str(category)]
        among = ""
        if not against_all_others(definition):
            among = f" among {category} and {compared_with(definition)}"
        sentences.append(
            f"Test images of {category} whose nearest neighbour{among} is also of {category}:"
            f" {'; '.join(courses)}; chance is {part['chance'].iloc[0]:.0%}."
        )
    return sentences
