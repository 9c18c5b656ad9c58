"""Draw a figure of an analysis from its tables."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses import arguments as given
from trajectories.analyses import declaration
from trajectories.errors import UserError
from trajectories.plotting import figure_data, style
from trajectories.storage import tables


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
    names = [f"{name}.csv" for name in figure.tables]
    shown = [
        tables.read_columns(path, analysis.tables[name], analysis.text)
        for name, path in zip(
            figure.tables, given.by_name(arguments.tables, names, "--tables"), strict=True
        )
    ]
    if figure.reads:
        shown.append(figure_data.read_histories(arguments.histories))
    module = declaration.module(arguments.analysis, figure.module)
    drawn = module.draw(*shown, **settings)
    if figure.captioned:
        caption = module.caption(*shown, **settings)
        style.save_captioned(drawn, module.TITLE, caption, arguments.output)
    else:
        style.save(drawn, arguments.output)


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
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        required=True,
        help="files to write, ending in .pdf or .png, and one in .txt if there is a caption",
    )
    cli.run(main, parser)
