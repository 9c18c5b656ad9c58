"""How much times of learning depend on amplitude, noise and later change, in simulated RDMs.

    python benchmarks/times.py

RDMs go from one to another with a known time constant τ. Prints what the functions behind
`tables/speed.csv` find, in units of τ, mean ± SD over simulated networks. Exits with 1 if a time
leaves the bounds that docs/analyses/speed.md states.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterable
from pathlib import Path

# BLAS reads these when numpy is imported.
os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")})

import machine
import numpy as np
import scipy
from numpy.typing import NDArray

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from trajectories.analyses.speed import TIMES  # noqa: E402
from trajectories.analyses.speed import table as speed  # noqa: E402
from trajectories.rdms.trajectory import Trajectory  # noqa: E402
from trajectories.statistics import condition_curves, resampled_curves  # noqa: E402

Array = NDArray[np.float64]
N_IMAGES = 92
EPOCH = np.arange(25.0)
NOISE = (0.0, 0.1, 0.3, 0.6, 1.0)
STARTS = (0.3, 0.6, 0.9)
DRIFTS = (0.0, 0.1, 0.3, 1.0)
# Largest relative error of the mean, up to a noise of 0.3.
BOUNDS = {"t50": 0.15, "t90": 0.10, "tau": 0.16}
broken: list[str] = []


def approaching(tau: float, start: float, noise: float, drift: float, seed: int) -> Array:
    """RDMs (checkpoint, pair) whose difference from a final RDM decays with `tau`.

    Parameters
    ----------
    start : float
        Similarity of the first RDM to the last without noise and drift.
    noise : float
        SD of the noise that is new at each checkpoint, as a share of the SD of the final RDM.
    drift : float
        SD of a change added evenly over training, in an unrelated direction.
    """
    rng = np.random.default_rng(seed)
    n_pairs = N_IMAGES * (N_IMAGES - 1) // 2
    final, other, aside = rng.standard_normal((3, n_pairs))
    first = start * final + np.sqrt(1 - start**2) * other
    rdms = final + np.exp(-EPOCH / tau)[:, None] * (first - final)
    rdms += drift * (EPOCH / EPOCH[-1])[:, None] * aside
    course: Array = 5 + rdms + noise * rng.standard_normal(rdms.shape)
    return course


def measured(
    tau: float, start: float, noise: float, drift: float, networks: int
) -> dict[str, Array]:
    """Times of each simulated network, in units of τ."""
    names = tuple(f"image{i}" for i in range(N_IMAGES))
    flags = {"some": np.arange(N_IMAGES) < N_IMAGES // 2}
    data = np.ones((1, N_IMAGES), dtype=np.int64)
    instances = []
    for seed in range(networks):
        rdms = {"layer": approaching(tau, start, noise, drift, seed)}
        identity = {"condition": "moco", "seed": seed}
        found = Trajectory(rdms, EPOCH, names, flags, identity)
        instances.append(resampled_curves.resample(found, {"some": {"within": "some"}}, data))
    [curves] = condition_curves.by_condition(instances)
    values = speed.statistics(curves, "layer")
    return {name: values[name][:, 0] / tau for name in TIMES}


def row(first: Iterable[object], values: dict[str, Array]) -> None:
    """A line of a table."""
    cells = [f"{each.mean():.2f} ± {each.std(ddof=1):.2f}" for each in values.values()]
    print(f"| {' | '.join([*map(str, first), *cells])} |")


def head(*columns: str) -> None:
    """The head of a table."""
    print(f"| {' | '.join((*columns, '50%', '90%', 'fitted τ'))} |")
    print(f"| {' | '.join(['---'] * (len(columns) + 3))} |")


def amplitude_and_noise(networks: int) -> None:
    """Times under other amplitudes and noise."""
    print("\n#### Amplitude and noise\n")
    head("τ (epochs)", "first · last RDM", "noise")
    for tau in (2.0, 5.0):
        exact = measured(tau, STARTS[0], 0.0, 0.0, networks)
        for start in STARTS:
            for noise in NOISE:
                found = measured(tau, start, noise, 0.0, networks)
                row((f"{tau:g}", start, noise), found)
                for name, bound in BOUNDS.items():
                    truth = 1.0 if name == "tau" else exact[name].mean()
                    if noise <= 0.3 and abs(found[name].mean() / truth - 1) > bound:
                        broken.append(f"{name} at τ {tau:g}, {start}, noise {noise}")


def later_change(networks: int) -> None:
    """Times if the RDM keeps changing in another direction."""
    print("\n#### Change in another direction throughout\n")
    head("τ (epochs)", "SD of that change at the end")
    for tau in (2.0, 5.0):
        for drift in DRIFTS:
            row((f"{tau:g}", drift), measured(tau, 0.6, 0.0, drift, networks))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", type=int, default=20, help="a row (default: %(default)s)")
    arguments = parser.parse_args()
    start = time.perf_counter()
    print(
        f"{machine.processor()}, 1 thread; Python {platform.python_version()},"
        f" numpy {np.__version__}, scipy {scipy.__version__}"
    )
    amplitude_and_noise(arguments.networks)
    later_change(arguments.networks)
    for what in broken:
        print(f"BROKEN: {what}")
    print(f"\nbounds: {'BROKEN' if broken else 'kept'}; {time.perf_counter() - start:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
