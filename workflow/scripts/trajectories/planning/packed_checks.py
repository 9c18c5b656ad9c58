"""Before the first job: images that are packed already are those that the config names.

And those that networks were trained on, and trajectories made from. What a file does not say, as
one of a former version, is no difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.provenance import checksums
from trajectories.stimuli import packing
from trajectories.storage import hdf5, image_record, torch_text

# Ways of extraction that a trajectory names where they are not these.
_USUAL = {"diet": "clear", "tokens": "all", "maps": "all"}


def check_training_images(path: Path, images: Mapping[str, Any], excluded: Sequence[str]) -> None:
    """Refuse training images that were packed by other settings than the config's.

    Parameters
    ----------
    path : Path
        A `dataset.h5` that the run does not make anew.
    images : mapping
        The block `images` of the config.
    excluded : sequence of str
        Test images that must not be learnt from.

    Raises
    ------
    UserError
        Naming the key, both values and both ways out.
    """
    found = _settings(path)
    wanted = dict(images) | {"excluded": sorted(excluded)}
    if images["path"] is not None:
        wanted["path"] = Path(images["path"]).as_posix()
    for key, value in found.items():
        if key in wanted and wanted[key] != value:
            if key == "excluded":
                said = f"{path} leaves out other test images than those of the config"
            else:
                said = (
                    f"{path} was packed with `images.{key}` {value}, but the config says"
                    f" {wanted[key]}"
                )
            raise UserError(
                f"{said}, and this run does not pack it again: put back the file that belongs to"
                f" this config, correct the config, or pack it again with --forcerun {path}"
            )


def check_trained_on(path: Path, segments: Iterable[tuple[Path, Path | None]]) -> None:
    """Refuse training images that are not those on which finished networks were trained.

    Parameters
    ----------
    path : Path
        A `dataset.h5` that the run does not make anew.
    segments : iterable of (folder of checkpoints, state or None)
        What is trained and stays.

    Raises
    ------
    UserError
        Naming both files and both ways out.
    """
    here = _content(path)
    for checkpoints, state in segments:
        files = [*sorted(checkpoints.glob("epoch-*.pt"))[:1], *filter(None, [state])]
        for file in files:
            said = torch_text.text_in(file, image_record.TRAINING)
            image_record.require(
                {image_record.TRAINING: said},
                image_record.TRAINING,
                here,
                str(file),
                f"put back the {path} that it was trained on, or move {checkpoints.parents[1]} away"
                " to train it on these",
            )


def check_test_images(
    path: Path, stimulus: Sequence[str], size: int, folder: str, sources: Sequence[str | None]
) -> None:
    """Refuse test images that are not those of the config.

    Parameters
    ----------
    path : Path
        A `stimuli.h5` that the run does not make anew.
    stimulus : sequence of str
        Their names in the table.
    size : int
        Side, px.
    folder : str
        Where the config says that they are.
    sources : sequence of str or None
        Checksum of each picture there, as far as they can be read (`stimuli.sources`).

    Raises
    ------
    UserError
        Naming what differs, and the mend.
    """
    try:
        found = packing.described(path)
    except UserError:
        return  # whoever reads it says what is wrong
    fault = None
    if found.stimulus != tuple(stimulus):
        fault = "has other test images than the table"
    elif found.size != size:
        fault = f"has test images of {found.size} px, but the config's `image_size` is {size}"
    elif found.sources is None:
        # Of a former version, or of other hands: then it has to be the one on record.
        if found.folder not in (None, folder):
            fault = f"was made from {found.folder}, but the config says {folder}"
        elif not _on_record(path):
            fault = "is not the one that results were made from, and does not say from what it was"
    else:
        for name, old, new in zip(stimulus, found.sources, sources, strict=True):
            if new is not None and old != new:
                fault = f"has another picture of {name!r} than {folder}"
    if fault is not None:
        raise UserError(
            f"{path} {fault}, and this run does not make it again: put back the file that belongs"
            f" to this config, or make it again with --forcerun {path}"
        )


def check_shown(kind: str, images: Path, trajectories: Iterable[Path]) -> None:
    """Refuse trajectories that stay, but were made from other images than those at hand.

    Parameters
    ----------
    kind : {"training_images", "test_images"}
    images : Path
        A file of images that the run does not make anew.
    trajectories : iterable of Path
        Each a `trajectory.h5`.

    Raises
    ------
    UserError
        Naming both files and the mend.
    """
    here = _content(images)
    for path in trajectories:
        try:
            recorded = image_record.recorded(path)
        except UserError:
            continue  # whoever reads it says what is wrong
        image_record.require(
            recorded,
            kind,
            here,
            str(path),
            f"put back the {images} that belongs to it, or extract again with --forcerun extract",
        )


def check_extracted(wanted: Mapping[str, str], trajectories: Iterable[Path]) -> None:
    """Refuse trajectories that stay, but were extracted in another way than the config says.

    Parameters
    ----------
    wanted : mapping
        Keys of `activations`, with what the config says.
    trajectories : iterable of Path
        Each a `trajectory.h5`.

    Raises
    ------
    UserError
        Naming the file, the key, both values and both ways out.
    """
    for path in trajectories:
        said = _ways(path)
        for key, value in wanted.items():
            if said.get(key, value) != value:
                raise UserError(
                    f"{path} was made with `activations.{key}` {said[key]}, but the config says"
                    f" {value}, and this run does not extract it again: write {said[key]}, or"
                    " extract again with --forcerun extract"
                )


def _ways(path: Path) -> dict[str, str]:
    """How the activations of a trajectory were extracted, as far as it says; the usual is not."""
    with suppress(UserError), hdf5.opened(path) as file:
        said = {key: str(file.attrs.get(key, usual)) for key, usual in _USUAL.items()}
        return said | {key: str(file.attrs[key]) for key in ("batchnorm",) if key in file.attrs}
    return {}  # whoever reads it says what is wrong


def _on_record(path: Path) -> bool:
    """Whether a file is the one whose checksum was taken when it was made, if it was."""
    with suppress(UserError):
        known = checksums.read(path.parent / "checksums" / f"{path.stem}.json")["files"]
        return known.get(path.name) in (None, checksums.sha256(path))
    return True


def _content(path: Path) -> image_record.Content:
    """None for a file that cannot be read: whoever reads it says why."""
    with suppress(UserError):
        return image_record.content(path)
    return None


def _settings(path: Path) -> dict[str, Any]:
    with suppress(UserError):
        return image_record.settings(path)
    return {}
