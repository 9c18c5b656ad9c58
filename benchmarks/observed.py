"""A script of the workflow, and a line about its time, in place of Python.

    python benchmarks/observed.py workflow/scripts/stability.py --trajectory ...

Appends to the file in OBSERVED one JSON object: wall and core seconds from the start of the process
to that of the script's `main`, those of `main`, and the most memory of the process. For
`benchmarks/whole.py` and `benchmarks/growth.py`.
"""

import argparse
import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import machine

BEGAN = time.time()


def main(script: str) -> None:
    """Run the script, its `cli.run` watched."""
    sys.path.insert(0, str(Path(script).resolve().parent))
    from trajectories import cli

    run = cli.run

    def observed_run(
        main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser
    ) -> None:
        def observed(arguments: argparse.Namespace) -> None:
            started, core_seconds = time.time(), spent()
            try:
                main(arguments)
            finally:
                line = {
                    "script": Path(script).stem,
                    "began": BEGAN,
                    "start_seconds": started - BEGAN,
                    "start_core_seconds": core_seconds,
                    "seconds": time.time() - started,
                    "core_seconds": spent() - core_seconds,
                    "peak_bytes": machine.peak_bytes(),
                }
                with open(os.environ["OBSERVED"], "a") as file:
                    file.write(json.dumps(line) + "\n")

        run(observed, parser)

    cli.run = observed_run
    runpy.run_path(script, run_name="__main__")


def measured(script: Path, words: Sequence[str], folder: Path, record: Path) -> dict[str, float]:
    """Core seconds and megabytes that a script takes with these arguments, on one thread.

    Parameters
    ----------
    script : Path
    words : sequence of str
        Its arguments.
    folder : Path
        In which it runs.
    record : Path
        File to write its line to.
    """
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    done = subprocess.run(
        [sys.executable, __file__, str(script), *words],
        cwd=folder,
        env=os.environ | threads | {"OBSERVED": str(record)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    line = json.loads(record.read_text().splitlines()[-1])
    return {"core_seconds": line["core_seconds"], "megabytes": line["peak_bytes"] / 1e6}


def spent() -> float:
    """Core seconds of this process and of those it started and waited for."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    del sys.argv[0]
    main(sys.argv[0])
