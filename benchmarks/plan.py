"""Time to plan a study of the paper's size: 10 seeds × 200 epochs × 2 layers.

    python benchmarks/plan.py

Exits with 1 if `snakemake --dry-run` takes 10 seconds of processor time or more.
"""

import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]
MOST_SECONDS = 10.0

# The number of jobs is that of the paper; the network is small so that no disk is too full for it.
CHANGES = {
    "experiment": "plan",
    "seeds": list(range(10)),
    "training": {"epochs": 200, "schedule_epochs": 200, "segment_epochs": 25},
}


def main() -> int:
    """Plan once, and print the time it took."""
    config = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text())
    config["training"] |= CHANGES.pop("training")
    config |= CHANGES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.yaml"
        path.write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "snakemake", "--dry-run", "--configfile", str(path)]
        wall = time.monotonic()
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        wall = time.monotonic() - wall
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        return 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime
    jobs = re.findall(r"^total +(\d+)", done.stdout + done.stderr, re.MULTILINE)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print(f"{jobs[-1]} jobs planned in {seconds:.1f} s of processor time, {wall:.1f} s in total")
    return int(seconds >= MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
