"""Look at a study that goes on: all analyses on the epochs that its networks have so far.

In a study of its own, `results/<experiment>-interim-<epoch>`, made of hard links to checkpoints.
The study itself is not changed, locked or waited for.
"""

import argparse
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from snakemake.io import IOFile
from snakemake.persistence.file import FilePersistence

from trajectories import cli
from trajectories.errors import UserError
from trajectories.networks.libraries import own as own_networks
from trajectories.status.interim import links, parts
from trajectories.status.interim.shortened import shortened
from trajectories.status.interim.stamp import stamp
from trajectories.storage.files import atomic
from trajectories.study import config
from trajectories.study.config import Config

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path("results")
_TRIES = 5  # a job that ends meanwhile gives its files other names


def main(arguments: argparse.Namespace) -> None:
    """Choose the epochs, link what there is, and run Snakemake on it."""
    os.environ[own_networks.FOLDERS] = str(arguments.config.resolve().parent)
    study = config.read(arguments.config)
    if study["interim"]:
        raise UserError(f"{arguments.config} is that of an interim look: name the study's own")
    for attempt in range(_TRIES):
        found = parts.found(study, RESULTS / study["experiment"])
        epoch, seeds = parts.choose(study, found, arguments.networks)
        short = config.resolve(shortened(study, epoch, seeds, str(arguments.config)))
        with alone(RESULTS / short["experiment"]) as folder:
            try:
                links.link(study, short, found, RESULTS, recorded(study, short))
            except FileNotFoundError:
                if attempt + 1 < _TRIES:
                    continue
                raise
            sys.exit(run(short, folder, arguments.snakemake))


def run(short: Config, folder: Path, flags: list[str]) -> int:
    """Run Snakemake on a look that is linked; gives its exit status."""
    with atomic(folder / "config.yaml") as temporary:
        text = yaml.safe_dump(short, sort_keys=False, allow_unicode=True)
        temporary.write_text(text, encoding="utf-8")
    cli.log.info("%s, in %s", str(stamp(short)).removeprefix("interim: "), folder)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", str(folder / "config.yaml"), "--rerun-incomplete", *flags]
    # A lock of its own keeps a second look out: Snakemake's, when it goes, takes all others along.
    return subprocess.run([*command, "--nolock"], check=False).returncode


def recorded(study: Config, short: Config) -> links.Record:
    """Takes Snakemake's records of the study's files over, with the names of the look in them."""
    persistence = FilePersistence(nolock=True)
    names = [f"{RESULTS}/{each['experiment']}/" for each in (study, short)]

    def take_over(source: Path, target: Path) -> bool:
        record = persistence.metadata(IOFile(str(source)))
        incomplete = persistence._filter_incomplete_keys([str(source)])
        if record is None or incomplete:
            return False
        renamed = type(record).model_validate(_renamed(record.model_dump(), *names))
        persistence._write_record(str(target), renamed)
        return True

    return take_over


def _renamed(value: object, old: str, new: str) -> object:
    """A record with other names of files in it, wherever they are."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_renamed(each, old, new) for each in value]
    if isinstance(value, dict):
        return {_renamed(key, old, new): _renamed(each, old, new) for key, each in value.items()}
    return value


@contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """The folder of a look, refused while another process makes the same."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "interim.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"{folder} is being made already: wait until it is") from error
        except OSError:
            pass  # a file system without locks
        yield folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_config(parser)
    parser.add_argument(
        "--networks",
        type=int,
        help="how many networks are enough; by default the epochs count that all have",
    )
    parser.add_argument(
        "snakemake", nargs="*", help="what Snakemake is told, after --, such as -- --cores all"
    )
    cli.run(main, parser)
