"""Putting a published study where its analyses look for it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from trajectories.errors import UserError
from trajectories.publication import labels, manifest, parts, rounded, whole
from trajectories.rdms import reference_rdms
from trajectories.storage.files import atomic, write_checksum
from trajectories.study.config import Config

# What networks leave that are trained here.
_TRAINED = ("checkpoints", "state", "unfinished")
# What is read where it was published.
_NOT_UNPACKED = (parts.CONFIG, parts.TABLE, parts.PROVENANCE)


def find(name: str, studies: Path) -> Path:
    """The folder of a published study.

    Raises
    ------
    UserError
        If there is none of that name, naming those that there are; or if it has no checksums.
    """
    there = sorted(path.parent.name for path in studies.glob(f"[!.]*/{manifest.NAME}"))
    known = f"choose among {', '.join(there)}" if there else f"{studies} has none"
    if not name:
        raise UserError(f"STUDY names no published study: {known}")
    if not whole.is_there(studies / name) or name not in there:
        raise UserError(f"there is no published study {name}: {known}")
    return studies / name


def unpack(study: Path, results: Path) -> tuple[Config, list[str]]:
    """Put the files of a published study into `results/<experiment>`; those that are there stay.

    Parameters
    ----------
    study : Path
        Folder of the published study.
    results : Path
        Folder of all experiments.

    Returns
    -------
    config : dict
        With which its results are made, without training.
    left_out : list of str
        References whose files are not here.

    Raises
    ------
    UserError
        If the study is not whole, or networks of the experiment were trained here.
    """
    config, names = whole.read(study)
    left_out = _leave_out_references(config)
    config["published"] = {"study": study.as_posix(), "pictures": Path(parts.PICTURES) in names}
    run = results / config["experiment"]
    for kind in _TRAINED:
        if any(run.glob(f"*/seed-*/{kind}/*")):
            raise UserError(
                f"{run} has networks that were trained here, which a published study never"
                " replaces: move that folder away, or rename your `experiment`"
            )
    places = {name: run / _unpacked(name) for name in names if str(name) not in _NOT_UNPACKED}
    _require_unpacked(study, run, places)
    trajectories = [name for name in places if name.name == parts.TRAJECTORY]
    for name in trajectories:
        rounded.restore(places[name], study / name)
    for name in places:
        if name not in trajectories:
            _copy(study / name, places[name])
    with atomic(run / parts.CONFIG) as temporary:
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        temporary.write_text(text, encoding="utf-8")
    return config, left_out


def _leave_out_references(config: Config) -> list[str]:
    """Take references whose files are not here out of a config; gives their names."""
    absent = [
        name
        for name, settings in config["references"].items()
        if not all(Path(file).exists() for file in reference_rdms.files(settings))
    ]
    for name in absent:
        del config["references"][name]
    config["labels"] = labels.without(config, absent)
    return absent


def _unpacked(name: Path) -> Path:
    return name.with_name(parts.UNPACKED) if name.name == parts.CHECKSUMS else name


def _require_unpacked(study: Path, run: Path, places: Mapping[Path, Path]) -> None:
    """Refuse to replace tables of networks that no published study has brought here."""
    for name, path in places.items():
        if (
            path.suffix == ".csv"
            and path.is_file()
            and not path.with_name(parts.UNPACKED).is_file()
            and path.read_bytes() != (study / name).read_bytes()
        ):
            raise UserError(
                f"{path} is not the one that is published, and no published study has brought it"
                f" here: move {run} away, or rename your `experiment`"
            )


def _copy(source: Path, target: Path) -> None:
    """Copy a file, unless it is there: what was made of it has a date after its own."""
    if not target.is_file() or target.read_bytes() != source.read_bytes():
        with atomic(target) as temporary:
            shutil.copyfile(source, temporary)
    if target.suffix == ".csv":
        write_checksum(target)  # as tables of a study have it beside them
