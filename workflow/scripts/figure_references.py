"""Draw how similar network representations are to brains or behaviour, over training."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.references import figure as figure_references
from trajectories.analyses.references import table as references
from trajectories.analyses.stability.figure import MEASURES
from trajectories.plotting import figure_data, style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    summary = figure_data.read_table(
        arguments.summary, ["reference", "mean"], "references_summary.csv"
    )
    ceilings = tables.read_columns(arguments.ceilings, references.CEILINGS)
    shown = (summary, ceilings, arguments.measure, arguments.first_epoch)
    style.save_captioned(
        figure_references.draw(*shown),
        "Similarity to brains and behaviour during learning",
        figure_references.caption(*shown),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="references_summary.csv")
    parser.add_argument("--ceilings", type=Path, required=True, help="reference_ceilings.csv")
    parser.add_argument(
        "--measure",
        choices=MEASURES,
        default="pearson",
        help="similarity that the tables hold (default: %(default)s)",
    )
    parser.add_argument(
        "--first-epoch",
        type=float,
        default=0,
        help="leave out checkpoints before it (default: %(default)s)",
    )
    cli.add_captioned_output(parser)
    cli.run(main, parser)
