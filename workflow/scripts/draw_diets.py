"""Draw the published diets: strength over training of each, for docs/diets.md."""

import argparse
from pathlib import Path

import pandas as pd

from trajectories import cli
from trajectories.plotting import diets as plotting
from trajectories.plotting import style
from trajectories.study import diets
from trajectories.training.diets import schedule

# Epochs over which a diet whose training has no known length is drawn.
EPOCHS = 200


def main(arguments: argparse.Namespace) -> None:
    """Draw a panel for each change of each diet."""
    panels = []
    for name in arguments.diets:
        content = diets.preset(name)
        epochs = content.get("published_epochs", EPOCHS)
        for course in schedule.courses(content["diet"], epochs):
            columns = ("epoch", "mean", "low", "high")
            table = pd.DataFrame({column: getattr(course, column) for column in columns})
            line = plotting.Line("", table)
            panels.append(plotting.Panel(f"{name}: {course.change}", course.unit, [line]))
    style.save(plotting.draw(panels, [""]), [arguments.output])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "diets",
        nargs="*",
        default=diets.presets(),
        help="names of published diets (default: all)",
    )
    home = Path(__file__).resolve().parents[2]
    parser.add_argument("--output", type=Path, default=home / "docs" / "figures" / "diets.png")
    cli.run(main, parser)
