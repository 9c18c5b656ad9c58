"""Make a movie of RDMs over training: the mean over network instances, one frame per checkpoint."""

import argparse
import json
from pathlib import Path

from trajectories import cli
from trajectories.analyses.movie import figure as rdm_movie
from trajectories.study import time_unit


def main(arguments: argparse.Namespace) -> None:
    """Make the movie that the arguments describe."""
    with rdm_movie.opened(arguments.trajectories) as study:
        n_frames = rdm_movie.write(
            arguments.output, study, arguments.stamp, json.loads(arguments.time)
        )
    cli.log.info("%d frames, %.1f MB", n_frames, arguments.output.stat().st_size / 1e6)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectories",
        type=Path,
        nargs="+",
        required=True,
        help="trajectory.h5 of all instances; the movie has a row for each condition",
    )
    parser.add_argument("--output", type=Path, required=True, help="movie (GIF) to write")
    parser.add_argument(
        "--time",
        default=json.dumps(dict(time_unit.EPOCHS)),
        help="unit of time and its label, as JSON (default: epochs)",
    )
    parser.add_argument("--stamp", help="a watermark, as on interim looks")
    cli.run(main, parser)
