"""Time of all stability and category metrics of a study of the paper's size, on one core.

    python benchmarks/metrics.py

For each instance what the rules `stability` and `categories` do: read trajectory.h5, whose checksum
is compared, compute, write the table. One process with one thread, so that the start of Python
counts once; `benchmarks/whole.py` shows what starts cost. The RDMs drift at random.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")})
REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

import machine  # noqa: E402
import numpy as np  # noqa: E402
import outcome  # noqa: E402

from trajectories.rdms import metrics, rdm, similarity, trajectory  # noqa: E402
from trajectories.storage import tables  # noqa: E402

MOST_SECONDS = 5.0
CATEGORIES = {"faces": {"within": "face"}, "animals": {"within": "animal"}}


def main(arguments: argparse.Namespace) -> int:
    """Print a table; the exit status is 1 if the bound is not met."""
    print(f"{machine.processor()}, 1 thread")
    print(
        f"{arguments.instances} instances × {arguments.checkpoints} checkpoints ×"
        f" {arguments.layers} layers, {arguments.stimuli} stimuli; core seconds"
    )
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{seed}.h5" for seed in range(arguments.instances)]
        for seed, path in enumerate(paths):
            write(path, seed, arguments)
        found = {"categories": timed(paths, categories)}
        for measure in similarity.MEASURES:
            found[f"stability, {measure}"] = timed(
                paths,
                lambda path, measure=measure: stability(path, measure),  # type: ignore[misc]
            )
    for name, seconds in found.items():
        print(f"{name:<22}{seconds:8.2f}")
    slowest = max(found[f"stability, {measure}"] for measure in similarity.MEASURES)
    bounds = [
        outcome.Bound(
            "the default's stability and categories",
            found["stability, pearson"] + found["categories"],
            MOST_SECONDS,
            unit=" s",
        ),
        outcome.Bound(
            "the slowest measure and categories",
            slowest + found["categories"],
            MOST_SECONDS,
            unit=" s",
        ),
    ]
    return outcome.conclude("metrics", {"core_seconds": found}, bounds, arguments.json)


def stability(path: Path, measure: similarity.Similarity) -> None:
    """What the rule does."""
    table = metrics.stability(trajectory.read(path), measure)
    tables.write(path.with_suffix(".csv"), table)


def categories(path: Path) -> None:
    """What the rule does."""
    table = metrics.category_means(trajectory.read(path), CATEGORIES)
    tables.write(path.with_suffix(".csv"), table)


def timed(paths: list[Path], work: Callable[[Path], None]) -> float:
    """Core seconds for all instances."""
    began = time.process_time()
    for path in paths:
        work(path)
    return time.process_time() - began


def write(path: Path, seed: int, arguments: argparse.Namespace) -> None:
    """A trajectory whose RDMs walk at random."""
    rng = np.random.default_rng(seed)
    n_stimuli = arguments.stimuli
    shape = (arguments.checkpoints, rdm.n_pairs(n_stimuli))
    walks = (np.cumsum(rng.standard_normal(shape), axis=0) for _ in range(arguments.layers))
    trajectory.write(
        path,
        trajectory.Trajectory(
            rdms={f"layer{i}": 1 + np.tanh(walk / 50) for i, walk in enumerate(walks, 1)},
            epoch=np.arange(arguments.checkpoints, dtype=np.float64),
            stimulus=tuple(f"image {i}" for i in range(n_stimuli)),
            flags={
                "face": np.arange(n_stimuli) % 4 == 0,
                "animal": np.arange(n_stimuli) % 2 == 0,
            },
            attributes={"condition": "moco", "seed": seed, "experiment": "benchmark"},
        ),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--instances", type=int, default=10)
    parser.add_argument("--checkpoints", type=int, default=201)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--stimuli", type=int, default=96)
    outcome.add_json(parser)
    sys.exit(main(parser.parse_args()))
