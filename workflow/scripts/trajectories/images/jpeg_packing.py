"""Training images of a source's picture files, packed as JPEG into one file.

First, several processes make parts; then these are merged. The parts lie in a folder of
their own, `<dataset>.unfinished`, that no rule declares: an interrupted job finds them and
resumes, with the same result to the last byte. Memory holds the index, never the images.
"""

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.images import crash_proof, jpeg_dataset, jpeg_parts, subset
from trajectories.images.jpeg_dataset import JpegIndex
from trajectories.images.jpeg_parts import Part
from trajectories.images.sources.source import PictureFiles, shown
from trajectories.storage import leftovers
from trajectories.storage.files import sync

log = logging.getLogger("trajectories")

PART = 2048
"""Most pictures in a part: what an interrupted process loses."""


@dataclass(frozen=True)
class Packed:
    """Chosen pictures, ready to be merged.

    Attributes
    ----------
    source : PictureFiles
    chosen : int array of shape (n_images,)
        Indices into the source, sorted.
    left_out : dict of str to str
        Names of broken pictures, with the reason.
    parts : tuple of Part
    part, first, length, height, width, crc32 : int64 arrays of shape (n_images,)
        Of each image: number of its part, its first byte there, bytes, size in px, checksum.
    """

    source: PictureFiles
    chosen: NDArray[np.intp]
    left_out: dict[str, str]
    parts: tuple[Part, ...]
    part: NDArray[np.int64]
    first: NDArray[np.int64]
    length: NDArray[np.int64]
    height: NDArray[np.int64]
    width: NDArray[np.int64]
    crc32: NDArray[np.int64]


def pack(
    source: PictureFiles,
    count: int,
    shorter: int | None,
    seed: int,
    unfinished: Path,
    processes: int = 1,
    advance: Callable[[int], object] = lambda pictures: None,
) -> Packed:
    """Choose pictures of a source and bring them to JPEG, part by part.

    Parameters
    ----------
    source : PictureFiles
    count : int
    shorter : int or None
        Side in px to which the shorter one is reduced where it is larger; None keeps the size,
        and the bytes of RGB JPEG files.
    seed : int
        Of the choice.
    unfinished : Path
        Folder for the parts; those that are there and whole are taken as they are. Nobody else
        may write there.
    processes : int
        Does not change the result.
    advance : callable
        Called with the number of pictures done since the last call.

    Raises
    ------
    UserError
        If there are fewer whole pictures than `count`, or a part cannot be written.
    """
    leftovers.remove(unfinished, everyones=True)
    parts: list[Part] = []
    rows: list[NDArray[np.int64]] = []

    def take(indices: NDArray[np.intp]) -> Iterator[tuple[int, str | None]]:
        # By fixed stretches of the source, so that another count leaves most parts as they are.
        stretches = np.split(indices, np.flatnonzero(np.diff(indices // PART)) + 1)
        wanted = [
            Part(unfinished, source.root, tuple(source.files[index] for index in stretch), shorter)
            for stretch in stretches
        ]
        if there := sum(part.path.exists() for part in wanted):
            log.info("resuming: %d of %d parts already exist", there, len(wanted))
        before = len(parts)
        parts.extend(wanted)
        for number, index in crash_proof.make_all(wanted, processes, advance):
            images = stretches[number][index.place]
            first = np.cumsum(index.length) - index.length
            part = np.full(len(images), before + number)
            sizes = (index.length, index.height, index.width, index.crc32)
            rows.append(np.stack([images, part, first, *sizes]))
            yield from ((image, None) for image in images.tolist())
            for place, reason in index.broken.items():
                yield int(stretches[number][place]), reason

    names = [shown(file) for file in source.files]
    found = subset.choose(names, count, seed, str(source.root), take)
    columns = np.concatenate(rows, axis=1)
    _, *columns_in_order = columns[:, columns[0].argsort()]
    return Packed(source, found.chosen, found.left_out, tuple(parts), *columns_in_order)


def join(
    packed: Packed,
    output: Path,
    unfinished: Path,
    attributes: Mapping[str, Any],
    advance: Callable[[int], object] = lambda pictures: None,
) -> None:
    """Merge the parts into one file, and delete their folder.

    Parameters
    ----------
    packed : Packed
    output : Path
    unfinished : Path
        As given to `pack`.
    attributes : mapping
        Where the images come from.
    advance : callable
        Called with the number of images merged since the last call.

    Raises
    ------
    UserError
        If the file cannot be written, or a part has been damaged.
    """
    index = JpegIndex(
        offset=np.concatenate([[0], np.cumsum(packed.length)]),
        height=packed.height.astype(np.int32),
        width=packed.width.astype(np.int32),
        label=packed.source.label[packed.chosen],
        crc32=packed.crc32.astype(np.uint32),
    )
    files = [shown(packed.source.files[image]) for image in packed.chosen]
    # Beside the parts, so that a file that is cut off goes with them.
    joined = unfinished / output.name
    jpeg_dataset.write(
        joined,
        index,
        _images(packed, advance),
        packed.source.label_names,
        files,
        packed.left_out,
        attributes,
    )
    joined.replace(output)
    sync(output.parent)
    shutil.rmtree(unfinished, ignore_errors=True)  # the file is in its place


def _images(packed: Packed, advance: Callable[[int], object]) -> Iterator[bytes]:
    """The images in their order, from part after part."""
    for number, images in groupby(range(len(packed.chosen)), key=lambda image: packed.part[image]):
        with jpeg_parts.reader(packed.parts[number]) as read:
            for image in images:
                place = (packed.first[image], packed.length[image], packed.crc32[image])
                yield read(*map(int, place))
                advance(1)
