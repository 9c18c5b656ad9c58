"""Promise: a SLURM that does not answer, or has no nodes, only delays, and the run says so."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from one_node import OneNode, wait
from study import Study, assert_same_weights

AWAY = "warning: SLURM does not answer"
BACK = "warning: SLURM answers again"


@dataclass
class Run:
    """A run of Snakemake, and what it said until certain moments."""

    study: Study
    said: str = ""
    status: int = -1
    attempts: list[str] = field(default_factory=list)


def outages(study: Study, *arguments: str) -> Run:
    """Run a study while SLURM has no node, then no controller, until its training has ended."""
    node, told = study.node, Run(study)
    name = node.command("sinfo", "--noheader", "--format=%n").strip()
    node.command("scontrol", "update", f"NodeName={name}", "State=DRAIN", "Reason=test")
    run = study.start("checkpoints")
    wait(lambda: "drained" in study.output(run), "a word on the drained node", 120)
    node.command("scontrol", "update", f"NodeName={name}", "State=RESUME")
    training = study.freeze_training()
    node.stop_controller()
    try:
        # Longer than the executor by itself asks for its jobs.
        wait(lambda: study.output(run).count(AWAY) == 1, "a word on the outage", 180)
        os.kill(training, signal.SIGCONT)
        wait(lambda: not study.trainings(), "the end of the training", 300)
    finally:
        node.start_controller(*arguments)
    told.status = run.wait(timeout=300)
    told.said = study.output(run)
    told.attempts = [job["JobState"] for job in study.jobs("train")]
    return told


@pytest.fixture(scope="module")
def away(
    finished: Study, frail: OneNode, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """The controller is away while the training ends."""
    study = finished.untrained_copy(tmp_path_factory.mktemp("away") / "project", frail)
    yield outages(study)
    study.stop()


@pytest.fixture(scope="module")
def forgotten(
    finished: Study, frail: OneNode, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """The same, and when it is back it has no record of the job."""
    study = finished.untrained_copy(tmp_path_factory.mktemp("forgotten") / "project", frail)
    yield outages(study, "-c")
    study.stop()


def test_an_outage_only_delays(away: Run, finished: Study) -> None:
    assert away.status == 0, away.said
    assert away.said.count(BACK) == 1
    assert away.attempts == ["COMPLETED"]
    assert_same_weights(away.study, finished)


def test_drained_nodes_are_told_of_once(away: Run) -> None:
    (line,) = [line for line in away.said.splitlines() if "drained" in line]
    assert "waits for nodes that are drained" in line
    assert "`sinfo -R`" in line


def test_a_job_that_slurm_has_forgotten_is_judged_by_its_files(
    forgotten: Run, finished: Study
) -> None:
    assert forgotten.status == 0, forgotten.said
    assert "SLURM has no record of job" in forgotten.said
    assert_same_weights(forgotten.study, finished)


def test_jobs_are_submitted_once_slurm_answers(
    finished: Study, frail: OneNode, tmp_path: Path
) -> None:
    study = finished.untrained_copy(tmp_path / "project", frail)
    frail.stop_controller()
    try:
        run = study.start("checkpoints")
        wait(lambda: AWAY in study.output(run), "a word on the outage", 180)
    finally:
        frail.start_controller()
    try:
        assert run.wait(timeout=300) == 0, study.output(run)
        assert "Trying to restart" not in study.output(run)
        assert_same_weights(study, finished)
    finally:
        study.stop()


# Answers for the accounting from what the controller knows, unless a file says that it is away.
SACCT = """\
#!/bin/sh
if [ -e "{away}" ]; then echo "$(date +%s)" >> "{away}"; exit 1; fi
for last; do :; done
exec squeue --noheader --states=all --format="%A|%T" --name "$last"
"""


def test_an_outage_of_the_accounting_only_delays(
    finished: Study, frail: OneNode, tmp_path: Path
) -> None:
    study, away, sacct = (
        finished.untrained_copy(tmp_path / "project", frail),
        tmp_path / "away",
        frail.folder / "bin" / "sacct",
    )
    study.edit_profile("status: squeue ", "status: sacct ")
    sacct.write_text(SACCT.format(away=away))
    sacct.chmod(0o755)
    try:
        run = study.start("checkpoints")
        training = study.freeze_training()
        away.touch()
        # The executor asks five times for a job, and then never again.
        wait(lambda: len(away.read_text().splitlines()) > 12, "questions to the accounting", 300)
        os.kill(training, signal.SIGCONT)
        wait(lambda: not study.trainings(), "the end of the training", 300)
        away.unlink()
        assert run.wait(timeout=300) == 0, study.output(run)
        assert_same_weights(study, finished)
    finally:
        sacct.unlink()
        study.stop()
