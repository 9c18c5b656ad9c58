"""What studies of three sizes cost, and how long Snakemake plans them; writes docs/scale.md.

    python benchmarks/scale.py              # print the page
    python benchmarks/scale.py --write      # write docs/scale.md

Steps, GPU hours and disk are computed from `config/paper.yaml` with other seeds and epochs; jobs
and planning time come from a real `snakemake --dry-run` of a study with the same number of jobs.
"""

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

import machine  # noqa: E402

from trajectories.planning import cost, cost_report  # noqa: E402
from trajectories.stimuli.expected import PUBLISHED_STIMULI  # noqa: E402
from trajectories.study.config import resolve  # noqa: E402

PAGE = REPOSITORY / "docs" / "scale.md"
STUDIES = ((10, 200), (100, 300), (1000, 200))  # seeds, epochs
TABLE = "config/stimuli/openmoji96.csv"
# Snakemake as on a machine whose disk has room for any study: nothing is written.
SNAKEMAKE = """
import runpy, shutil
shutil.disk_usage = lambda path: shutil._ntuple_diskusage(10**18, 0, 10**18)
runpy.run_module("snakemake", run_name="__main__")
"""

HEAD = """\
# Scale

<!-- Made by `python benchmarks/scale.py --write`. -->

What studies with the network, the images and the segments of `config/paper.yaml` cost, and what
breaks first as they grow. GPU hours assume the rate that the public MoCo code reports for a V100
(`make plan CONFIG=config/paper.yaml` explains it, and accepts another rate); divide by the number
of GPUs. Disk space holds checkpoints, states and RDMs; at its peak, also the activations of one
segment of each instance. Planning is `snakemake --dry-run` of a study with the same number of jobs.
"""

TAIL = """\
## What breaks first, and what to do

1. **GPU hours**, long before anything else. They grow with seeds × epochs. No setting of the
   workflow changes that, except `training.precision: bf16` on a newer GPU, and fewer epochs.
2. **Disk at rest**, nearly all of it checkpoints, which grow with seeds × epochs. The analysis
   needs the RDMs; once they are made, checkpoints of finished instances can be moved to an archive
   (`results/<experiment>/<condition>/seed-<s>/checkpoints`). Snakemake would then want to make them
   again. So split large studies into experiments of a few tens of seeds, and archive whole
   experiments.
3. **Disk at its peak**: the activations of a segment are temporary, but those of all running jobs
   are on disk at the same time. `--jobs` limits this, and so do shorter segments
   (`training.segment_epochs`).
4. **Planning time and the number of jobs.** They grow with seeds × segments × layers. Longer
   segments mean fewer jobs; so does splitting seeds over several experiments or several calls
   (`snakemake results/<experiment>/<condition>/seed-1/trajectory.h5 …`). If the scheduler starts
   jobs slowly, the profile's groups reduce its load.
5. **The login node.** Snakemake itself stays one process, whose memory grows with the number of
   jobs (last column).
"""


@dataclass(frozen=True)
class Plan:
    """The cost of planning.

    Attributes
    ----------
    jobs : int
    seconds : float
        Of processor time.
    megabytes : float
        Most main memory.
    """

    jobs: int
    seconds: float
    megabytes: float


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/scale.md")
    parser.add_argument(
        "--studies",
        type=json.loads,
        default=STUDIES,
        help="other sizes, as JSON: [[seeds, epochs], ...]",
    )
    arguments = parser.parse_args()
    text = page([(seeds, epochs) for seeds, epochs in arguments.studies])
    if arguments.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)


def page(studies: list[tuple[int, int]]) -> str:
    """The whole page as Markdown."""
    head = (
        "seeds × epochs", "jobs", "GPU hours", "GPU hours of one training job", "disk at rest",
        "disk at its peak", "planning (processor seconds)", "memory of planning",
    )  # fmt: skip
    lines = [head, ("---",) * len(head), *(row(*study) for study in studies)]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    where = f"Planned on one core of: {machine.processor()}, Python {platform.python_version()}.\n"
    return "\n".join([HEAD, table, where, TAIL])


def row(seeds: int, epochs: int) -> tuple[str, ...]:
    """Cells of one study."""
    config = study(seeds, epochs)
    needs = cost.study_needs(resolve(config), PUBLISHED_STIMULI)
    rate = cost.Rate.reported()
    rest = needs.all.checkpoints + needs.all.state + needs.all.rdms
    plan = planned(config)
    return (
        f"{seeds:,} × {epochs}",
        f"{plan.jobs:,}",
        cost_report.hours(rate.hours(needs.all)),
        cost_report.hours(rate.hours(needs.segment)),
        cost_report.size(rest),
        cost_report.size(rest + needs.passing),
        f"{plan.seconds:.1f}",
        f"{plan.megabytes:,.0f} MB",
    )


def study(seeds: int, epochs: int) -> dict[str, Any]:
    """Config of the paper with other seeds and epochs."""
    config: dict[str, Any] = yaml.safe_load((REPOSITORY / "config" / "paper.yaml").read_text())
    config["seeds"] = list(range(1, seeds + 1))
    config["training"] |= {"epochs": epochs, "schedule_epochs": epochs}
    return config


def planned(config: dict[str, Any]) -> Plan:
    """Plan a study with the same number of jobs that needs no data."""
    small = {
        **config,
        "experiment": "scale",
        "image_size": 32,
        "images": {"source": "openmoji", "count": 131_072, "stored_size": 40},
        "stimuli": {"table": TABLE, "folder": "openmoji"},
        "references": {},
        "network": {"architecture": "resnet10_narrow"},
        "training": {**config["training"], "queue": 256},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scale.yaml"
        path.write_text(yaml.safe_dump(small), encoding="utf-8")
        command = [sys.executable, "-c", SNAKEMAKE, "--dry-run", "--quiet", "rules"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [*command, "--configfile", str(path)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    jobs = re.findall(r"^total +(\d+)", done.stdout + done.stderr, re.MULTILINE)
    return Plan(
        jobs=int(jobs[-1]),
        seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        megabytes=after.ru_maxrss / 1024,
    )


if __name__ == "__main__":
    main()
