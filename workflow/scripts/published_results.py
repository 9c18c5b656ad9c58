"""Make all results of a published study in `results/<experiment>`, without training.

What is published in `studies/<experiment>` is compared with its checksums and unpacked; the
workflow makes tables, figures and report of it.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from trajectories import cli
from trajectories.publication import parts, restore

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path("results")
STUDIES = Path("studies")


def main(arguments: argparse.Namespace) -> None:
    """Unpack the study that the arguments name, and run Snakemake on it."""
    config, left_out = restore.unpack(restore.find(arguments.study, STUDIES), RESULTS)
    folder = RESULTS / config["experiment"]
    if left_out:
        cli.log.info("without the references %s: their files are not here", ", ".join(left_out))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", str(folder / parts.CONFIG), "--rerun-incomplete"]
    sys.exit(subprocess.run([*command, *arguments.snakemake], check=False).returncode)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="", help="name of a folder in studies/")
    parser.add_argument(
        "snakemake", nargs="*", help="what Snakemake is told, after --, such as -- --cores all"
    )
    cli.run(main, parser)
