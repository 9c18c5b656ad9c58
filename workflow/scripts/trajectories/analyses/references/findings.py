"""How similar layers become to brains and behaviour."""

import numpy as np
import pandas as pd

from trajectories.analyses.wording import at, listed, measured


def said(table: pd.DataFrame, ceilings: pd.DataFrame) -> list[str]:
    """A sentence for each reference, and one on those without a noise ceiling.

    Parameters
    ----------
    table : DataFrame
        Columns `columns.REFERENCES`, one condition.
    ceilings : DataFrame
        Columns `references.CEILINGS`.
    """
    first, last = table["epoch"].min(), table["epoch"].max()
    sentences = []
    for reference, part in table.groupby("reference", sort=False):
        courses = []
        for layer, of_layer in part.groupby("layer", sort=False):
            wide = of_layer.pivot(index="seed", columns="epoch", values="similarity")
            mean = wide.mean()
            best = float(mean.idxmax())  # type: ignore[arg-type]
            most = f", highest {at(best)} ({mean[best]:.2f})" if best not in (first, last) else ""
            courses.append(
                f"{layer} {measured(wide[first], 2)} {at(first)}, {measured(wide[last], 2)}"
                f" {at(last)}{most}"
            )
        ceiling = ceilings[ceilings["reference"] == reference].iloc[0]
        bounds = (
            ""
            if np.isnan(ceiling["lower"])
            else f"; noise ceiling {ceiling['lower']:.2f} to {ceiling['upper']:.2f}"
        )
        sentences.append(f"Similarity to {reference}: {'; '.join(courses)}{bounds}.")
    single = [str(name) for name in ceilings.loc[ceilings["lower"].isna(), "reference"]]
    if single:
        sentences.append(
            f"No noise ceiling is known for {listed(single)}, as it needs more than one RDM of a"
            " reference."
        )
    return sentences
