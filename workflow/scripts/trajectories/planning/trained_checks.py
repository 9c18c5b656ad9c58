"""Before the first job: what is trained already was trained as the config says, and is kept."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.storage import torch_text
from trajectories.storage.files import atomic
from trajectories.study import recipe_comparison
from trajectories.study.recipe import recipe_digest


@dataclass(frozen=True)
class Segment:
    """A segment of a network instance that a run uses.

    Attributes
    ----------
    checkpoints : Path
    state : Path or None
        None where the checkpoints are imported.
    again : bool
        Whether the run makes it anew.
    wanted : bool
        Whether it makes it anew because the user, or changed settings, say so.
    """

    checkpoints: Path
    state: Path | None
    again: bool
    wanted: bool

    def finished(self) -> bool:
        """Whether all of it is there."""
        return self.checkpoints.is_dir() and (self.state is None or self.state.is_file())

    def digests(self) -> set[str]:
        """Digests of the recipes in its files, as far as they can be read."""
        files = [*sorted(self.checkpoints.glob("epoch-*.pt"))[:1], *filter(None, [self.state])]
        return {digest for file in files if (digest := torch_text.digest_in(file))}


def check(
    condition: str,
    wanted: Mapping[str, Any],
    recipe: Path,
    recipe_again: bool,
    instances: Sequence[Sequence[Segment]],
) -> None:
    """Refuse a run that would use, or replace, what it must not.

    A recipe that is missing or altered, while all that is trained was trained as the config says,
    is put back.

    Parameters
    ----------
    condition : str
    wanted : mapping
        The recipe of the condition, as the config says it.
    recipe : Path
        Its `recipe.json`, which may be missing.
    recipe_again : bool
        Whether the run writes it anew.
    instances : sequence of sequence of Segment
        What the run needs of each network instance, in order of learning.

    Raises
    ------
    UserError
        If what this run uses was made with other settings, or if it would train again what is
        finished and was trained with these.
    """
    found, fault = _read(recipe)
    differs = recipe_comparison.difference(found, wanted) if found is not None else None
    same = {recipe_digest(wanted)}
    if found is not None and differs is None:
        same.add(recipe_digest(found))
    lost = [
        (segment, before) for segments in instances for segment, before in _lost(segments, same)
    ]
    kept = [s for segments in instances for s in segments if not s.again and s.finished()]
    odd = [segment for segment in kept if segment.digests() - same]
    if (fault or differs) and (lost or kept) and not odd:
        _put_back(recipe, wanted, [*(segment for segment, _ in lost), *kept][0].checkpoints)
        what = fault or "does not say what this condition was trained with"
        raise UserError(
            f"{recipe} {what}; it is written again, as the networks were trained with the settings"
            " of the config: start the same command again, and nothing is trained again"
        )
    if differs and (odd or not recipe_again):
        raise UserError(_other_settings(condition, recipe, *differs))
    if fault and not recipe_again:
        raise UserError(
            f"{recipe} {fault}: write it again with `snakemake {recipe} --force --cores 1`"
        )
    if odd:
        raise UserError(
            f"{odd[0].checkpoints} was trained with other settings than those of the config for"
            f" condition {condition}, and this run does not train it again: move it and its state"
            " away to train it with these, or go back to the config that it was trained with"
        )
    for segment, before in lost:
        if before is not None:
            raise UserError(
                f"{before.checkpoints} and its state are gone, and if they are made again in this"
                f" run, Snakemake will train again what is finished from {segment.checkpoints} on:"
                f" make them alone first, with the target {before.checkpoints}, or train all of it"
                " again with --forcerun train"
            )
        raise UserError(
            f"this run would train again what is finished, from {segment.checkpoints} on, though no"
            " setting has changed (as with another software environment): keep it with the target"
            " `checkpoints` and --touch, or train it again with --forcerun train"
        )


def _read(recipe: Path) -> tuple[dict[str, Any] | None, str | None]:
    """The settings in a recipe, or what is wrong with it."""
    if not recipe.exists():
        return None, "is missing"
    try:
        return recipe_comparison.read(recipe), None
    except UserError as error:
        return None, str(error).removeprefix(f"{recipe} ")


def _lost(segments: Sequence[Segment], same: set[str]) -> Iterator[tuple[Segment, Segment | None]]:
    """The first segment that would be trained again without need, and the one before that is gone.

    The latter is None where that is not why.
    """
    gone = None
    for segment in segments:
        if segment.again and not segment.wanted:
            intact = segment.finished() and segment.digests() and segment.digests() <= same
            if intact:
                yield segment, gone
                return
        if segment.again:
            gone = segment


def _put_back(recipe: Path, wanted: Mapping[str, Any], older_than: Path) -> None:
    """Write a recipe as it was, with a date before what was made from it."""
    with atomic(recipe) as temporary:
        text = json.dumps(wanted, indent=2, sort_keys=True) + "\n"
        temporary.write_text(text, encoding="utf-8")
    date = older_than.stat().st_mtime - 1
    os.utime(recipe, (date, date))


def _other_settings(condition: str, recipe: Path, key: str, old: object, new: object) -> str:
    return (
        f"condition {condition}: `{key}` is {json.dumps(old)} in {recipe}, by which it was trained,"
        f" but {json.dumps(new)} in the config, and this run does not train it again: write"
        f" {json.dumps(old)} in the config, or train it again with --forcerun {recipe}, and without"
        " --touch"
    )
