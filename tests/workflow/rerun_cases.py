"""Rules that a change concerns or leaves alone, and files that are edited for a while; no tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TRAINING = {"dataset", "recipe", "train"}
# Whatever is made anew, these say so; checkpoints and images are not read again for it.
TOLD = {"provenance": 1, "report": 1}
READ_ONCE = {"segment_checksums", "image_checksums"}


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """Replace text in a file, and put the file back with its old date."""
    text, times = path.read_text(), path.stat()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1))
    try:
        yield
    finally:
        path.write_text(text)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
