"""Where tests run side by side: which stay together, and that each keeps to one core."""

import os
from typing import Any

import pytest

# Before torch is imported; what a test starts takes it over.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files run side by side, the tests of one file one after another, as they share fixtures.

    The files of tests/slurm are as one: they share a SLURM and a study.
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return "tests/slurm" if file.startswith("tests/slurm/") else file

    return Scheduler(config, log)
