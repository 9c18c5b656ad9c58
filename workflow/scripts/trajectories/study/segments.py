"""The segments of a network instance: the epochs that one job trains or imports."""

import math
from dataclasses import dataclass
from pathlib import Path

from trajectories.study.config import (
    Config,
    checkpoint_epochs,
    imported,
    merged,
    segment_name,
    trained_segments,
)
from trajectories.study.series import own_checkpoints


@dataclass(frozen=True)
class Segment:
    """A run of consecutive epochs.

    Attributes
    ----------
    start, stop : int
        It covers start < epoch ≤ stop; the first segment also covers epoch 0.
    epochs : tuple of float
        Its checkpoints, increasing.
    files : tuple of Path
        The user's own file of each checkpoint; empty where they are trained.
    condition : str
        Whose it is: of a branch, the first ones are its trunk's.
    """

    start: int
    stop: int
    epochs: tuple[float, ...]
    files: tuple[Path, ...]
    condition: str

    @property
    def name(self) -> str:
        """Name in paths."""
        return segment_name(self.start, self.stop)


def of_instance(config: Config, condition: str, seed: int) -> list[Segment]:
    """Segments of one network instance, in order of learning.

    Those of imported checkpoints lie on the same grid of `training.segment_epochs` as trained
    ones, the last one too, so that a file that is added later changes its own segment alone.

    Raises
    ------
    UserError
        If the user's own checkpoints cannot be found.
    """
    training = merged(config, condition)["training"]
    settings = imported(config, condition)
    if settings is None:
        extra, before = training["extra_checkpoints"], []
        if (origin := config["conditions"][condition]["from"]) is not None:
            of_trunk = of_instance(config, origin["condition"], seed)
            before = [segment for segment in of_trunk if segment.stop <= origin["epoch"]]
        return before + [
            Segment(start, stop, tuple(checkpoint_epochs(start, stop, extra)), (), condition)
            for start, stop in trained_segments(config, condition)
        ]
    length = training["segment_epochs"]
    files: dict[int, dict[float, Path]] = {}
    key = f"conditions.{condition}.checkpoints"
    for epoch, path in own_checkpoints.find(settings, seed, key).items():
        start = max(0, math.ceil(epoch / length) - 1) * length
        files.setdefault(start, {})[epoch] = path
    return [
        Segment(start, start + length, tuple(found), tuple(found.values()), condition)
        for start, found in files.items()
    ]
