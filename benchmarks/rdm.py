"""Time, memory and error of one RDM at the paper's size, and those of rsatoolbox, scipy and numpy.

    python benchmarks/rdm.py

All work in turn on the same activations, each in a process of its own with one thread. Time is
that of the core, which unlike wall time hardly depends on what else the machine is doing. The
activations are float32, as networks give them; rsatoolbox computes in the precision it is given,
so it is measured as its users call it and once more on a float64 copy, which counts as its own.

Errors are those of the pairs among some of the stimuli, against sums that `math.fsum` rounds only
once, of products that float64 holds without rounding: that reference is right to some 1e-15.
"""

import argparse
import itertools
import json
import math
import os
import platform
import sys
import tempfile
import time
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

# BLAS reads these when numpy is imported.
os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")})

import machine
import numpy as np
import outcome
import rounds
from numpy.typing import NDArray

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

METHODS = ("ours", "rsatoolbox", "rsatoolbox, float64", "scipy", "numpy")
REFERENCE_STIMULI = 16
MOST_SECONDS, MOST_MEGABYTES, MOST_ERROR, LEAST_RATIO = 1.0, 60.0, 1e-12, 5.0


def activations(n_stimuli: int, n_units: int) -> NDArray[np.float32]:
    """Rectified responses with a shared component, the same in every process."""
    rng = np.random.default_rng(0)
    responses = rng.standard_normal((n_stimuli, n_units), dtype=np.float32)
    responses += rng.standard_normal(n_units, dtype=np.float32)
    return np.maximum(responses, 0, out=responses)


def ours(responses: NDArray[np.float32]) -> NDArray[np.float64]:
    from trajectories.rdms.rdm import correlation_distance

    return correlation_distance(responses)


def by_rsatoolbox(responses: NDArray[Any]) -> Any:
    import rsatoolbox

    toolbox: Any = rsatoolbox
    dataset = toolbox.data.Dataset(responses)
    return toolbox.rdm.calc_rdm(dataset, method="correlation").dissimilarities[0]


def by_rsatoolbox_in_float64(responses: NDArray[np.float32]) -> Any:
    return by_rsatoolbox(responses.astype(np.float64))


def by_scipy(responses: NDArray[np.float32]) -> Any:
    from scipy.spatial.distance import pdist

    return pdist(responses, "correlation")


def by_numpy(responses: NDArray[np.float32]) -> Any:
    correlation = np.asarray(np.corrcoef(responses))
    return 1 - correlation[np.triu_indices(len(responses), 1)]


FUNCTIONS = dict(
    zip(METHODS, (ours, by_rsatoolbox, by_rsatoolbox_in_float64, by_scipy, by_numpy), strict=True)
)


def reference(responses: NDArray[np.float32]) -> NDArray[np.float64]:
    """Correlation distances whose sums are rounded once."""
    rows = responses.astype(np.float64)
    n_stimuli, n_units = rows.shape
    sums = [Fraction(math.fsum(row.tolist())) for row in rows]

    def comoment(i: int, j: int) -> Fraction:
        products: Fraction = n_units * Fraction(math.fsum((rows[i] * rows[j]).tolist()))
        return products - sums[i] * sums[j]

    variance = [comoment(i, i) for i in range(n_stimuli)]
    return np.array(
        [
            1 - float(comoment(i, j)) / math.sqrt(variance[i] * variance[j])
            for i, j in itertools.combinations(range(n_stimuli), 2)
        ]
    )


def looked_at(n_stimuli: int) -> NDArray[np.intp]:
    """The stimuli whose pairs have a reference."""
    return np.linspace(0, n_stimuli - 1, min(n_stimuli, REFERENCE_STIMULI)).astype(np.intp)


def work(method: str, n_stimuli: int, n_units: int, folder: Path) -> None:
    """In a process of its own: one RDM per request."""
    function = FUNCTIONS[method]
    responses = activations(n_stimuli, n_units)
    function(responses[:, :1000])  # imports, and first calls of BLAS
    expected = np.load(folder / "reference.npy")
    first, second = np.triu_indices(n_stimuli, 1)
    pairs = np.isin(first, looked_at(n_stimuli)) & np.isin(second, looked_at(n_stimuli))
    before = machine.peak_bytes()

    def one_round() -> dict[str, float]:
        began = time.process_time()
        distances = function(responses)
        seconds = time.process_time() - began
        return {
            "core_seconds": seconds,
            "scratch_megabytes": (machine.peak_bytes() - before) / 1e6,
            "error": float(np.abs(np.asarray(distances)[pairs] - expected).max()),
        }

    rounds.serve(one_round)


def main(arguments: argparse.Namespace) -> int:
    """Print a table; the exit status is 1 if a bound is not met."""
    n_stimuli, n_units = arguments.stimuli, arguments.units
    versions = f"Python {platform.python_version()}, numpy {np.__version__}"
    print(f"{machine.processor()}, 1 thread; {versions}")
    print(
        f"{n_stimuli} stimuli × {n_units:,} units, float32;"
        f" median (least – most) of {arguments.rounds} rounds"
    )
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        responses = activations(n_stimuli, n_units)[looked_at(n_stimuli)]
        np.save(Path(folder) / "reference.npy", reference(responses))
        alternatives = [
            stack.enter_context(
                rounds.Alternative(
                    method,
                    [__file__, "--work", json.dumps([method, n_stimuli, n_units, folder])],
                    threads=1,
                )
            )
            for method in METHODS
        ]
        rounds.measure(alternatives, arguments.rounds)

    print(f"{'':21}{'core s':>24}{'ratio':>8}{'scratch MB':>12}{'error':>10}")
    own, toolbox = alternatives[0], alternatives[1]
    for each in alternatives:
        least, most = each.spread("core_seconds")
        ratio = each.median("core_seconds") / own.median("core_seconds")
        seconds = f"{each.median('core_seconds'):.3f} ({least:.3f} – {most:.3f})"
        megabytes, error = each.spread("scratch_megabytes")[1], each.spread("error")[1]
        print(f"{each.name:21}{seconds:>24}{ratio:8.1f}{megabytes:12.1f}{error:10.1e}")
    bounds = [
        outcome.Bound("core seconds", own.median("core_seconds"), MOST_SECONDS, unit=" s"),
        outcome.Bound("scratch", own.spread("scratch_megabytes")[1], MOST_MEGABYTES, unit=" MB"),
        outcome.Bound("error", own.spread("error")[1], MOST_ERROR),
        outcome.Bound(
            "speed beside rsatoolbox",
            toolbox.median("core_seconds") / own.median("core_seconds"),
            LEAST_RATIO,
            least=True,
            unit=" ×",
        ),
    ]
    numbers = {"rounds": {each.name: each.results for each in alternatives}}
    return outcome.conclude("rdm", numbers, bounds, arguments.json)


if __name__ == "__main__":
    if "--work" in sys.argv:
        method, n_stimuli, n_units, folder = json.loads(sys.argv[sys.argv.index("--work") + 1])
        work(method, n_stimuli, n_units, Path(folder))
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        parser.add_argument("--stimuli", type=int, default=96)
        parser.add_argument("--units", type=int, default=802_816)
        parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
        outcome.add_json(parser)
        sys.exit(main(parser.parse_args()))
