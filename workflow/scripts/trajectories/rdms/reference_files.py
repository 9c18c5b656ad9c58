"""Files of reference RDMs: each kind read as square matrices, with the names of their stimuli."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories import given_files
from trajectories.errors import UserError
from trajectories.rdms import reference_hdf5, reference_mat

Floats = NDArray[np.float64]

_NAMED = 5  # names that an error lists


@dataclass(frozen=True)
class Found:
    """What a file holds.

    Parameters
    ----------
    stimulus, subject : tuples of n_stimuli and n_subjects strings
    matrices : float64 array of shape (n_subjects, n_stimuli, n_stimuli)
    """

    stimulus: tuple[str, ...]
    subject: tuple[str, ...]
    matrices: Floats


def read(path: Path, settings: Mapping[str, Any]) -> Found:
    """What a file of any kind holds, not yet checked to be RDMs.

    Parameters
    ----------
    path : Path
    settings : mapping
        ``rdm`` and ``table``, as in the config.

    Raises
    ------
    UserError
        If it is missing, cannot be read, or does not say which values it has for which stimuli.
    """
    kind = path.suffix.lower()
    if kind not in (".csv", ".h5", ".hdf5", ".mat"):
        raise UserError(
            f"{path} is of an unknown kind: name a file ending in .csv, .h5, .hdf5, .mat"
        )
    if not path.exists():
        raise UserError(f"there is no file {path}: correct the path")
    if kind != ".mat":
        for key in ("rdm", "table"):
            if settings[key] is not None:
                raise UserError(
                    f"`{key}` is set, but {path} itself says what it contains: delete `{key}`"
                )
    if kind == ".csv":
        return _read_csv(path)
    if kind == ".mat":
        names, subjects, rdms = reference_mat.read(path, settings["rdm"], settings["table"])
    else:
        names, subjects, rdms = reference_hdf5.read(path)
    if not rdms:
        raise UserError(f"{path} has no RDMs: save it again, with one of each subject")
    return Found(names, subjects, np.stack([_square(path, rdm) for rdm in rdms]))


def _read_csv(path: Path) -> Found:
    """A square table with the names of the stimuli in the first line and the first column."""
    lines = [row for _, row in given_files.rows(path)]
    if lines and (sign := given_files.delimiter(lines[0])):
        raise UserError(f"{path} has {sign} between its values: save it with commas")
    header = tuple(lines[0][1:]) if lines else ()
    names = tuple(line[0] for line in lines[1:])
    refuse_repeated(path, header)
    refuse_repeated(path, names)
    if differing := sorted(set(header) ^ set(names)):
        raise UserError(
            f"{path} has {some(differing)} in its first line or its first column but not in both:"
            " write one row and one column for each stimulus, with its name"
        )
    for line in lines[1:]:
        if len(line) != len(lines[0]):
            raise UserError(
                f"{path} has {len(line) - 1} values for {line[0]!r} instead of {len(header)}: give"
                " one for each stimulus"
            )
    place = {name: index for index, name in enumerate(header)}
    matrix = np.empty((len(names), len(names)))
    for row, (name, *cells) in enumerate(lines[1:]):
        for column, other in enumerate(names):
            cell = cells[place[other]]
            try:
                matrix[row, column] = float(cell)
            except ValueError as error:
                point = ", with a decimal point" if given_files.decimal_comma(cell) else ""
                raise UserError(
                    f"{path} has {cell!r} for {name} and {other}: write a number{point}"
                ) from error
    return Found(names, (path.stem,), matrix[None])


def _square(path: Path, values: NDArray[Any]) -> Floats:
    """A square matrix from one, or from its upper triangle in the order of `squareform`."""
    if values.dtype.kind not in "fiub":
        raise UserError(f"{path} has dissimilarities that are no real numbers: save them as such")
    values = np.squeeze(values).astype(np.float64)
    if values.ndim != 1:
        return values
    n = round((1 + np.sqrt(1 + 8 * values.size)) / 2)
    if n * (n - 1) // 2 != values.size:
        raise UserError(
            f"{path} has an RDM of {values.size} pairs, which no number of stimuli has: save it"
            " again"
        )
    matrix = np.zeros((n, n))
    matrix[np.triu_indices(n, 1)] = values
    return matrix + matrix.T


def refuse_repeated(path: Path, names: Sequence[str]) -> None:
    """Refuse names that are empty or not unique."""
    for name, times in Counter(names).items():
        if times > 1 or not name:
            raise UserError(
                f"{path} has {times} stimuli named {name!r}: give each a name of its own"
            )


def some(names: Sequence[str]) -> str:
    """The first of some names, as an error lists them."""
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
