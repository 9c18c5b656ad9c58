"""Promise: what Snakemake does beside the jobs does not grow with the jobs that have ended."""

import os
import subprocess
import sys
import time
from pathlib import Path

RULES = Path(__file__).parents[2] / "workflow/rules/scheduling.smk"
JOBS = 24
WORKFLOW = f"""
include: {str(RULES)!r}

rule all:
    input: expand("{{n}}.txt", n=range({JOBS}))

rule wait:
    output: "{{n}}.txt"
    shell: "sleep 0.25; touch {{output}}"
"""


def test_each_end_of_a_job_and_each_second_are_one_look_for_others(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(WORKFLOW)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--verbose", "--scheduler", "greedy"],
        cwd=tmp_path, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stdout
    assert len(list(tmp_path.glob("*.txt"))) == JOBS
    looks = done.stdout.count("Ready jobs: ")
    assert JOBS <= looks <= JOBS + seconds + 5
