"""Main memory of extraction for a layer of a million units: layer1 of ResNet-50 at 256 px.

    python benchmarks/extraction_memory.py

The job that the workflow runs, each time in a process of its own: for as many images as are
computed at once, for all, and for all at several checkpoints. Memory is counted in copies of the
responses of all images to one checkpoint; the workflow asks a cluster for four.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import extraction_jobs
import machine
import outcome

MOST_COPIES, MOST_GROWTH = 1.5, 1.05


def main(arguments: argparse.Namespace) -> int:
    """Print the table; the exit status is 1 if a bound is not met."""
    import torch

    from trajectories.networks.activations import CPU_BATCH

    print(machine.describe(torch.device("cpu")))
    few, many = min(CPU_BATCH, arguments.images - 1), arguments.images
    cases = [(few, 1), (many, 1), (many, arguments.checkpoints)]
    found = {}
    for images, checkpoints in cases:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            sizes = {"images": images, "checkpoints": checkpoints}
            extraction_jobs.prepare(Path(folder), argparse.Namespace(**vars(arguments) | sizes))
            words = [str(each) for each in (folder, images, checkpoints)]
            flags = ["--network", arguments.network, "--size", str(arguments.size)]
            command = [sys.executable, __file__, *flags, "--layer", arguments.layer, "--work"]
            done = subprocess.run([*command, *words], stdout=subprocess.PIPE, text=True, check=True)
        peak, units = map(int, done.stdout.split())
        found[images, checkpoints] = peak
        print(f"{images:>4} images, {checkpoints} checkpoints: {peak / 1e6:>7.0f} MB at most")
    copy = 4 * units
    growth = found[cases[1]] - found[cases[0]]
    copies = growth / (copy * (many - few))
    print(f"{arguments.layer}: {units:,} units, {copy * many / 1e6:.0f} MB for {many} images")
    bounds = [
        outcome.Bound("memory, in copies of the responses,", copies, MOST_COPIES),
        outcome.Bound(
            f"memory of {arguments.checkpoints} checkpoints, beside that of one,",
            found[cases[2]] / found[cases[1]],
            MOST_GROWTH,
        ),
    ]
    numbers = {"units": units, "peak_bytes": {f"{n} × {c}": peak for (n, c), peak in found.items()}}
    return outcome.conclude("extraction_memory", numbers, bounds, arguments.json)


def work(folder: Path, arguments: argparse.Namespace) -> None:
    """In a process of its own: the job, then its peak and the number of units."""
    import h5py

    import extract

    output = folder / "activations.h5"
    job = extraction_jobs.job_arguments(folder, [arguments.layer], [output], arguments.checkpoints)
    extract.main(job)
    peak = machine.peak_bytes()
    with h5py.File(output) as file:
        print(peak, file["activations"].shape[2])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--network", default="resnet50", help="torchvision network")
    parser.add_argument("--layer", default="layer1", help="of the network")
    parser.add_argument("--size", type=int, default=256, help="side of the images, pixels")
    parser.add_argument("--images", type=int, default=96)
    parser.add_argument("--checkpoints", type=int, default=4)
    parser.add_argument("--folder", type=Path, help="disk to write to; default: temporary")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    outcome.add_json(parser)
    chosen = parser.parse_args()
    if chosen.work is None:
        sys.exit(main(chosen))
    where, *sizes = chosen.work
    chosen.images, chosen.checkpoints = map(int, sizes)
    work(Path(where), chosen)
