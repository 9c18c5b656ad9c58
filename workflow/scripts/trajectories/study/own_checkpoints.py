"""The user's own checkpoint files, and the epoch of each."""

import glob
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from trajectories.errors import UserError

_NUMBER = r"\d+(?:\.\d+)?"
_PLACEHOLDER = re.compile(r"(\{epoch\}|\*)")


def find(settings: Mapping[str, Any], seed: int, key: str = "checkpoints") -> dict[float, Path]:
    """Checkpoint files of one network instance by epoch, in order of learning.

    Parameters
    ----------
    settings : mapping
        `folder`, `pattern` and `epoch_offset`, as in `config/README.md`.
    seed : int
        Stands for `{seed}`.
    key : str
        Where the user set them, for messages.

    Returns
    -------
    dict
        Epochs, as files name them plus `epoch_offset`, and paths.

    Raises
    ------
    UserError
        If the folder is missing, no file matches, or an epoch is negative, has more than three
        decimals or has two files.
    """
    folder = Path(settings["folder"].replace("{seed}", str(seed))).expanduser()
    pattern = settings["pattern"].replace("{seed}", str(seed))
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise UserError(
            f"config key `{key}.folder` names {folder}, which is not a readable folder"
            f" ({error.strerror}): write where the checkpoints are"
        ) from error
    parts = _PLACEHOLDER.split(pattern)
    expression = _expression(parts)
    wide = "".join("*" if _PLACEHOLDER.match(part) else glob.escape(part) for part in parts)
    wide = re.sub(r"\*+", "*", wide)
    offset = Decimal(str(settings["epoch_offset"]))
    found: dict[float, Path] = {}
    for path in sorted(folder.glob(wide)):
        match = expression.fullmatch(path.relative_to(folder).as_posix())
        if match and path.is_file():
            epoch = _epoch(Decimal(match["epoch"]) + offset, path, key)
            if epoch in found:
                raise UserError(
                    f"{found[epoch]} and {path} are both from epoch {epoch:g} by config key"
                    f" `{key}.pattern`: write a pattern that only one of them matches"
                )
            found[epoch] = path
    if not found:
        there = f"there are names such as {names[-1]}" if names else "it is empty"
        raise UserError(
            f"config key `{key}.pattern` is {pattern}, which no file in {folder} matches: {there}"
        )
    return dict(sorted(found.items()))


def unknown_placeholders(settings: Mapping[str, Any]) -> dict[str, str]:
    """Unknown parts in braces, by the key that has them: {"folder": "{step}"}."""
    known = {"folder": {"{seed}"}, "pattern": {"{seed}", "{epoch}"}}
    unknown = {}
    for name, allowed in known.items():
        others = [part for part in re.findall(r"\{.*?\}", settings[name]) if part not in allowed]
        if others:
            unknown[name] = others[0]
    return unknown


def tells_seeds_apart(settings: Mapping[str, Any]) -> bool:
    """Whether each seed has files of its own."""
    return any("{seed}" in settings[name] for name in ("folder", "pattern"))


def _expression(parts: list[str]) -> re.Pattern[str]:
    """Regular expression of a pattern, split at its placeholders.

    Beside a `*`, the number is a whole one: "*{epoch}.pt" finds 12 in "run12.pt", not 2.
    """
    expression, named = "", False
    for index, part in enumerate(parts):
        if part == "*":
            expression += "[^/]*?"
        elif part == "{epoch}":
            # An empty string lies between two placeholders that touch.
            before, after = parts[:index][-2:], parts[index + 1 :][:2]
            number = "(?P=epoch)" if named else f"(?P<epoch>{_NUMBER})"
            expression += r"(?<![\d.])" if before == ["*", ""] else ""
            expression += number
            expression += r"(?!\d)" if after == ["", "*"] else ""
            named = True
        else:
            expression += re.escape(part)
    return re.compile(expression)


def _epoch(epoch: Decimal, path: Path, key: str) -> float:
    if epoch < 0:
        raise UserError(
            f"{path} would be from epoch {epoch.normalize():f}: raise config key"
            f" `{key}.epoch_offset`, so that the untrained network is at epoch 0"
        )
    if epoch != round(epoch, 3):
        raise UserError(
            f"{path} would be from epoch {epoch.normalize():f}, but epochs have at most three"
            f" decimals: rename the file, or leave it out by config key `{key}.pattern`"
        )
    return float(epoch)
