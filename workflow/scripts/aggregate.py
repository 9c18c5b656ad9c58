"""Combine the tables of all network instances, and summarise them over seeds."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the two tables that the arguments describe."""
    together = tables.concatenate([tables.read(path) for path in arguments.tables])
    tables.write(arguments.output, together)
    tables.write(arguments.summary, tables.summarise(together))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tables",
        type=Path,
        nargs="+",
        required=True,
        help="tables of stability.py, or tables of categories.py (CSV)",
    )
    parser.add_argument("--output", type=Path, required=True, help="all rows (CSV) to write")
    parser.add_argument(
        "--summary",
        type=Path,
        required=True,
        help="mean, SD and number of seeds (CSV) to write",
    )
    cli.run(main, parser)
