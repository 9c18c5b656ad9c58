"""Checks of the user's own checkpoints before any job starts; their content is for the job."""

from pathlib import Path

from trajectories.errors import UserError
from trajectories.study import own_checkpoints, segments
from trajectories.study.config import Config, imported


def check(config: Config, condition: str, results: Path) -> list[str]:
    """Check an imported condition's files; gives warnings.

    Raises
    ------
    UserError
        For the first fault, naming the key or file and the remedy.
    """
    settings = imported(config, condition)
    if settings is None:
        return []
    key = f"conditions.{condition}.checkpoints"
    for name, part in own_checkpoints.unknown_placeholders(settings).items():
        rest = ", `{epoch}` for the epoch and `*` for anything" if name == "pattern" else ""
        raise UserError(
            f"config key `{key}.{name}` has `{part}`, which has no meaning here: write `{{seed}}`"
            f" for the seed{rest}"
        )
    seeds = config["seeds"]
    if len(seeds) > 1 and not own_checkpoints.tells_seeds_apart(settings):
        raise UserError(
            f"config key `{key}` names the same files for all {len(seeds)} `seeds`: write"
            " `{seed}` where their folders or files differ, or keep one seed"
        )
    epochs = {}
    for seed in seeds:
        found = segments.of_instance(config, condition, seed)
        _refuse_own_results(
            [path for segment in found for path in segment.files],
            results / config["experiment"],
            f"{key}.folder",
        )
        epochs[seed] = [epoch for segment in found for epoch in segment.epochs]
        _require_a_step(epochs[seed], config["figures"]["first_epoch"], condition, seed)
    return _uneven(epochs, condition)


def _refuse_own_results(paths: list[Path], folder: Path, key: str) -> None:
    for path in paths:
        if path.resolve().is_relative_to(folder.resolve()):
            raise UserError(
                f"config key `{key}` leads to {path}, among the results of this experiment, which"
                " may be overwritten: copy the files elsewhere, or choose another `experiment`"
            )


def _require_a_step(epochs: list[float], first: float, condition: str, seed: int) -> None:
    whole = [epoch for epoch in epochs if epoch.is_integer() and epoch >= first]
    if len(whole) < 2:
        limit = f" from `figures.first_epoch` ({first:g}) on" if first else ""
        raise UserError(
            f"condition {condition} has checkpoints at {len(whole)} whole epochs{limit} for seed"
            f" {seed}, but stability compares at least 2: add files, or correct"
            f" `conditions.{condition}.checkpoints.pattern`"
        )


def _uneven(epochs: dict[int, list[float]], condition: str) -> list[str]:
    """A warning where some instances lack an epoch that others have."""
    everywhere = set().union(*epochs.values())
    for seed, present in epochs.items():
        missing = sorted(everywhere - set(present))
        if missing:
            return [
                f"condition {condition} has no checkpoint at epoch {missing[0]:g} for seed {seed},"
                " though other seeds do: means over seeds will include fewer instances there"
            ]
    return []
