"""Reference RDMs, of brains or of behaviour: files whose stimuli have names.

Stimuli are matched by name, never by position. A reference may have more stimuli than the study.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.stimuli import mat_sizes
from trajectories.stimuli import published as published_stimuli
from trajectories.stimuli import table as stimulus_table

Settings = Mapping[str, Any]
Floats = NDArray[np.float64]

MEAN = "mean RDM"  # stands beside the names of subjects in tables
_PUBLISHED, _SUBJECTS = "RDMs_mIT_hIT_fig1", "RDMs"  # variables of the two published files
_MOST = 2**26  # bytes, packed or not; the published files have less than 10 million
_ROUNDING = 1e-6  # of the largest value: what storing a matrix as text or float32 may do to it
_NAMED = 5  # names that an error lists


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


@dataclass(frozen=True)
class _Found:
    """What a file holds: square RDMs of shape (n_subjects, n_stimuli, n_stimuli) with names."""

    stimulus: tuple[str, ...]
    subject: tuple[str, ...]
    matrices: Floats


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
            found = _read(path, settings)
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


def _read(path: Path, settings: Settings) -> _Found:
    kinds = {".csv": _read_csv, ".h5": _read_hdf5, ".hdf5": _read_hdf5, ".mat": _read_mat}
    kind = path.suffix.lower()
    if kind not in kinds:
        raise UserError(f"{path} is of an unknown kind: name a file ending in {', '.join(kinds)}")
    if not path.is_file():
        raise UserError(f"there is no file {path}: correct the path")
    if kind != ".mat":
        for key in ("rdm", "table"):
            if settings[key] is not None:
                raise UserError(
                    f"`{key}` is set, but {path} itself says what it contains: delete `{key}`"
                )
    return kinds[kind](path, settings)


def _read_csv(path: Path, _: Settings) -> _Found:
    """A square table with the names of the stimuli in the first line and the first column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [[cell.strip() for cell in row] for row in csv.reader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read ({error}): save it as CSV in UTF-8") from error
    lines = [line for line in lines if any(line)]
    header = tuple(lines[0][1:]) if lines else ()
    names = tuple(line[0] for line in lines[1:])
    _refuse_repeated(path, header)
    _refuse_repeated(path, names)
    if differing := sorted(set(header) ^ set(names)):
        raise UserError(
            f"{path} has {_some(differing)} in its first line or its first column but not in both:"
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
                raise UserError(
                    f"{path} has {cell!r} for {name} and {other}: write a number"
                ) from error
    return _Found(names, (path.stem,), matrix[None])


def _read_hdf5(path: Path, _: Settings) -> _Found:
    """As rsatoolbox saves its `RDMs`, with the pattern descriptor `stimulus`."""
    from trajectories.storage import hdf5

    with hdf5.opened(path) as file:
        for wanted in ("dissimilarities", "pattern_descriptors/stimulus"):
            if wanted not in file:
                raise UserError(
                    f"{path} has no {wanted!r}: save it with rsatoolbox, with the pattern"
                    " descriptor `stimulus`"
                )
        names = hdf5.strings(file["pattern_descriptors/stimulus"])
        vectors = np.atleast_2d(np.asarray(file["dissimilarities"], dtype=np.float64))
        subjects = tuple(f"{path.stem} {index + 1}" for index in range(len(vectors)))
        if "rdm_descriptors/subject" in file:
            described = file["rdm_descriptors/subject"]
            text = described.dtype.kind in "OS"
            subjects = hdf5.strings(described) if text else tuple(map(str, described[:]))
    return _Found(names, subjects, np.stack([_square(path, vector) for vector in vectors]))


def _read_mat(path: Path, settings: Settings) -> _Found:
    """One of the two published files, whose RDMs are in the order of the 92 images."""
    with _explained(path):
        from scipy.io import loadmat

        mat_sizes.check(path, _MOST)
        content = loadmat(
            path,
            variable_names=[_PUBLISHED, _SUBJECTS],
            struct_as_record=False,
            squeeze_me=False,
        )
        if _PUBLISHED in content:
            structures = content[_PUBLISHED].ravel()
            rdms = {str(item.name[0]): np.asarray(item.RDM, np.float64) for item in structures}
        else:
            sessions = content[_SUBJECTS][0]  # subject, session
            subjects = tuple(str(row[0].name[0]).rpartition(" | ")[0] for row in sessions)
            means = [
                np.mean([np.asarray(one.RDM, float) for one in row], axis=0) for row in sessions
            ]
    if _PUBLISHED in content:
        return _read_published(path, settings, rdms)
    if settings["rdm"] is not None:
        raise UserError(f"`rdm` is set, but all RDMs of {path} are used: delete `rdm`")
    if settings["table"] is None:
        raise UserError(
            f"{path} has no names of stimuli: name in `table` the stimulus table whose order its"
            " RDMs have, such as Kriegeskorte_Neuron2008_supplementalData.mat"
        )
    names = stimulus_table.read_table(Path(settings["table"])).stimulus
    return _Found(names, subjects, np.stack([_square(path, mean) for mean in means]))


def _read_published(path: Path, settings: Settings, rdms: Mapping[str, Floats]) -> _Found:
    chosen = settings["rdm"]
    if settings["table"] is not None:
        raise UserError(f"`table` is set, but {path} has names of stimuli: delete `table`")
    if chosen not in rdms:
        given = "`rdm` is missing" if chosen is None else f"`rdm` is {chosen}"
        raise UserError(f"{given}, but {path} has {' and '.join(rdms)}: write one of them")
    names, _ = published_stimuli.read_flags(path)
    return _Found(names, (chosen,), _square(path, rdms[chosen])[None])


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever error a file of another kind causes into one sentence."""
    try:
        yield
    except Exception as error:
        raise UserError(
            f"{path} is neither Kriegeskorte_Neuron2008_supplementalData.mat nor 92_brainRDMs.mat,"
            f" complete and as published ({error}): download it again, or save the RDM as CSV"
        ) from error


def _square(path: Path, values: Floats) -> Floats:
    """A square matrix from one, or from its upper triangle in the order of `squareform`."""
    values = np.squeeze(values)
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


def _check(path: Path, found: _Found) -> None:
    """Refuse what is not an RDM of the named stimuli."""
    names = found.stimulus
    _refuse_repeated(path, names)
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
            f"{path} lacks {len(missing)} of the {len(stimulus)} test images, {_some(missing)}; it"
            f" has {_some(names)}: give the same images the same names in both"
        )
    return np.array([place[name] for name in stimulus])


def _refuse_repeated(path: Path, names: Sequence[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1 or not name:
            raise UserError(
                f"{path} has {times} stimuli named {name!r}: give each a name of its own"
            )


def _refuse_constant(path: Path, subjects: Sequence[str], rdms: Floats) -> None:
    for subject, rdm in zip(subjects, rdms, strict=True):
        if np.ptp(rdm) == 0:
            raise UserError(
                f"all dissimilarities of the test images in {path} ({subject}) are equal, so"
                " nothing is similar to it: leave it out"
            )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
