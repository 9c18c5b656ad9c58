"""Checks of the user's own checkpoints before any job starts; their content is for the job."""

from pathlib import Path

from trajectories.errors import UserError
from trajectories.study import epochs as of_segments
from trajectories.study import segments
from trajectories.study.config import Config, imported
from trajectories.study.series import own_checkpoints


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
    seen: dict[Path, Path] = {}
    for seed in seeds:
        found = segments.of_instance(config, condition, seed)
        _refuse_own_results(
            [path for segment in found for path in segment.files],
            results / config["experiment"],
            f"{key}.folder",
        )
        _refuse_same_file([path for segment in found for path in segment.files], seen, key)
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


def _refuse_same_file(paths: list[Path], seen: dict[Path, Path], key: str) -> None:
    """Refuse links by which one file is two checkpoints; keeps the paths that it has seen."""
    for path in paths:
        real = path.resolve()
        if real in seen:
            raise UserError(
                f"config key `{key}` leads to {path} and {seen[real]}, which are one file, {real}:"
                " name the file of each epoch and seed, without such links"
            )
        seen[real] = path


def _require_a_step(epochs: list[float], first: float, condition: str, seed: int) -> None:
    compared = [epoch for epoch in of_segments.compared(epochs) if epoch >= first]
    if len(compared) < 2:
        kind = "whole epochs" if all(epoch.is_integer() for epoch in compared) else "epochs"
        limit = f" from `figures.first_epoch` ({first:g}) on" if first else ""
        raise UserError(
            f"condition {condition} has checkpoints at {len(compared)} {kind}{limit} for seed"
            f" {seed}, but stability compares at least 2: add files, or correct"
            f" `conditions.{condition}.checkpoints`"
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
