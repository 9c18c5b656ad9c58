"""What a report is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trajectories.planning.traits import Traits


@dataclass(frozen=True)
class Study:
    """What a report is about.

    Attributes
    ----------
    config : mapping
        Complete configuration, as `config.resolve` gives it; `compute` may be missing.
    stability, categories : DataFrame
        Tables of all instances.
    history : DataFrame or None
        From `figure_data.read_histories`; None where no network was trained.
    stimulus : sequence of n_stimuli strings
        Names of the test images.
    test_images : uint8 array of shape (n_stimuli, size, size, 3), or None
        None where a published study brings no pictures.
    credits : sequence of str
        Where the images come from, under what licence, as it must be shown.
    traits : Traits
        What `planning.traits` knows of image source, objective and networks.
    claims : DataFrame or None
        The decisions on the paper's claims, with the columns of `analyses.claims.COLUMNS`.
    findings : mapping of analysis to mapping of condition to sentences
        What the analyses of the study say.
    explorer : mapping or None
        From `explorer.build`; None leaves the explorer out.
    """

    config: Mapping[str, Any]
    stability: pd.DataFrame
    categories: pd.DataFrame
    history: pd.DataFrame | None
    stimulus: Sequence[str]
    test_images: NDArray[np.uint8] | None
    credits: Sequence[str]
    traits: "Traits"
    claims: pd.DataFrame | None = None
    findings: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    explorer: Mapping[str, Any] | None = None
