"""Reference RDMs in `.mat` files: the two published ones, and matrices in files of the user's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms import reference_hdf5
from trajectories.stimuli import mat_sizes
from trajectories.stimuli import published as published_stimuli
from trajectories.stimuli import table as stimulus_table

Array = NDArray[Any]
Rdms = tuple[tuple[str, ...], list[Array]]
"""Names of subjects, and a square matrix or a vector of each."""

_PUBLISHED, _SUBJECTS = "RDMs_mIT_hIT_fig1", "RDMs"  # variables of the two published files
_MOST = 2**26  # bytes, packed or not; the published files have less than 10 million
_FEWEST = 3  # pairs


def read(
    path: Path, rdm: str | None, table: str | None
) -> tuple[tuple[str, ...], tuple[str, ...], list[Array]]:
    """Names of stimuli, names of subjects, and a square matrix or a vector of each.

    Parameters
    ----------
    path : Path
    rdm : str or None
        Which RDM of the published file, or which variable of a file of the user's.
    table : str or None
        Stimulus table whose order the RDMs have, where the file has no names.

    Raises
    ------
    UserError
        If the file cannot be read, or `rdm` or `table` are missing or do not belong to it.
    """
    if published_stimuli.is_version_73(path):
        content: dict[str, Any] = reference_hdf5.read_matlab(path)
    else:
        content = _read_level_5(path)
    if _PUBLISHED in content:
        return _read_published(path, rdm, table, content[_PUBLISHED])
    if getattr(content.get(_SUBJECTS), "dtype", None) == np.object_:
        subjects, rdms = _read_subjects(path, rdm, content[_SUBJECTS])
    else:
        subjects, rdms = _read_own(path, rdm, content)
    if table is None:
        raise UserError(
            f"{path} has no names of stimuli: name in `table` the stimulus table whose order its"
            " RDMs have, such as Kriegeskorte_Neuron2008_supplementalData.mat"
        )
    return stimulus_table.read_table(Path(table)).stimulus, subjects, rdms


def _read_level_5(path: Path) -> dict[str, Any]:
    """Variables of a file of MATLAB 5 to 7.2."""
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise UserError(f"{path} cannot be read without scipy: install it") from error
    with _explained(path):
        mat_sizes.check(path, _MOST)
        content: dict[str, Any] = loadmat(path, struct_as_record=False, squeeze_me=False)
    return content


def _read_published(
    path: Path, chosen: str | None, table: str | None, structures: Array
) -> tuple[tuple[str, ...], tuple[str, ...], list[Array]]:
    with _explained(path):
        rdms = {str(item.name[0]): np.asarray(item.RDM, float) for item in structures.ravel()}
    if table is not None:
        raise UserError(f"`table` is set, but {path} has names of stimuli: delete `table`")
    if chosen not in rdms:
        given = "`rdm` is missing" if chosen is None else f"`rdm` is {chosen}"
        raise UserError(f"{given}, but {path} has {' and '.join(rdms)}: write one of them")
    names, _ = published_stimuli.read_flags(path)
    return names, (chosen,), [rdms[chosen]]


def _read_subjects(path: Path, rdm: str | None, structures: Array) -> Rdms:
    """The mean over sessions of each subject of `92_brainRDMs.mat`."""
    with _explained(path):
        sessions = structures[0]  # subject, session
        subjects = tuple(str(row[0].name[0]).rpartition(" | ")[0] for row in sessions)
        means = [np.mean([np.asarray(one.RDM, float) for one in row], axis=0) for row in sessions]
    if rdm is not None:
        raise UserError(f"`rdm` is set, but all RDMs of {path} are used: delete `rdm`")
    return subjects, means


def _read_own(path: Path, rdm: str | None, content: Mapping[str, Any]) -> Rdms:
    """A variable that holds a square matrix, its upper triangle, or matrices of subjects."""
    found = {name: rdms for name, value in content.items() if (rdms := _rdms(value))}
    if not found:
        raise UserError(
            f"{path} is neither Kriegeskorte_Neuron2008_supplementalData.mat nor"
            " 92_brainRDMs.mat as published, and has no matrix of dissimilarities (stimuli ×"
            " stimuli, or × subjects): save the RDM as such, or as CSV"
        )
    if rdm is None and len(found) == 1:
        [rdm] = found
    if rdm not in found:
        given = "`rdm` is missing" if rdm is None else f"`rdm` is {rdm}"
        raise UserError(f"{given}, but {path} has {' and '.join(found)}: write one of them")
    rdms = found[rdm]
    if len(rdms) == 1:
        return (path.stem,), rdms
    return tuple(f"{path.stem} {index + 1}" for index in range(len(rdms))), rdms


def _rdms(value: Any) -> list[Array]:
    """The RDMs that a variable may be; none for one of another form."""
    if getattr(value, "dtype", np.dtype(object)).kind not in "fiu":
        return []
    if value.ndim == 3 and value.shape[0] == value.shape[1] > 1:
        return list(np.moveaxis(value, 2, 0))
    if value.ndim == 2 and value.shape[0] == value.shape[1] > 1:
        return [value]
    vector = value.ndim == 2 and 1 in value.shape and value.size >= _FEWEST
    return [value] if vector else []


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever error a damaged file, or one of another kind, causes into one sentence."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"{path} is neither Kriegeskorte_Neuron2008_supplementalData.mat nor 92_brainRDMs.mat,"
            f" complete and as published ({error}): download it again, or save the RDM as CSV"
        ) from error
