"""Split the variance between network instances by its source, initialisation or data."""

import argparse
import json
from pathlib import Path

from trajectories import cli
from trajectories.analyses.variance_split import table as variance_split
from trajectories.errors import UserError
from trajectories.statistics import states
from trajectories.storage import tables
from trajectories.study import fixed_sources


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    recipes = {path.resolve().parent.name: _read(path) for path in arguments.recipes}
    comparisons = fixed_sources.comparisons(recipes)
    if not comparisons:
        cli.log.info(
            "no two conditions differ only in training.fixed_seeds, so there is no variance to"
            " split: the table has no rows"
        )
    with states.opened(arguments.trajectories, most_states=None) as series:
        table = variance_split.variance_split(series, comparisons)
    tables.write(arguments.output, table)


def _read(path: Path) -> dict[str, object]:
    try:
        recipe: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): make it again.") from error
    return recipe


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectories",
        type=Path,
        nargs="+",
        required=True,
        help="trajectory.h5 of each network instance",
    )
    parser.add_argument(
        "--recipes",
        type=Path,
        nargs="+",
        required=True,
        help="recipe.json of each condition, in a folder named as the condition",
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
