"""What an interim look can be made of: how far each network is, by files that are whole.

Nothing is changed or locked, and torch is not needed.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trajectories.errors import UserError
from trajectories.status import recipes
from trajectories.status.interim.shortened import trained
from trajectories.storage import torch_text
from trajectories.study import recipe_comparison, segments
from trajectories.study.config import Config, merged
from trajectories.study.epochs import checkpoint_name
from trajectories.study.recipe import recipe_digest
from trajectories.study.segments import Segment
from trajectories.training import unfinished

LEAST = 2  # epochs: with fewer nothing can be compared over time


@dataclass(frozen=True)
class Part:
    """What there is of a segment.

    Attributes
    ----------
    segment : Segment
        As it is planned.
    folder, history : Path
        Its checkpoints, and the table of its epochs.
    last : int
        The last epoch that both have.
    """

    segment: Segment
    folder: Path
    history: Path
    last: int


Parts = dict[tuple[str, int], list[Part]]
"""What there is of each network that is trained, by condition and seed, in order of learning."""


def found(config: Config, results: Path) -> Parts:
    """What the networks of a study have left so far.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    results : Path
        The study's folder.

    Raises
    ------
    UserError
        If networks were trained with other settings than those of the config.
    """
    wanted = recipes.settings(config)
    digests = {name: _digests(results / name / "recipe.json", wanted[name]) for name in wanted}
    return {
        (condition, seed): list(_parts(config, results, digests, condition, seed))
        for condition in trained(config)
        for seed in config["seeds"]
    }


def choose(config: Config, parts: Parts, networks: int | None = None) -> tuple[int, list[int]]:
    """The last epoch that enough networks have, and the seeds whose networks have it.

    A seed counts with its networks of all conditions, as these are compared seed by seed.

    Parameters
    ----------
    config : dict
    parts : dict
        As `found` gives it.
    networks : int, optional
        How many networks are wanted at least; by default all.

    Returns
    -------
    epoch : int
    seeds : list of int

    Raises
    ------
    UserError
        If there are not so many networks, they have too few epochs, or all have finished.
    """
    conditions = trained(config)
    total = len(parts)
    if not total:
        raise UserError(
            f"{config['experiment']} trains no network, so there is nothing to wait for: start it"
        )
    if networks is not None and not 1 <= networks <= total:
        raise UserError(
            f"NETWORKS is {networks}, but the study trains {total}: choose 1 to {total}"
        )
    full = {name: merged(config, name)["training"]["epochs"] for name in conditions}
    last = max(full.values())
    reached = {
        seed: min(_reached(parts[name, seed], full[name], last) for name in conditions)
        for seed in config["seeds"]
    }
    wanted = len(reached) if networks is None else math.ceil(networks / len(conditions))
    epoch = sorted(reached.values(), reverse=True)[wanted - 1]
    if min(reached.values()) == last:
        raise UserError("all networks are trained to their end: `make run` makes the results")
    if epoch < LEAST:
        raise UserError(_too_early(reached, wanted, len(conditions)))
    return epoch, [seed for seed in reached if reached[seed] >= epoch]


def _too_early(reached: Mapping[int, int], wanted: int, n_conditions: int) -> str:
    ready = sum(epoch >= LEAST for epoch in reached.values())
    late = [str(seed) for seed, epoch in reached.items() if epoch < LEAST]
    mend = f"or ask for fewer: NETWORKS={ready * n_conditions}" if ready else "and ask again"
    return (
        f"{wanted * n_conditions} networks are wanted, but those of seed {', '.join(late)} have"
        f" not yet trained {LEAST} epochs: wait, {mend}"
    )


def _reached(parts: list[Part], full: int, last: int) -> int:
    """Epochs that a network has; one that has finished keeps up with those that train longer."""
    done = parts[-1].last if parts else 0
    return last if done >= full else done


def _digests(path: Path, wanted: Mapping[str, object]) -> set[str]:
    """Digests with which networks of a recipe may be marked: an older one can lack defaults."""
    digests = {recipe_digest(wanted)}
    if path.exists():
        written = recipe_comparison.read(path)
        if recipe_comparison.difference(written, wanted) is None:
            digests.add(recipe_digest(written))
    return digests


def _parts(
    config: Config, results: Path, digests: Mapping[str, set[str]], condition: str, seed: int
) -> Iterator[Part]:
    for segment in segments.of_instance(config, condition, seed):
        part = _part(results, digests[segment.condition], segment, seed)
        if part is not None:
            yield part
        if part is None or part.last < segment.stop:
            return


def _part(results: Path, digests: set[str], segment: Segment, seed: int) -> Part | None:
    place = results / segment.condition / f"seed-{seed}"
    published = place / "checkpoints" / segment.name
    if published.is_dir():
        digest = torch_text.digest_in(published / checkpoint_name(segment.stop))
        if digest is not None and digest not in digests:
            raise UserError(
                f"{published} was trained with other settings than those of the config for"
                f" condition {segment.condition}: name the config that it was trained with"
            )
        return Part(segment, published, published / "history.csv", segment.stop)
    for digest in sorted(digests):
        work = unfinished.work_folder(place / "unfinished", segment.start, segment.stop, digest)
        folder, table = work / "checkpoints", work / unfinished.HISTORY
        measured = measured_epochs(table)
        for last in range(min(segment.stop, max(measured, default=0)), segment.start, -1):
            epochs = [each for each in segment.epochs if each <= last]
            if last in measured and all((folder / checkpoint_name(e)).exists() for e in epochs):
                return Part(segment, folder, table, last)
    return None


def measured_epochs(path: Path) -> list[int]:
    """Epochs in the table of a history; none where it is missing or being written."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [round(float(row["epoch"])) for row in csv.DictReader(file)]
    except (OSError, ValueError, KeyError, TypeError):
        return []
