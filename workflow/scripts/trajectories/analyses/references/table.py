"""Similarity of network representations to brains or behaviour, over training.

The noise ceiling bounds the mean over subjects of the similarity to each subject's RDM (Nili et
al., 2014, PLoS Computational Biology 10(4), e1003553), so that is the value of a checkpoint. Its
similarity to the mean RDM of the subjects is another number, mostly higher, and has no such bound.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from trajectories.analyses.references import CEILINGS
from trajectories.rdms import metrics, similarity
from trajectories.rdms.reference_rdms import MEAN, Reference
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics.noise_ceiling import noise_ceiling
from trajectories.storage.columns import REFERENCE_SUBJECTS, REFERENCES


class Tables(NamedTuple):
    """Similarities of one network instance.

    Attributes
    ----------
    references : DataFrame with the columns of `columns.REFERENCES`
        ``similarity`` is the mean over subjects of the similarity to each subject's RDM.
    subjects : DataFrame with the columns of `columns.REFERENCE_SUBJECTS`
        ``similarity`` to the RDM of each subject, and to that of the `MEAN` of all.
    """

    references: pd.DataFrame
    subjects: pd.DataFrame


def similarities(
    trajectory: Trajectory, references: Sequence[Reference], measure: similarity.Similarity
) -> Tables:
    """Similarity of each layer's RDM at each checkpoint to reference RDMs.

    Parameters
    ----------
    trajectory : Trajectory
        With the attributes ``condition`` and ``seed``.
    references : sequence of Reference
        Of the stimuli of the trajectory, in its order.
    measure : {"pearson", "spearman", "kendall", "cosine"}

    Returns
    -------
    Tables
        Dimensionless, in [-1, 1].

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of an RDM are equal.
    """
    means, subjects = [], []
    for layer, rdms in trajectory.rdms.items():
        names = [f"{layer} at epoch {epoch:g}" for epoch in trajectory.epoch]
        for reference in references:
            compared = [*reference.subject, MEAN]
            of_reference = [*reference.rdms, reference.rdms.mean(axis=0)]
            found = similarity.cross_similarity(
                rdms, of_reference, measure, names, [f"{reference.name}, {one}" for one in compared]
            )
            place = {"layer": layer, "epoch": trajectory.epoch, "reference": reference.name}
            to_subjects = found[:, :-1].mean(axis=1)
            means.append(pd.DataFrame({**place, "similarity": to_subjects}))
            rows = {**place, "epoch": np.repeat(trajectory.epoch, len(compared))}
            rows |= {"subject": compared * len(rdms), "similarity": found.ravel()}
            subjects.append(pd.DataFrame(rows))
    return Tables(
        metrics.identified(means, trajectory, REFERENCES),
        metrics.identified(subjects, trajectory, REFERENCE_SUBJECTS),
    )


def ceilings(references: Sequence[Reference], measure: similarity.Similarity) -> pd.DataFrame:
    """Noise ceiling of each reference.

    Returns
    -------
    DataFrame with the columns of `CEILINGS`
        ``lower`` and ``upper`` bound the mean similarity to the subjects; NaN for one subject.
    """
    rows = [
        (reference.name, len(reference.subject), *noise_ceiling(reference.rdms, measure))
        for reference in references
    ]
    return pd.DataFrame(rows, columns=list(CEILINGS))
