"""A SLURM of one node, a study that ran on it undisturbed, and one that runs out of time."""

from collections.abc import Iterator

import one_node
import pytest
from one_node import OneNode
from study import Study


@pytest.fixture(scope="session")
def node() -> Iterator[OneNode]:
    """A SLURM that is stopped in the end."""
    yield from started()


@pytest.fixture(scope="module")
def frail() -> Iterator[OneNode]:
    """A SLURM of one file's tests alone: what it forgets or loses is missed by no other test."""
    yield from started()


def started() -> Iterator[OneNode]:
    """A SLURM, stopped afterwards."""
    if reason := one_node.obstacle():
        pytest.skip(reason)
    running = OneNode.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def out_of_time(node: OneNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """The study while its training is halted until its time runs out, a minute or more later."""
    study = Study.new(tmp_path_factory.mktemp("out_of_time") / "project", node)
    study.edit_profile("  train:\n", "  train:\n    runtime: 2 * attempt - 1\n")
    study.start("checkpoints")
    study.freeze_training()
    yield study
    study.stop()


# After the study above, so that its minute passes meanwhile.
@pytest.fixture(scope="session")
def finished(out_of_time: Study, node: OneNode, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study, run from start to end through the profile; tests must leave it as it is."""
    study = Study.new(tmp_path_factory.mktemp("finished") / "project", node)
    done = study.snakemake()
    assert done.returncode == 0, done.stdout
    return study
