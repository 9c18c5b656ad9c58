"""The 92 published test images of Kriegeskorte et al. (2008), directly from their `.mat` file.

`Kriegeskorte_Neuron2008_supplementalData.mat` holds the pictures, 175 × 175 px on grey, and their
categories. It lacks 4 of the 96 images that were shown: one natural and three artificial objects.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories import given_files
from trajectories.errors import UserError
from trajectories.stimuli import mat_sizes

SUFFIX = ".mat"
SOURCE = "Kriegeskorte et al. (2008), Neuron 60(6), doi:10.1016/j.neuron.2008.10.043"

_FLAGS = ("human", "face", "animal", "natural")
_OF_CHANCE = ("rand24", "rand48", "other48")  # random halves of the set, categories of nothing
_LARGEST = 4096  # px
_MOST = 2**26  # bytes, packed or not; the published file has 9 million


def is_published(path: Path | str) -> bool:
    """Whether a path is that of a `.mat` file."""
    return str(path).lower().endswith(SUFFIX)


def is_version_73(path: Path) -> bool:
    """Whether a file is of MATLAB 7.3, which stores HDF5.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    head = given_files.start(path, 520)
    return b"\x89HDF\r\n\x1a\n" in (head[:8], head[512:])  # behind a header of MATLAB's, or not


def read_flags(path: Path) -> tuple[tuple[str, ...], dict[str, NDArray[np.bool_]]]:
    """Names and category flags of the images, in the order of the file.

    Returns
    -------
    stimulus : tuple of n_stimuli strings
        Category and number within it, such as "human_face_03": the file gives no names.
    flags : dict of flag to bool array of shape (n_stimuli,)
        `human`, `face`, `animal`, `natural`, then the file's further categories such as `body`.

    Raises
    ------
    UserError
        If the file is missing, damaged, or not the published one.
    """
    stimuli, labels, vectors = _read(path)
    with _explained(path):
        kinds = [str(item.category).replace(" ", "_") for item in stimuli]
        flags = {flag: np.array([bool(getattr(item, flag)) for item in stimuli]) for flag in _FLAGS}
        for label, members in zip(map(str, labels), vectors.T, strict=True):
            if label not in _OF_CHANCE:
                flags.setdefault(label, members.astype(bool))
        if any(len(members) != len(kinds) for members in flags.values()):
            raise ValueError("its categories are not those of its images")
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        seen[kind] += 1
        names.append(f"{kind}_{seen[kind]:02d}")
    return tuple(names), flags


def read_pictures(path: Path) -> dict[str, NDArray[np.uint8]]:
    """Pictures by name.

    Returns
    -------
    dict of str to uint8 array of shape (height, width, 3)

    Raises
    ------
    UserError
        If the file is missing, damaged, or not the published one.
    """
    names, _ = read_flags(path)
    with _explained(path):
        pictures = [np.asarray(item.image) for item in _read(path)[0]]
        for picture in pictures:
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
                raise ValueError(f"an image is {picture.dtype} {picture.shape}")
            if not 0 < max(picture.shape) <= _LARGEST:
                raise ValueError(f"an image has {picture.shape[0]} × {picture.shape[1]} px")
    return dict(zip(names, pictures, strict=True))


@cache
def _read(path: Path) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Structures of the images, labels of the categories, and their members."""
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise UserError(
            f"{path} cannot be read without scipy: install it, or give stimuli.table in the config"
            " as a CSV file."
        ) from error
    wanted = ("stimuli_92objs", "categoryLabels", "categoryVectors")
    if not path.exists():
        raise UserError(f"There is no stimulus file {path}: correct stimuli.table in the config.")
    if is_version_73(path):
        raise UserError(
            f"{path} was saved again as version 7.3 of MATLAB: use the file as it was published, or"
            " save it by save(…, '-v7')."
        )
    with _explained(path):
        mat_sizes.check(path, _MOST)
        content = loadmat(path, variable_names=wanted, struct_as_record=False, squeeze_me=True)
        stimuli, labels, vectors = (np.atleast_1d(content[name]) for name in wanted)
    return stimuli, labels, vectors


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever error a file of another kind causes into one sentence."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"{path} is not a complete copy of Kriegeskorte_Neuron2008_supplementalData.mat"
            f" ({error}): download it again, or name another stimulus table in the config."
        ) from error
