"""Where each second of a whole run goes: Snakemake, the start of scripts, training, other work.

    python benchmarks/whole.py
    python benchmarks/whole.py --config config/mine.yaml --cores 1
    python benchmarks/whole.py --set-up

Runs the study of a config from scratch, in a copy of the workflow, with the command of `make run`;
the environment is installed already, as in any but the first run. With `--set-up` it is installed
first, which takes as long as the downloads do. Each script reports when its own work began, after
Python and its modules were loaded, and what it took. Work is the core seconds that scripts spend
from there; all else is overhead: Snakemake itself, the loading, and idle cores. Bounds are on
its share, with the loading and without, of a study on CPUs.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import machine
import outcome

REPOSITORY = Path(__file__).parents[1]
PARTS = ("Makefile", "Snakefile", "workflow", "config", "envs", "profiles", "requirements.lock")
MOST_OVERHEAD = 0.2
OBSERVED = Path(__file__).with_name("observed.py")
# In place of the environment's Python, with which the workflow runs its scripts.
OBSERVING = """#!/bin/sh
case "${{1-}}" in
  workflow/scripts/*) exec "{python}" "{observed}" "$@" ;;
  *) exec "{python}" "$@" ;;
esac
"""
SNAKEMAKE = "import sys; sys.executable = sys.argv.pop(1); import snakemake.cli as s; s.main()"
KINDS = {
    "training": ("train",),
    "extraction": ("extract",),
    "RDMs": ("rdms", "merge_trajectory"),
    "images": ("pack_images", "make_stimuli"),
    "checksums": ("image_checksums", "segment_checksums", "instance_checksums"),
    "figures": ("draw", "movie_rdms", "report"),
}
OTHERS = "analyses and tables"


def main(arguments: argparse.Namespace) -> int:
    """Run, and print the profile; the exit status is 1 if the bound is not met."""
    cores = arguments.cores or machine.cores()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        took = run(Path(folder), arguments.config, cores, arguments.set_up, arguments.target)
    if arguments.set_up:
        print(f"set-up, before all else: {took['set_up_seconds']:.0f} s")
    jobs = took["jobs"]
    total = cores * took["wall_seconds"]
    work = sum(job["core_seconds"] for job in jobs)
    starts = sum(job["start_core_seconds"] for job in jobs)
    snakemake = max(0.0, took["core_seconds"] - work - starts)
    waiting = max(0.0, total - took["core_seconds"])

    print(f"{machine.processor()}, {cores} cores; {arguments.config}, {len(jobs)} jobs")
    print(
        f"{took['wall_seconds']:.1f} s in all, of them {took['planning_seconds']:.1f} s until the"
        f" first job starts; {total:.0f} core seconds:"
    )
    print(f"{'':<24}{'jobs':>6}{'loading':>10}{'work':>10}{'share':>8}")
    for kind in (*KINDS, OTHERS):
        mine = [job for job in jobs if kind_of(job["script"]) == kind]
        loading = sum(job["start_core_seconds"] for job in mine)
        own = sum(job["core_seconds"] for job in mine)
        print(
            f"{kind:<24}{len(mine):>6}{loading:>10.1f}{own:>10.1f}{(loading + own) / total:>8.1%}"
        )
    print(f"{'loading of scripts':<40}{starts:>10.1f}{starts / total:>8.1%}")
    print(f"{'Snakemake, shells, ends':<40}{snakemake:>10.1f}{snakemake / total:>8.1%}")
    print(f"{'cores that wait':<40}{waiting:>10.1f}{waiting / total:>8.1%}")
    numbers = {"cores": cores, "loading": starts, "snakemake": snakemake, "waiting": waiting}
    bounds = [
        outcome.Bound("all but work, beside the work", (total - work) / work, MOST_OVERHEAD),
        outcome.Bound(
            "Snakemake and waiting, beside scripts with their loading",
            (total - work - starts) / (work + starts),
            MOST_OVERHEAD,
        ),
    ]
    return outcome.conclude("whole", numbers | took, bounds, arguments.json)


def kind_of(script: str) -> str:
    """What a script is counted as."""
    for kind, names in KINDS.items():
        if script in names:
            return kind
    return OTHERS


def run(
    folder: Path, config: Path, cores: int, set_up: bool, targets: Sequence[str]
) -> dict[str, Any]:
    """A whole study in a copy of the workflow, which may set up an environment of its own."""
    for part in PARTS:
        source = REPOSITORY / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / part)
    began = time.time()
    if set_up:
        subprocess.run(["make", "--silent", ".venv/.installed"], cwd=folder, check=True)
    set_up_seconds = time.time() - began
    environment = (folder if set_up else REPOSITORY) / ".venv" / "bin"
    python = folder / "python"
    python.write_text(OBSERVING.format(python=environment / "python", observed=OBSERVED))
    python.chmod(0o755)
    record = folder / "observed.jsonl"
    variables = os.environ | {"OBSERVED": str(record)}
    command = [str(environment / "python"), "-c", SNAKEMAKE, str(python)]
    command += ["--configfile", str(config.resolve())]
    command += ["--quiet", "rules", "host", "--cores", str(cores), *targets]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    wall, after = time.time() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"error: the study failed:\n{done.stdout}{done.stderr}")
    jobs = [json.loads(line) for line in record.read_text().splitlines()]
    return {
        "set_up_seconds": set_up_seconds,
        "wall_seconds": wall,
        "core_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "planning_seconds": min(job["began"] for job in jobs) - began,
        "jobs": jobs,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--config", type=Path, default=REPOSITORY / "config" / "config.yaml", help="study to run"
    )
    parser.add_argument("target", nargs="*", help="what to make; default: all")
    parser.add_argument("--cores", type=int, help="for Snakemake; default: all")
    parser.add_argument("--folder", type=Path, help="disk to work on; default: temporary")
    parser.add_argument("--set-up", action="store_true", help="install the environment first")
    outcome.add_json(parser)
    sys.exit(main(parser.parse_args()))
