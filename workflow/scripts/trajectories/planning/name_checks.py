"""Names that become part of HDF5 files, file names and pages, before the first job."""

import re
from collections.abc import Iterable
from pathlib import Path

from trajectories.errors import UserError
from trajectories.study.config import Config

# File systems allow 255 bytes, and files of a condition bear more than its name.
LONGEST = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check_lengths(config: Config) -> None:
    """Refuse names that would make file names longer than a file system allows.

    Raises
    ------
    UserError
        Naming the key.
    """
    named = [("experiment", config["experiment"])]
    for section in ("conditions", "categories", "references"):
        named += [(section, name) for name in config[section]]
    for key, name in named:
        if len(name) > LONGEST:
            raise UserError(
                f'config key `{key}` has the name "{name[:20]}…" of {len(name)} characters, but'
                f" file names are made of it: write at most {LONGEST}"
            )


def check_labels(config: Config, layers: Iterable[str]) -> None:
    """Refuse labels of what is not there, and labels that would make two names one.

    Parameters
    ----------
    config : Config
    layers : iterable of str
        Of the study.

    Raises
    ------
    UserError
        Naming the key.
    """
    sections = ("conditions", "categories", "references")
    names = [*layers, *(name for section in sections for name in config[section])]
    shown: dict[str, str] = {}
    for name in config["labels"]:
        if name not in names:
            raise UserError(
                f"config key `labels` has a label for {name!r}, which is no layer, condition,"
                f" category or reference: write one of {', '.join(dict.fromkeys(names))}"
            )
    for name in dict.fromkeys(names):
        label = config["labels"].get(name, name)
        if label in shown:
            raise UserError(
                f"config key `labels` makes {shown[label]!r} and {name!r} both {label!r}: give each"
                " a label of its own"
            )
        shown[label] = name


def check_table(path: Path, stimuli: Iterable[str], flags: Iterable[str]) -> None:
    """Refuse names in the table of test images that cannot be names in an HDF5 file.

    Raises
    ------
    UserError
        Naming the file and the name.
    """
    for flag in flags:
        if "/" in flag or flag in (".", "..") or _CONTROL.search(flag):
            raise UserError(
                f"{path} has a column {flag!r}, but columns become names in HDF5 files: rename it,"
                ' without "/" and control characters, and not "." or ".."'
            )
    for name in stimuli:
        if _CONTROL.search(name):
            raise UserError(
                f"{path} names the stimulus {name!r}: rename it, without control characters and"
                " line breaks"
            )
