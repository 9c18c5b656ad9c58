"""Promise: nothing that is stopped or killed on a cluster costs more than the epoch it was in.

One study, to which happens in turn: Ctrl-C, a new start by SLURM itself, `scancel` of its training,
`kill -9` of Snakemake while the training works on, a new start too early, and a new start in time.
"""

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from one_node import wait
from study import EPOCHS, INSTANCE, SEGMENT, Study, assert_same_weights


@dataclass
class Story:
    """What was seen while the study ran."""

    study: Study
    saved: dict[str, int] = field(default_factory=dict)
    resumed: dict[str, int] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)

    def halt(self, event: str, after: int = 0) -> int:
        """Halt the training, keep what it has done; gives its process."""
        training = self.study.freeze_training(after)
        self.resumed[event] = self.study.resumed_after()
        self.saved[event] = self.study.saved()
        return training


@pytest.fixture(scope="module")
def story(finished: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    study = finished.untrained_copy(tmp_path_factory.mktemp("story") / "project")
    told = Story(study)
    try:
        tell(told)
        yield told
    finally:
        study.stop()


def tell(story: Story) -> None:
    study, seen = story.study, story.seen

    run = study.start("checkpoints")
    story.halt("interrupt")
    run.send_signal(signal.SIGINT)
    run.wait(timeout=300)
    wait(lambda: not study.trainings(), "the end of the training")
    seen["interrupt"] = study.jobs("train")

    run = study.start("checkpoints")
    story.halt("requeue", after=story.saved["interrupt"])
    job = study.jobs("train")[-1]["JobId"]
    study.node.command("scontrol", "requeue", job)
    wait(lambda: study.jobs("train")[-1]["JobState"] == "PENDING", "the job to wait again")
    # SLURM lets a node rest for two minutes, but refuses a job that starts again in the second in
    # which it was stopped ("Job credential revoked").
    study.node.command("scontrol", "update", f"JobId={job}", "StartTime=now+3")

    story.halt("cancel", after=story.saved["requeue"])
    seen["requeue"] = study.jobs("train")
    study.node.command("scancel", job)
    wait(lambda: len(study.jobs("train")) == 3, "a second attempt", 300)
    seen["cancel"] = study.jobs("train")

    training = story.halt("kill", after=story.saved["cancel"])
    run.kill()
    run.wait()
    assert "Error" not in study.snakemake("--unlock").stdout
    seen["too early"] = study.snakemake("checkpoints")
    seen["kill"] = study.jobs("train")

    os.kill(training, signal.SIGCONT)
    wait(lambda: study.jobs("train")[-1]["JobState"] == "COMPLETED", "the end of the training", 300)
    seen["left"] = {file.name: file.stat().st_mtime_ns for file in checkpoints(study)}
    run = study.start("checkpoints")
    assert run.wait(timeout=300) == 0, study.output(run)
    seen["end"] = {file.name: file.stat().st_mtime_ns for file in checkpoints(study)}


def checkpoints(study: Study) -> list[Any]:
    return sorted((study.path / INSTANCE / "checkpoints" / SEGMENT).glob("*.pt"))


def test_an_interrupt_ends_the_jobs(story: Story) -> None:
    (job,) = story.seen["interrupt"]
    assert job["JobState"] == "CANCELLED"


def test_the_next_start_goes_on_after_the_last_epoch(story: Story) -> None:
    assert story.saved["interrupt"] >= 1
    assert story.resumed["requeue"] == story.saved["interrupt"]


def test_a_job_that_slurm_starts_anew_goes_on(story: Story) -> None:
    """As after the end of a node, or for a job that takes its place."""
    before, after = story.seen["interrupt"], story.seen["requeue"]
    assert len(after) == len(before) + 1
    assert (after[-1]["JobState"], after[-1]["Restarts"]) == ("RUNNING", "1")
    assert story.resumed["cancel"] == story.saved["requeue"]


def test_a_cancelled_training_is_submitted_again_and_goes_on(story: Story) -> None:
    _, cancelled, again = story.seen["cancel"]
    assert cancelled["JobState"] == "CANCELLED"
    assert (cancelled["TimeLimit"], again["TimeLimit"]) == ("01:01:00", "01:40:00")
    assert story.resumed["kill"] == story.saved["cancel"]


def test_jobs_outlive_a_snakemake_that_is_killed(story: Story) -> None:
    assert story.seen["kill"][-1]["JobState"] == "RUNNING"


def test_a_second_run_over_live_jobs_is_refused(story: Story) -> None:
    """In one sentence that names them, and before anything is submitted."""
    done = story.seen["too early"]
    assert done.returncode != 0
    (sentence,) = re.findall("^error: .*", done.stdout, re.MULTILINE)
    job = story.seen["kill"][-1]["JobId"]
    assert f"SLURM job {job} of an earlier Snakemake" in sentence
    assert f"`scancel {job}`" in sentence
    assert "Traceback" not in done.stdout
    assert len(story.seen["kill"]) == len(story.seen["cancel"])


def test_what_was_trained_without_snakemake_is_not_trained_again(story: Story) -> None:
    assert len(story.seen["left"]) == EPOCHS + 1
    assert story.seen["end"] == story.seen["left"]


def test_all_ends_as_if_nothing_had_happened(story: Story, finished: Study) -> None:
    assert_same_weights(story.study, finished)
