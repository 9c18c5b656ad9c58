"""Write the checksums of files of training or test images."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.provenance import checksums


def main(arguments: argparse.Namespace) -> None:
    """Write the checksums of the files that the arguments name."""
    files = checksums.of_files(arguments.run, arguments.files)
    checksums.write(arguments.output, {"files": files})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder results/<experiment>")
    parser.add_argument("--files", type=Path, nargs="+", required=True, help="images (HDF5)")
    parser.add_argument("--output", type=Path, required=True, help="checksums (JSON) to write")
    cli.run(main, parser)
