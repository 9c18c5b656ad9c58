"""Time and memory of one RDM at the paper's size, beside rsatoolbox and scipy on the same array.

    python benchmarks/rdm.py

Each method runs in a process of its own with one thread. Exits with 1 if ours takes a second of
one core or more, or 100 MB of scratch memory or more, or differs from scipy by 1e-9 or more. Time
on the core, unlike wall time, hardly depends on what else the machine is doing.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
# BLAS reads these when numpy is imported.
os.environ.update(ONE_THREAD)

import machine  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

N_STIMULI, N_UNITS = 96, 802_816
REPEATS = 3
MOST_SECONDS, MOST_MEGABYTES, MOST_DIFFERENCE = 1.0, 100.0, 1e-9
METHODS = ("ours", "rsatoolbox", "scipy")


def activations() -> NDArray[np.float32]:
    """Rectified responses with a shared component, the same in every process."""
    rng = np.random.default_rng(0)
    responses = rng.standard_normal((N_STIMULI, N_UNITS), dtype=np.float32)
    responses += rng.standard_normal(N_UNITS, dtype=np.float32)
    return np.maximum(responses, 0, out=responses)


def ours(responses: NDArray[np.float32]) -> NDArray[np.float64]:
    from trajectories.rdm import correlation_distance

    return correlation_distance(responses)


def by_rsatoolbox(responses: NDArray[np.float32]) -> Any:
    import rsatoolbox

    toolbox: Any = rsatoolbox
    dataset = toolbox.data.Dataset(responses)
    return toolbox.rdm.calc_rdm(dataset, method="correlation").dissimilarities[0]


def by_scipy(responses: NDArray[np.float32]) -> Any:
    from scipy.spatial.distance import pdist

    return pdist(responses, "correlation")


def measure(method: str) -> dict[str, Any]:
    """Best time of a few, and the most memory above that of the activations."""
    function = {"ours": ours, "rsatoolbox": by_rsatoolbox, "scipy": by_scipy}[method]
    responses = activations()
    function(responses[:, :1000])  # imports, and first calls of BLAS
    before = machine.peak_bytes()
    seconds, wall_seconds = [], []
    for _ in range(REPEATS):
        start, wall_start = time.process_time(), time.perf_counter()
        distances = function(responses)
        seconds.append(time.process_time() - start)
        wall_seconds.append(time.perf_counter() - wall_start)
    return {
        "seconds": min(seconds),
        "wall_seconds": min(wall_seconds),
        "megabytes": (machine.peak_bytes() - before) / 1e6,
        "distances": np.asarray(distances, dtype=np.float64).tolist(),
    }


def main() -> int:
    versions = f"Python {platform.python_version()}, numpy {np.__version__}"
    print(f"{machine.processor()}, 1 thread; {versions}")
    print(f"{N_STIMULI} stimuli x {N_UNITS:,} units, float32; best of {REPEATS}")
    found = {}
    for method in METHODS:
        command = [sys.executable, __file__, method]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        found[method] = json.loads(answer)

    reference = np.array(found["scipy"]["distances"])
    print(
        f"{'':12}{'core s':>9}{'ratio':>8}{'wall s':>9}{'scratch MB':>12}"
        f"{'max |difference| to scipy':>28}"
    )
    for method, result in found.items():
        result["difference"] = float(np.abs(np.array(result["distances"]) - reference).max())
        ratio = result["seconds"] / found["ours"]["seconds"]
        print(
            f"{method:12}{result['seconds']:9.3f}{ratio:8.1f}{result['wall_seconds']:9.3f}"
            f"{result['megabytes']:12.1f}{result['difference']:28.1e}"
        )

    own = found["ours"]
    within = (
        own["seconds"] < MOST_SECONDS
        and own["megabytes"] < MOST_MEGABYTES
        and own["difference"] < MOST_DIFFERENCE
    )
    print(
        f"bound: under {MOST_SECONDS:g} s, {MOST_MEGABYTES:g} MB and {MOST_DIFFERENCE:g}:"
        f" {'kept' if within else 'BROKEN'}"
    )
    return 0 if within else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        sys.exit(main())
