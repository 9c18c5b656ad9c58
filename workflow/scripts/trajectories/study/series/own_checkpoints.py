"""The user's own checkpoint files, and the epoch of each."""

import glob
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.study.series import inside, table

_NUMBER = r"\d+(?:\.\d+)?"
_PLACEHOLDER = re.compile(r"(\{epoch\}|\*)")
_WEIGHTS = "model.safetensors"  # in a folder as Hugging Face's libraries save it


def find(settings: Mapping[str, Any], seed: int, key: str = "checkpoints") -> dict[float, Path]:
    """Checkpoint files of one network instance by epoch, in order of learning.

    Parameters
    ----------
    settings : mapping
        The block `checkpoints`, as in `config/README.md`.
    seed : int
        Stands for `{seed}`.
    key : str
        Where the user set them, for messages.

    Returns
    -------
    dict
        Epochs, as names, files or the table say, times `epoch_scale` plus `epoch_offset`; and
        paths.

    Raises
    ------
    UserError
        If the folder is missing, no file matches, a file does not say its epoch, or an epoch is
        negative, has more than three decimals or has two files.
    """
    folder = Path(settings["folder"].replace("{seed}", str(seed))).expanduser()
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise UserError(
            f"config key `{key}.folder` names {folder}, which is not a readable folder"
            f" ({error.strerror}): write where the checkpoints are"
        ) from error
    found: dict[float, Path] = {}
    for path, number in _numbered(settings, folder, seed, key):
        epoch = _epoch(number, settings, path, key)
        if epoch in found:
            source, mend = "pattern", "write a pattern that only one of them matches"
            if settings.get("table"):
                source, mend = "table", "correct it there"
            elif settings.get("epoch_key"):
                source = "epoch_key"
                mend = "name another, or write a `pattern` that only one of them matches"
            raise UserError(
                f"{found[epoch]} and {path} are both from epoch {epoch:g} by config key"
                f" `{key}.{source}`: {mend}"
            )
        found[epoch] = path
    if not found:
        pattern = settings["pattern"].replace("{seed}", str(seed))
        there = f"there are names such as {names[-1]}" if names else "it is empty"
        raise UserError(
            f"config key `{key}.pattern` is {pattern}, which no file in {folder} matches: {there}"
        )
    return dict(sorted(found.items()))


def require_one_source(settings: Mapping[str, Any], key: str) -> None:
    """Refuse settings that say nothing, or two things, of the epoch of a file.

    Raises
    ------
    UserError
        Naming the key of the config.
    """
    pattern, epoch_key, given = (settings[name] for name in ("pattern", "epoch_key", "table"))
    if given is not None:
        for name in ("pattern", "epoch_key"):
            if settings[name] is not None:
                raise UserError(
                    f"config key `{key}.{name}` is set together with `table`, which names the files"
                    " and their epochs: delete one of them"
                )
    elif pattern is None:
        raise UserError(
            f"config key `{key}.pattern` is missing: write the names of the files, such as"
            " checkpoint_{epoch}.pth.tar, or set `table`"
        )
    elif ("{epoch}" in pattern) == (epoch_key is not None):
        raise UserError(
            f"config key `{key}.pattern` is {pattern}, with {{epoch}} in it, together with"
            " `epoch_key`: write * in its place, or delete that key"
            if epoch_key
            else f"config key `{key}.pattern` is {pattern}: write a path below the folder with"
            " {epoch} in it, such as checkpoint_{epoch}.pth.tar, or set `epoch_key` or `table`"
        )


def unknown_placeholders(settings: Mapping[str, Any]) -> dict[str, str]:
    """Unknown parts in braces, by the key that has them: {"folder": "{step}"}."""
    known = {"folder": {"{seed}"}, "pattern": {"{seed}", "{epoch}"}}
    unknown = {}
    for name, allowed in known.items():
        if settings[name] is None:
            continue
        others = [part for part in re.findall(r"\{.*?\}", settings[name]) if part not in allowed]
        if others:
            unknown[name] = others[0]
    return unknown


def tells_seeds_apart(settings: Mapping[str, Any]) -> bool:
    """Whether each seed has files of its own."""
    named = any("{seed}" in (settings[name] or "") for name in ("folder", "pattern"))
    return named or (settings["table"] is not None and table.has_seeds(Path(settings["table"])))


def _numbered(
    settings: Mapping[str, Any], folder: Path, seed: int, key: str
) -> Iterator[tuple[Path, Decimal]]:
    """Files, and the number that says their epoch."""
    if settings.get("table") is not None:
        given = Path(settings["table"].replace("{seed}", str(seed))).expanduser()
        for path, number in table.files(given, folder, seed, key):
            if (weights := _weights(path)) is None:
                raise UserError(
                    f"{given} names {path}, a folder without {_WEIGHTS}: name a file of weights"
                )
            yield weights, number
        return
    parts = _PLACEHOLDER.split(settings["pattern"].replace("{seed}", str(seed)))
    expression = _expression(parts)
    wide = "".join("*" if _PLACEHOLDER.match(part) else glob.escape(part) for part in parts)
    epoch_key = settings.get("epoch_key")
    for path in sorted(folder.glob(re.sub(r"\*+", "*", wide))):
        match = expression.fullmatch(path.relative_to(folder).as_posix())
        weights = _weights(path)
        if match and weights is not None:
            if epoch_key is None:
                yield weights, Decimal(match["epoch"])
            else:
                yield weights, _said(weights, epoch_key, key)


def _weights(path: Path) -> Path | None:
    """The file of weights at a path: itself, or that in a folder of Hugging Face's."""
    if path.is_file():
        return path
    if (path / _WEIGHTS).is_file():
        return path / _WEIGHTS
    if (path / f"{_WEIGHTS}.index.json").is_file():
        raise UserError(
            f"{path} has its weights in several files: save them as one, by"
            ' model.save_pretrained(…, max_shard_size="100GB")'
        )
    return None


def _said(path: Path, epoch_key: str, key: str) -> Decimal:
    """What a file itself says."""
    try:
        with reading(path):
            number = inside.number(path, epoch_key)
    except (OSError, ValueError, LookupError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} is damaged, or not a file of weights written by torch.save or safetensors:"
            f" copy it again, or leave it out by config key `{key}.pattern`"
        ) from error
    if number is None:
        raise UserError(
            f"{path} has no number under {epoch_key}: correct config key `{key}.epoch_key`, or say"
            f" the epochs by `{key}.table`"
        )
    return number


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


def _epoch(number: Decimal, settings: Mapping[str, Any], path: Path, key: str) -> float:
    """The epoch that a number stands for. What a scale makes of it is rounded to three decimals."""
    scale = Decimal(str(settings.get("epoch_scale", 1)))
    epoch = number * scale + Decimal(str(settings["epoch_offset"]))
    if scale != 1:
        epoch = round(epoch, 3)
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
