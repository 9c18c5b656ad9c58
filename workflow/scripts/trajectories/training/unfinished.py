"""Folders for the work of training jobs, which no rule declares.

Snakemake deletes the declared outputs of a job that failed, and those of one whose end it did not
see: if Snakemake itself is killed while its jobs run on, all that they finish. So the work of a
segment stays in its folder until a later job, which Snakemake starts only when it knows that the
segment is done, has taken up its results. Until then it can be published again. Where the file
system has hard links this takes no room.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from trajectories.study.epochs import segment_name

STATE = "state.pt"
HISTORY = "history.csv"  # so far, for those who look on
_MARK = "published"


def work_folder(unfinished: Path, start: int, stop: int, recipe_digest: str) -> Path:
    """Folder for the work on a segment: another recipe has another one."""
    return unfinished / f"{segment_name(start, stop)}-{recipe_digest[:12]}"


def mark_published(work: Path) -> None:
    """Note that the results of this work have their public names."""
    (work / _MARK).touch()


def set_aside(work: Path) -> Path:
    """Move damaged work out of the way; its new place, where former damaged work is replaced."""
    place = work.with_name(f"{work.name}-damaged")
    shutil.rmtree(place, ignore_errors=True)
    return work.rename(place)


def clear(unfinished: Path, segments: Iterable[str]) -> None:
    """Remove the published work of segments that Snakemake knows to be done.

    Parameters
    ----------
    unfinished : Path
        Folder of all work of a network instance, which need not exist.
    segments : iterable of str
        Names of segments, such as "epochs-0000-0020"; of any recipe.
    """
    for segment in segments:
        for mark in unfinished.glob(f"{segment}-*/{_MARK}"):
            # The state goes first: one without its checkpoints would be taken for finished work.
            (mark.parent / STATE).unlink(missing_ok=True)
            shutil.rmtree(mark.parent, ignore_errors=True)  # what is left hurts nobody
