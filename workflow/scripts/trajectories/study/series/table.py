"""A table of files and epochs: CSV with the columns file, epoch and, perhaps, seed."""

from decimal import Decimal, InvalidOperation
from pathlib import Path

from trajectories import given_files
from trajectories.errors import UserError

_NEEDED = ("file", "epoch")


def has_seeds(path: Path) -> bool:
    """Whether a table names files of several seeds, in a column of that name or by `{seed}`."""
    header, rows = _read(path)
    return "seed" in header or any("{seed}" in row["file"] for _, row in rows)


def files(path: Path, folder: Path, seed: int, key: str) -> list[tuple[Path, Decimal]]:
    """Files of one seed, with what the table says of the epoch, in the order of the table.

    Parameters
    ----------
    path : Path
    folder : Path
        Where the files of the table are.
    seed : int
        Stands for `{seed}` in the table; rows of other seeds are passed over.
    key : str
        Where the user named the table, for messages.

    Raises
    ------
    UserError
        If the table lacks a column, an epoch is no number, or a file is missing or not named.
    """
    found = []
    for line, row in _read(path)[1]:
        if row.get("seed", str(seed)) != str(seed):
            continue
        name = row["file"].replace("{seed}", str(seed))
        if not name:
            raise UserError(
                f"{path} names no file in its line {line}: write it, or delete the line"
            )
        try:
            epoch = Decimal(row["epoch"])
        except InvalidOperation:
            epoch = Decimal("nan")
        if not epoch.is_finite():
            raise UserError(
                f"{path} has {row['epoch']!r} for the epoch of {name} (line {line}): write a number"
            )
        if not (folder / name).exists():
            raise UserError(
                f"{path} names {name} (line {line}), which is not in {folder}: correct the name, or"
                f" config key `{key}.folder`"
            )
        found.append((folder / name, epoch))
    if not found:
        raise UserError(
            f"{path} has no row for seed {seed}: add its files, or delete the seed from `seeds`"
        )
    return found


def _read(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header, and line and cells by column of each row."""
    lines = given_files.rows(path)
    if not lines:
        raise UserError(f"{path} is empty: write columns {' and '.join(_NEEDED)}")
    header = lines[0][1]
    for column in _NEEDED:
        if header.count(column) != 1:
            sign = given_files.delimiter(header)
            mend = (
                f"as it has {sign} between its values: save it with commas"
                if sign
                else f"but {', '.join(header)}: write one"
            )
            raise UserError(f"{path} has not one column {column!r}, {mend}")
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            raise UserError(
                f"{path} has {len(cells)} values in its line {line}, but {len(header)} columns:"
                " correct it there"
            )
    return header, [(line, dict(zip(header, cells, strict=True))) for line, cells in lines[1:]]
