"""Compute the RDMs of one layer from its activations at the checkpoints of a segment."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from trajectories import cli
from trajectories.rdms import segment_rdms


def main(arguments: argparse.Namespace) -> None:
    """Compute the RDMs that the arguments describe."""

    def track(checkpoints: Iterable[int]) -> Iterable[int]:
        todo = list(checkpoints)
        description = f"RDMs of {arguments.activations}"
        with cli.progress(len(todo), description, "checkpoint") as bar:
            for checkpoint in todo:
                yield checkpoint
                bar.update()

    segment = segment_rdms.from_activations(arguments.activations, track)
    segment_rdms.write(arguments.output, segment)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--activations", type=Path, required=True, help="one layer, one segment (HDF5)"
    )
    parser.add_argument("--output", type=Path, required=True, help="RDMs to write (HDF5)")
    cli.run(main, parser)
