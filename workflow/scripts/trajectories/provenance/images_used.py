"""Whether the images of a run are those that its networks learnt from and were tested with."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.storage import image_record
from trajectories.storage.image_record import TEST, TRAINING, Content

FILES = {TRAINING: "dataset*.h5", TEST: "stimuli.h5"}
"""Where a run has its images, by kind: conditions may have training images of their own."""


def of_run(run: Path) -> dict[str, dict[Path, Content]]:
    """Content of the images of a run, by kind and file, of those that can be read."""
    found: dict[str, dict[Path, Content]] = {}
    for kind, pattern in FILES.items():
        for path in sorted(run.glob(pattern)):
            with suppress(UserError):
                found.setdefault(kind, {})[path] = image_record.content(path)
    return found


def agreed(whose: str, parts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The images that all parts of a network instance were made from, as far as they say so.

    Parameters
    ----------
    whose : str
        The instance, for the message.
    parts : sequence of mapping
        What each part says about itself.

    Raises
    ------
    UserError
        If two parts were made from different images.
    """
    found: dict[str, str] = {}
    for kind in FILES:
        known = {part[kind] for part in parts if part.get(kind) is not None}
        if len(known) > 1:
            raise UserError(
                f"parts of {whose} were made from {len(known)} sets of"
                f" {kind.replace('_', ' ')} ({', '.join(sorted(each[:12] for each in known))}):"
                " put back the one that belongs to this study, and start the workflow again,"
                " which says what was made from another"
            )
        if known:
            found[kind] = known.pop()
    return found


def disagreements(run: Path, instances: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What was made from other images than those of the run, each in words.

    Parameters
    ----------
    run : Path
        Folder results/<experiment>.
    instances : sequence of mapping
        With ``condition`` and ``seed``, and, where it is known, the content of its images by kind.
    """
    for kind, here in of_run(run).items():
        for instance in instances:
            if not any(image_record.same(instance.get(kind), each) for each in here.values()):
                yield (
                    f"{instance['condition']} seed {instance['seed']} was made from other"
                    f" {kind.replace('_', ' ')} than {' or '.join(map(str, here))}"
                )


def require(run: Path, instances: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a run with images that are not those that it was made from.

    Raises
    ------
    UserError
        Naming the first instance, the file and the mend.
    """
    for text in disagreements(run, instances):
        raise UserError(f"{text}: put that file back, and start the workflow again")
