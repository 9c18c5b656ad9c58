"""The table of test images (stimuli): their names, files and categories."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trajectories import given_files
from trajectories.errors import UserError
from trajectories.stimuli import published as published_stimuli

COLUMNS = ("stimulus", "file")
FEWEST = 3  # the fewest stimuli whose RDMs can be correlated (3 pairs)
_WORKFLOW = Path(__file__).parents[4]  # has tables of its own in config/stimuli


@dataclass(frozen=True)
class StimulusTable:
    """Test images in the order of their table.

    Parameters
    ----------
    stimulus : tuple of n_stimuli strings
        Unique names.
    files : tuple of n_stimuli strings
        File names, relative to the folder of the images; names of pictures in a `.mat` file.
    flags : dict of flag to bool array of shape (n_stimuli,)
        The category columns.
    """

    stimulus: tuple[str, ...]
    files: tuple[str, ...]
    flags: dict[str, NDArray[np.bool_]]


def located(path: Path) -> Path:
    """Path of a stimulus table; of the workflow's own of that name where the user has none."""
    own = _WORKFLOW / path
    return path if path.exists() or not own.exists() else own


def read_table(path: Path) -> StimulusTable:
    """Read a stimulus table: CSV with `stimulus`, `file` and a 0/1 column for each category flag.

    Or the published `.mat` file, which holds such a table and the pictures. A table that is not
    there is looked for in the workflow's folder (`located`).

    Raises
    ------
    UserError
        If the table is missing, not text, lacks a column, names a stimulus twice, has a flag that
        is neither 0 nor 1, or has fewer than three stimuli.
    """
    path = located(path)
    if published_stimuli.is_published(path):
        names, published = published_stimuli.read_flags(path)
        return StimulusTable(names, names, published)
    (_, header), *rows = _read_rows(path)
    for column in COLUMNS:
        if column not in header:
            if sign := given_files.delimiter(header):
                raise UserError(
                    f"{path} has no column {column!r}, as it has {sign} between its values: save it"
                    " with commas."
                )
            raise UserError(
                f"{path} has no column {column!r} (it has {', '.join(header)}): add it."
            )
    for column, times in Counter(header).items():
        if not column or times > 1:
            raise UserError(
                f"{path} has {times} columns named {column!r}: give every column a name of its own."
            )
    if len(rows) < FEWEST:
        raise UserError(
            f"{path} names {len(rows)} stimuli: name at least {FEWEST}, as fewer have no RDMs to"
            " compare."
        )
    for line, row in rows:
        if len(row) != len(header):
            raise UserError(
                f"{path} has {len(row)} values instead of {len(header)} in line {line}: give one"
                " value for each column."
            )
        for column, value in zip(header, row, strict=True):
            if column in COLUMNS and not value:
                raise UserError(f"{path} has an empty {column!r} in line {line}: fill it in.")
            if column not in COLUMNS and value not in ("0", "1"):
                raise UserError(
                    f"{path} has {value!r} in the column {column!r} in line {line}: write 0 or 1."
                )
            if column == "file" and re.search(r"[\x00-\x1f\x7f{}]", value):
                raise UserError(
                    f"{path} has the file {value!r} in line {line}: rename it, without line breaks,"
                    " control characters and braces."
                )
    columns = dict(zip(header, zip(*(row for _, row in rows), strict=True), strict=True))
    stimulus, files = columns.pop("stimulus"), columns.pop("file")
    for name, times in Counter(stimulus).items():
        if times > 1:
            raise UserError(
                f"{path} names the stimulus {name!r} {times} times: give each image a name of its"
                " own."
            )
    flags = {flag: np.array(values) == "1" for flag, values in columns.items()}
    return StimulusTable(stimulus, files, flags)


def _read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells, without surrounding space, of each line that is not empty."""
    if not path.exists():
        raise UserError(f"There is no stimulus table {path}: correct stimuli.table in the config.")
    try:
        rows = given_files.rows(path)
    except UserError as error:
        raise UserError(f"The stimulus table {error}.") from error
    if not rows:
        raise UserError(
            f"The stimulus table {path} is empty: give it the columns {', '.join(COLUMNS)} and one"
            " for each category."
        )
    return rows
