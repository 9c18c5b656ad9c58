"""Publish the finished networks of a study as data: `studies/<experiment>/`, small and checksummed.

Pictures of test images stay out, as they may be of others: `make results STUDY=<experiment>` makes
all results without training, with names in the place of pictures.
"""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.publication import publish
from trajectories.study import config

STUDIES = Path("studies")


def main(arguments: argparse.Namespace) -> None:
    """Publish the study that the arguments name."""
    study = config.read(arguments.config)
    folder, published = publish.publish(
        study,
        arguments.results / study["experiment"],
        arguments.studies,
        arguments.pictures,
    )
    n_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    number, of = (len(each["conditions"]) * len(each["seeds"]) for each in (published, study))
    if places := publish.places_of_machine(published):
        cli.log.warning("warning: published with absolute paths: %s", ", ".join(places))
    cli.log.info("%s: %d of %d networks, %.2f MB", folder, number, of, n_bytes / 1e6)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_config(parser)
    cli.add_results(parser)
    parser.add_argument(
        "--studies", type=Path, default=STUDIES, help="folder of published studies (studies)"
    )
    parser.add_argument(
        "--pictures",
        action="store_true",
        help="publish test images and inputs of diets too: make sure that their licences allow it",
    )
    cli.run(main, parser)
