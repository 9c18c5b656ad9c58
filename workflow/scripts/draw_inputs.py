"""Draw what the input of networks looked like at several epochs, in each condition."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.plotting import input_strip, style


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    strips = [input_strip.read(path) for path in arguments.inputs]
    caption = input_strip.caption(strips)
    style.save_captioned(
        input_strip.draw(strips), input_strip.TITLE, caption, arguments.output, arguments.stamp
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--inputs", type=Path, nargs="+", required=True, help="inputs.h5 of each condition"
    )
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        required=True,
        help="files to write, ending in .pdf or .png, and one in .txt for the caption",
    )
    parser.add_argument("--stamp", help="a watermark, as on interim looks")
    cli.run(main, parser)
