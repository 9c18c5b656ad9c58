"""Texts in files of torch, read without torch and without running what is in them."""

import pickletools
import zipfile
from functools import cache
from pathlib import Path


def digest_in(path: Path) -> str | None:
    """The digest of the recipe in a checkpoint or a state, as `text_in` finds it."""
    return text_in(path, "recipe_digest")


def text_in(path: Path, key: str) -> str | None:
    """The text under a key of a checkpoint or a state, without torch and without running it.

    None where there is none to be found: reading the file in full says what is wrong with it.
    """
    try:
        stat = path.stat()
        return _texts(path, stat.st_mtime_ns, stat.st_size).get(key)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def content_of(archive: zipfile.ZipFile) -> str | None:
    """Name of the entry of a file of torch that says what is in it; None where there is none."""
    return next((name for name in archive.namelist() if name.endswith("/data.pkl")), None)


@cache
def _texts(path: Path, date: int, size: int) -> dict[str, str]:
    """All texts with a text as their key; kept, as several checks ask for them."""
    with zipfile.ZipFile(path) as archive:
        content = archive.read(content_of(archive) or "")
    found: dict[str, str] = {}
    key = None
    for operation, argument, _ in pickletools.genops(content):
        if "UNICODE" not in operation.name:
            # Other than notes of what may be referred to again, it is no text that follows the key.
            key = key if operation.name in ("MEMOIZE", "BINPUT", "LONG_BINPUT") else None
        elif key is None:
            key = str(argument)
        else:
            found.setdefault(key, str(argument))
            key = None
    return found
