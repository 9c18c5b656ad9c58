"""Write the recipe of a condition: all settings that determine trained weights, but the seed."""

import argparse
import json
from pathlib import Path

from trajectories import cli
from trajectories.storage.files import atomic


def main(arguments: argparse.Namespace) -> None:
    """Write the recipe in a form that people can read."""
    with atomic(arguments.output) as temporary:
        text = json.dumps(arguments.settings, indent=2, sort_keys=True) + "\n"
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=json.loads, required=True, help="the settings as JSON")
    parser.add_argument("--output", type=Path, required=True, help="recipe.json to write")
    cli.run(main, parser)
