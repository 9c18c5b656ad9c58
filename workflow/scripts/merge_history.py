"""Merge the histories of an instance's segments into one table."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.storage.history import columns, read_history, with_knn, write_history
from trajectories.training import unfinished


def main(arguments: argparse.Namespace) -> None:
    """Write the rows of all segments, in the order given, and remove the work they came from."""
    rows: list[dict[str, str]] = []
    for folder in arguments.checkpoints:
        path = folder / "history.csv"
        if not path.is_file():
            raise UserError(f"{path} is missing: delete {folder} and start the workflow again")
        rows += read_history(path)
    if arguments.knn is not None:
        rows = with_knn(rows, read_history(arguments.knn))
    write_history(arguments.output, rows, columns(rows[-1]))
    if arguments.unfinished is not None:
        unfinished.clear(arguments.unfinished, [folder.name for folder in arguments.checkpoints])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--checkpoints", type=Path, nargs="+", required=True, help="folders of the segments"
    )
    parser.add_argument(
        "--unfinished",
        type=Path,
        help="folder of the instance's training work, from which that of these segments is removed",
    )
    parser.add_argument("--knn", type=Path, help="how well the network sees at some epochs (CSV)")
    parser.add_argument("--output", type=Path, required=True, help="history.csv to write")
    cli.run(main, parser)
