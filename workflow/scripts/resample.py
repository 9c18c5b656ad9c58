"""Compute the curves of a network instance for many resamples of the test images."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.rdms import categories, similarity, trajectory
from trajectories.statistics import resampled_curves, resampling
from trajectories.storage import resamples_file


def main(arguments: argparse.Namespace) -> None:
    """Make the file that the arguments describe."""
    definitions = categories.parse(arguments.categories)
    with trajectory.opened(arguments.trajectory) as instance:
        counts = resampling.stimulus_counts(
            len(instance.stimulus), arguments.resamples, arguments.seed
        )
        curves = resampled_curves.resample(instance, definitions, counts, arguments.measure)
    resamples_file.write(arguments.output, curves)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectory", type=Path, required=True, help="trajectory.h5 of the instance"
    )
    parser.add_argument(
        "--categories",
        required=True,
        help='JSON such as {"faces": {"within": "face", "between": "~face"}}',
    )
    parser.add_argument(
        "--measure",
        choices=similarity.MEASURES,
        default="pearson",
        help="similarity of two RDMs; kendall is resampled as spearman (default: %(default)s)",
    )
    parser.add_argument(
        "--resamples", type=int, default=1000, help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the resamples of images (default: %(default)s)"
    )
    parser.add_argument("--output", type=Path, required=True, help="resamples.h5 to write")
    cli.run(main, parser)
