"""Packs photographs with small parts, and lets the processes meet what a test wants; no tests.

`python packing_job.py PART SECONDS COUNT PROCESSES` packs `../tree` to `dataset.h5`: so many
pictures a part, so long for each of them. The name of each picture is written to the file
`decoded` as it is opened. One whose bytes begin with `kill` kills the process that decodes it, as
a bug in a decoder might. Processes that pack import this file too.
"""

import logging
import os
import signal
import sys
import time
from pathlib import Path

from trajectories.errors import UserError
from trajectories.images import jpeg_packing, jpeg_parts, pictures
from trajectories.images.sources import folder

PART, SECONDS, COUNT, PROCESSES = sys.argv[1:]

as_jpeg, picture = pictures.as_jpeg, jpeg_parts._picture


def slow_or_deadly(content: bytes, shorter: int | None) -> tuple[bytes, int, int]:
    time.sleep(float(SECONDS))
    if content.startswith(b"kill"):
        os.kill(os.getpid(), signal.SIGSEGV)
    return as_jpeg(content, shorter)


def noted(path: Path, shorter: int | None) -> tuple[bytes, int, int]:
    with Path("decoded").open("a") as file:
        file.write(f"{path.name}\n")
    return picture(path, shorter)


pictures.as_jpeg, jpeg_parts._picture = slow_or_deadly, noted
jpeg_packing.PART = int(PART)

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    output, unfinished = Path("dataset.h5"), Path("dataset.unfinished")
    try:
        packed = jpeg_packing.pack(
            folder.list_pictures(Path("../tree")),
            int(COUNT),
            32,
            0,
            unfinished,
            processes=int(PROCESSES),
        )
        jpeg_packing.join(packed, output, unfinished, {"source": "photographs"})
    except UserError as error:
        sys.exit(f"error: {error}")
