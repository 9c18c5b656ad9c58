"""Run the benchmarks one after another: their tables, and one file with all numbers.

    make bench
    make bench ARGS="--only rdm metrics --rounds 2"

They take hours on a CPU. Numbers go to results/benchmarks.json, with the machine and the versions
of what was measured; a benchmark that is run again replaces its own numbers there. The exit status
is 1 if a bound was not met.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import machine
import rounds

FOLDER = Path(__file__).parent
OUTPUT = FOLDER.parent / "results" / "benchmarks.json"
# In the order in which they are run, short ones first.
BENCHMARKS = {
    "metrics": ["metrics.py"],
    "rdm": ["rdm.py"],
    "plan": ["plan.py"],
    "step": ["step.py"],
    "paper_step": ["paper_step.py"],
    "operations": ["operations.py"],
    "compiling": ["compiling.py"],
    "convolution": ["convolution.py"],
    "extraction": ["extraction.py"],
    "extraction_vit": ["extraction.py", "--network", "vit_b_16"],
    "extraction_memory": ["extraction_memory.py"],
    "bn_groups": ["bn_groups.py"],
    "data": ["data.py"],
    "diets": ["diets.py"],
    "sharing": ["sharing.py"],
    "sizes": ["sizes.py"],
    "growth": ["growth.py", "--figure", "results/growth.png"],
    "whole": ["whole.py"],
    "training": ["training.py"],
}
IN_ROUNDS = (
    "rdm",
    "extraction",
    "extraction_vit",
    "bn_groups",
    "compiling",
    "data",
    "diets",
    "sharing",
    "training",
)
# Their text is their result.
WITHOUT_JSON = ("plan", "step", "paper_step")
PACKAGES = ("h5py", "lightly", "numpy", "rsatoolbox", "scipy", "torch", "torchvision")


def main(arguments: argparse.Namespace) -> int:
    """Run them; say at the end which met their bounds."""
    about: dict[str, Any] = {
        "date": date.today().isoformat(),
        "processor": machine.processor(),
        "cores": machine.cores(),
        "memory_gigabytes": round(machine.main_memory() / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }
    gpu = graphics()
    if gpu:
        about["gpu"] = gpu
    print(json.dumps(about, indent=1))
    outcomes = {}
    for name in arguments.only or BENCHMARKS:
        print(f"\n==== {name}: python benchmarks/{' '.join(BENCHMARKS[name])}", flush=True)
        began = time.monotonic()
        status, text = run(name, arguments)
        minutes = (time.monotonic() - began) / 60
        outcomes[name] = status
        found = {"minutes": round(minutes, 1), "exit_status": status, **about, "text": text}
        rounds.save(arguments.json, f"run of {name}", found)
    print()
    for name, status in outcomes.items():
        print(f"{name:<16}{'kept' if status == 0 else f'NOT KEPT, or failed ({status})'}")
    print(f"Numbers: {arguments.json}")
    return int(any(outcomes.values()))


def run(name: str, arguments: argparse.Namespace) -> tuple[int, list[str]]:
    """Exit status and lines of a benchmark, which are shown as they come."""
    script, *flags = BENCHMARKS[name]
    if name not in WITHOUT_JSON:
        flags += ["--json", str(arguments.json)]
    if name in IN_ROUNDS and arguments.rounds is not None:
        flags += ["--rounds", str(arguments.rounds)]
    command = [sys.executable, "-u", str(FOLDER / script), *flags]
    process = subprocess.Popen(command, cwd=FOLDER.parent, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line.rstrip("\n"))
    return process.wait(), lines


def version(name: str) -> str | None:
    """Version of a package, if it is installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def graphics() -> str | None:
    """Name of the GPU, if there is one."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, help="default: all")
    parser.add_argument("--rounds", type=int, help="rounds of those that alternate")
    parser.add_argument("--json", type=Path, default=OUTPUT, help="default: %(default)s")
    sys.exit(main(parser.parse_args()))
