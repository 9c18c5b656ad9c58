"""Reference RDMs, of brains or of behaviour: files whose stimuli have names.

Stimuli are matched by name, never by position. A reference may have more stimuli than the study.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms import reference_files
from trajectories.rdms.reference_files import Found

Settings = Mapping[str, Any]
Floats = NDArray[np.float64]

MEAN = "mean RDM"  # stands beside the names of subjects in tables
_ROUNDING = 1e-6  # of the largest value: what storing a matrix as text or float32 may do to it


@dataclass(frozen=True)
class Reference:
    """RDMs of the subjects of one reference, for the stimuli of the study in their order.

    Parameters
    ----------
    name : str
    subject : tuple of n_subjects strings
    rdms : float64 array of shape (n_subjects, n_pairs)
        Pairs in the order of ``numpy.triu_indices(n_stimuli, 1)``.
    """

    name: str
    subject: tuple[str, ...]
    rdms: Floats


def files(settings: Settings) -> list[str]:
    """The files of a reference, the table that names its stimuli included."""
    listed = settings["file"]
    paths = [listed] if isinstance(listed, str) else list(listed)
    return paths if settings["table"] is None else [*paths, settings["table"]]


def read(name: str, settings: Settings, stimulus: Sequence[str]) -> Reference:
    """RDMs of one reference for the stimuli of a study.

    Parameters
    ----------
    name : str
    settings : mapping
        ``file`` (one or several), ``rdm`` and ``table``, as in the config.
    stimulus : sequence of n_stimuli strings

    Raises
    ------
    UserError
        If a file cannot be read, is not an RDM, or lacks a stimulus.
    """
    listed = settings["file"]
    subjects: list[str] = []
    rdms = []
    try:
        for file in [listed] if isinstance(listed, str) else listed:
            path = Path(file)
            found = reference_files.read(path, settings)
            _check(path, found)
            place = _places(path, found.stimulus, stimulus)
            rows, columns = np.triu_indices(len(place), 1)
            chosen = found.matrices[:, place[rows], place[columns]]
            _refuse_constant(path, found.subject, chosen)
            subjects += found.subject
            rdms.append(chosen)
        for subject, times in Counter([*subjects, MEAN]).items():
            if times > 1:
                raise UserError(f"there are {times} RDMs of {subject!r}: give each its own name")
    except UserError as error:
        raise UserError(f"config key `references.{name}`: {error}") from error
    return Reference(name, tuple(subjects), np.concatenate(rdms))


def read_all(references: str, stimulus: Sequence[str]) -> list[Reference]:
    """RDMs of all references of a config.

    Parameters
    ----------
    references : str
        The block `references` of the config as JSON.
    stimulus : sequence of n_stimuli strings

    Raises
    ------
    UserError
        If that is not valid JSON, or as for `read`.
    """
    try:
        block = json.loads(references)
    except ValueError as error:
        raise UserError(f"The references are not valid JSON ({error}): see --help.") from error
    return [read(name, settings, stimulus) for name, settings in block.items()]


def _check(path: Path, found: Found) -> None:
    """Refuse what is not an RDM of the named stimuli."""
    names = found.stimulus
    reference_files.refuse_repeated(path, names)
    if len(found.subject) != len(found.matrices):
        raise UserError(
            f"{path} has {len(found.matrices)} RDMs and {len(found.subject)} names of subjects:"
            " give one to each"
        )
    if found.matrices.shape[1:] != (len(names), len(names)):
        shape = " × ".join(map(str, found.matrices.shape[1:]))
        raise UserError(
            f"{path} has an RDM of {shape} stimuli but names {len(names)}: give one name for each"
        )
    for subject, matrix in zip(found.subject, found.matrices, strict=True):
        _check_matrix(f"{path} ({subject})" if len(found.subject) > 1 else str(path), names, matrix)


def _check_matrix(place: str, names: Sequence[str], matrix: Floats) -> None:
    for row, column in np.argwhere(~np.isfinite(matrix)):
        raise UserError(
            f"{place} has {matrix[row, column]} for {names[row]} and {names[column]}: give a"
            " number, or leave that stimulus out"
        )
    tolerance = _ROUNDING * np.abs(matrix).max(initial=0)
    for index in np.flatnonzero(np.abs(np.diag(matrix)) > tolerance).tolist():
        raise UserError(
            f"{place} has {matrix[index, index]:g} from {names[index]} to itself: give"
            " dissimilarities, which are 0 there, not similarities"
        )
    for row, column in np.argwhere(np.abs(matrix - matrix.T) > tolerance):
        raise UserError(
            f"{place} has {matrix[row, column]:g} from {names[row]} to {names[column]} but"
            f" {matrix[column, row]:g} back: make it symmetric"
        )


def _places(path: Path, names: Sequence[str], stimulus: Sequence[str]) -> NDArray[np.intp]:
    """Where the stimuli of the study are in a file."""
    place = {name: index for index, name in enumerate(names)}
    if missing := [name for name in stimulus if name not in place]:
        raise UserError(
            f"{path} lacks {len(missing)} of the {len(stimulus)} test images,"
            f" {reference_files.some(missing)}; it has {reference_files.some(names)}: give the same"
            " images the same names in both"
        )
    return np.array([place[name] for name in stimulus])


def _refuse_constant(path: Path, subjects: Sequence[str], rdms: Floats) -> None:
    for subject, rdm in zip(subjects, rdms, strict=True):
        if np.ptp(rdm) == 0:
            raise UserError(
                f"all dissimilarities of the test images in {path} ({subject}) are equal, so"
                " nothing is similar to it: leave it out"
            )
