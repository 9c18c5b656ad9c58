"""Runs train.py in several processes at once, without the launcher; no tests.

`python forked_training.py RUNS.json` reads a list of runs, each of `argv` (the flags of train.py),
`processes` and `double` (whether in float64), does one after the other and prints the exit status
of each process of each.
The processes are forks of this one, because importing torch takes seconds.
"""

import json
import os
import runpy
import socket
import sys
from pathlib import Path

import torch

import trajectories.training.launcher
import trajectories.training.segment  # noqa: F401

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/train.py"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def started_as(rank: int, size: int, port: int) -> None:
    """Set what torchrun sets."""
    os.environ |= {
        "MASTER_ADDR": "localhost",
        "MASTER_PORT": str(port),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(size),
        "TORCHELASTIC_RUN_ID": "test",
    }


def compute_in_float64() -> None:
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]


def run(argv: list[str], processes: int, double: bool) -> list[int]:
    """Exit status of each process."""
    port = free_port()
    children = []
    for rank in range(processes):
        child = os.fork()
        if child == 0:
            if processes > 1:
                started_as(rank, processes, port)
            if double:
                compute_in_float64()
            sys.argv = [str(SCRIPT), *argv]
            try:
                runpy.run_path(str(SCRIPT), run_name="__main__")
            except SystemExit as stop:
                os._exit(int(stop.code or 0))
            os._exit(0)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


if __name__ == "__main__":
    runs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps([run(**each) for each in runs]))
