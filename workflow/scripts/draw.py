"""Draw a figure of an analysis from its tables."""

import argparse
import json
from pathlib import Path

from trajectories import cli
from trajectories.analyses import arguments as given
from trajectories.analyses import declaration
from trajectories.errors import UserError
from trajectories.plotting import figure_data, labels, style
from trajectories.storage import tables
from trajectories.study import time_unit


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    analysis = declaration.load(arguments.analysis)
    if arguments.figure not in analysis.figures:
        raise UserError(
            f"{arguments.analysis} has no figure {arguments.figure!r}: name one of"
            f" {', '.join(analysis.figures)}."
        )
    figure = analysis.figures[arguments.figure]
    settings = given.settings(arguments.settings, figure.settings)
    named = given.labels(arguments.labels)
    names = [f"{name}.csv" for name in figure.tables]
    shown = [
        tables.read_columns(path, analysis.tables[name], analysis.text)
        for name, path in zip(
            figure.tables, given.by_name(arguments.tables, names, "--tables"), strict=True
        )
    ]
    if figure.reads:
        shown.append(figure_data.read_histories(arguments.histories))
    shown = [labels.relabelled(table, named) for table in shown]
    module = declaration.module(arguments.analysis, figure.module)
    drawn = module.draw(*shown, **settings)
    time = json.loads(arguments.time)
    style.count_time_in(drawn, time)
    if figure.captioned:
        caption = f"{module.caption(*shown, **settings)} {time_unit.note(time)}".rstrip()
        style.save_captioned(drawn, module.TITLE, caption, arguments.output, arguments.stamp)
    else:
        style.save(drawn, arguments.output, arguments.stamp)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    given.add(parser)
    parser.add_argument("figure", help="name of the figure")
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="what it draws (CSV)")
    parser.add_argument(
        "--histories",
        type=Path,
        nargs="*",
        default=[],
        help="files named <condition>/seed-<seed>/history.csv, for diagnostics of training",
    )
    given.add_labels(parser)
    parser.add_argument(
        "--time",
        default=json.dumps(dict(time_unit.EPOCHS)),
        help="unit of time and title of its axes, as JSON (default: epochs)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        required=True,
        help="files to write, ending in .pdf or .png, and one in .txt if there is a caption",
    )
    parser.add_argument("--stamp", help="a watermark, as on interim looks")
    cli.run(main, parser)
