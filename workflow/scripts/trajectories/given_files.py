"""Files that the user names: read whole, or refused in one sentence that says what is wrong."""

import csv
import io
import os
import re
import stat
from pathlib import Path

from trajectories.errors import UserError
from trajectories.failures import unusable

MOST_TEXT = 2**26
"""Bytes of a table; one of all dissimilarities of a thousand stimuli has some 20 million."""

_DELIMITERS = {";": "semicolons", "\t": "tabs"}
_OTHER_KINDS = {
    b"PK\x03\x04": "a spreadsheet or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet of an old version of Excel",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "compressed by gzip",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


def content(path: Path, most: int) -> bytes:
    """The content of a regular file.

    Parameters
    ----------
    path : Path
    most : int
        Bytes that it may have.

    Raises
    ------
    UserError
        If it is missing, no regular file (a pipe would be waited for without end), not readable or
        larger.
    """
    return _read(path, most, whole=True)


def start(path: Path, most: int) -> bytes:
    """The first bytes of a regular file.

    Raises
    ------
    UserError
        If it is missing, no regular file or not readable.
    """
    return _read(path, most, whole=False)


def _read(path: Path, most: int, whole: bool) -> bytes:
    try:
        # Without waiting for whoever writes to a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError as error:
        what = "is a link to a file that is missing" if path.is_symlink() else "is missing"
        raise UserError(f"{path} {what}: put it back, or correct its name") from error
    except PermissionError as error:
        raise UserError(f"{path} may not be read: get read permission") from error
    except OSError as error:
        known = unusable(error, path)
        raise known or UserError(f"{path} cannot be opened ({error.strerror})") from error
    try:
        described = os.fstat(descriptor)
        if stat.S_ISDIR(described.st_mode):
            raise UserError(f"{path} is a folder: name a file")
        if not stat.S_ISREG(described.st_mode):
            raise UserError(f"{path} is no regular file, but a device or a pipe: name a file")
        if whole and described.st_size > most:
            raise UserError(
                f"{path} has more than {most} bytes, which are not read: check whether it is the"
                " right file"
            )
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(min(most, described.st_size))
    except OSError as error:
        known = unusable(error, path)
        raise known or UserError(f"{path} cannot be read ({error.strerror})") from error
    finally:
        os.close(descriptor)


def utf8(path: Path, kind: str) -> str:
    """The text of a file in UTF-8, with or without a mark of byte order.

    Parameters
    ----------
    path : Path
    kind : str
        What the file should be, such as "CSV".

    Raises
    ------
    UserError
        As `content`, and if it is of another kind or in another encoding.
    """
    raw = content(path, MOST_TEXT)
    for begin, other in _OTHER_KINDS.items():
        if raw.startswith(begin):
            raise UserError(f"{path} is {other}, not {kind}: save it as {kind} in UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path} is not in UTF-8 (its line {line} has the byte 0x{raw[error.start]:02x}): save"
            f" it as {kind} in UTF-8"
        ) from error


def rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells, without surrounding space, of each line of a CSV file with content.

    Raises
    ------
    UserError
        As `content`, and if it is not CSV in UTF-8, with commas between the cells.
    """
    text = utf8(path, "CSV")
    if "\0" in text:
        raise UserError(f"{path} has NUL characters, which no text has: save it as CSV in UTF-8")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise UserError(
            f"{path} cannot be read as CSV (line {reader.line_num}: {error}): correct it there"
        ) from error
    return [(line, row) for line, row in found if any(row)]


def delimiter(header: list[str]) -> str | None:
    """What stands between the cells of a file that has none of the commas; None if nothing does."""
    if len(header) == 1:
        return next((name for sign, name in _DELIMITERS.items() if sign in header[0]), None)
    return None


def decimal_comma(cell: str) -> bool:
    """Whether text is a number with a decimal comma."""
    return re.fullmatch(r"[+-]?\d+,\d+", cell) is not None
