"""Computing parts of a finished run again, and comparing them with what is stored."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from trajectories.provenance.verification import Finding
from trajectories.rdms import branch, metrics, segment_rdms, trajectory
from trajectories.rdms.segment_rdms import SegmentRDMs
from trajectories.stimuli.table import StimulusTable
from trajectories.storage import tables
from trajectories.study import branches
from trajectories.study.epochs import last_epoch
from trajectories.study.recipe import NetworkRecipe

# What an RDM may be off where sums are taken in another order, as on another processor.
TOLERANCE = 1e-6


def all_metrics(
    run: Path, provenance: Mapping[str, Any], table: StimulusTable
) -> Iterator[Finding]:
    """Recompute from the RDMs of segments all trajectories and tables, and compare.

    Parameters
    ----------
    run : Path
        Folder results/<experiment>.
    provenance : mapping
        As `provenance.read` gives it.
    table : StimulusTable
        Of the test images.

    Yields
    ------
    Finding
        For each file whose numbers are not those recomputed, with the largest difference;
        a note where that is at most `TOLERANCE`.

    Raises
    ------
    UserError
        If a file is missing or damaged.
    """
    config = provenance["config"]
    stability, categories = [], []
    for each in provenance["instances"]:
        instance = f"{each['condition']}/seed-{each['seed']}"
        identity = {key: each[key] for key in ("condition", "seed")}
        again = trajectory.merge(
            _parts(run, provenance, **identity),
            table,
            {"experiment": provenance["experiment"], **identity},
        )
        stored = trajectory.read(run / instance / "trajectory.h5")
        yield from _compare_trajectories(f"{instance}/trajectory.h5", again, stored)
        stability.append(metrics.stability(again, config["metrics"]["similarity"]))
        categories.append(metrics.category_means(again, config["categories"]))
        for name, recomputed in (("stability", stability[-1]), ("categories", categories[-1])):
            yield from _compare_tables(run, f"{instance}/{name}.csv", recomputed)
    for name, of_instances in (("stability", stability), ("categories", categories)):
        together = tables.concatenate(of_instances)
        yield from _compare_tables(run, f"tables/{name}.csv", together)
        yield from _compare_tables(run, f"tables/{name}_summary.csv", tables.summarise(together))


def _parts(
    run: Path, provenance: Mapping[str, Any], condition: str, seed: int
) -> list[SegmentRDMs]:
    """The RDMs of the segments of an instance; of a branch also those of its trunk."""
    last = branches.shared(provenance["config"]["conditions"], condition)
    found = []
    for name in provenance["results"]:
        whose = name.partition("/")[0]
        of_instance = name.startswith(f"{whose}/seed-{seed}/rdms/")
        shared = of_instance and last_epoch(Path(name).stem) <= last.get(whose, -1)
        if of_instance and (whose == condition or shared):
            found.append(segment_rdms.read(run / name))
    if last:
        recipe = NetworkRecipe.read(run / condition / "recipe.json")
        found = [branch.adopted(part, recipe, condition) for part in found]
    return found


def compare(name: str, again: ArrayLike, stored: ArrayLike) -> Iterator[Finding]:
    """Compare recomputed numbers with stored ones; NaN equals NaN.

    Parameters
    ----------
    name : str
        What they are, for the finding.
    again, stored : array_like
        Of any shape, which must be the same.
    """
    first, second = np.asarray(again), np.asarray(stored)
    if first.shape != second.shape:
        yield Finding("differs", f"{name} has shape {second.shape}, recomputed {first.shape}")
    elif first.dtype.kind not in "fiu" or second.dtype.kind not in "fiu":
        if not np.array_equal(first, second):
            yield Finding("differs", f"{name} differs from the recomputed one")
    elif not np.array_equal(first, second, equal_nan=True):
        yield _difference(name, first, second)


def _difference(name: str, first: NDArray[Any], second: NDArray[Any]) -> Finding:
    apart = np.abs(first.astype(np.float64) - second.astype(np.float64))
    # Where both are NaN they agree; where one is, there is no number for how far they are apart.
    apart = np.where(np.isnan(first) & np.isnan(second), 0, apart)
    largest = float(np.max(np.where(np.isnan(apart), np.inf, apart)))
    text = f"{name} differs from the recomputed values by at most {largest:.2g}"
    return Finding("note" if largest <= TOLERANCE else "differs", text)


def _compare_trajectories(
    name: str, again: trajectory.Trajectory, stored: trajectory.Trajectory
) -> Iterator[Finding]:
    yield from compare(f"epoch in {name}", again.epoch, stored.epoch)
    yield from compare(f"stimulus in {name}", again.stimulus, stored.stimulus)
    for kind, mine, theirs in (
        ("rdms", again.rdms, stored.rdms),
        ("categories", again.flags, stored.flags),
    ):
        yield from compare(f"{kind} in {name}", [*mine], [*theirs])
        for key in mine.keys() & theirs.keys():
            yield from compare(f"{kind}/{key} in {name}", mine[key], theirs[key])


def _compare_tables(run: Path, name: str, again: pd.DataFrame) -> Iterator[Finding]:
    stored = tables.read(run / name)
    if list(stored.columns) != list(again.columns) or len(stored) != len(again):
        yield Finding("differs", f"{name} has different rows or columns from the recomputed table")
        return
    for column in again.columns:
        mine, theirs = (frame[column].to_numpy() for frame in (again, stored))
        yield from compare(f"{column} in {name}", mine, theirs)
