"""Where jobs of an earlier Snakemake wait or work, no second one starts."""

import os
import threading
from pathlib import Path

import pytest

from trajectories.errors import UserError
from trajectories.planning import slurm


@pytest.fixture
def squeue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A squeue that shows what is in a file, or fails where there is none."""
    program = tmp_path / "bin" / "squeue"
    program.parent.mkdir()
    answer = tmp_path / "answer"
    program.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/asked"\nexec cat "{answer}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return answer


def row(
    job: int, folder: Path, state: str = "RUNNING", comment: str = "rule_train", name: str = "0f3a"
) -> str:
    return f"{job}|{state}|{name}|{comment}|{folder}\n"


def test_live_jobs_are_named_with_the_mend(squeue: Path, tmp_path: Path) -> None:
    squeue.write_text(row(12, tmp_path) + row(13, tmp_path, "PENDING"))
    with pytest.raises(UserError) as refusal:
        slurm.refuse_running_jobs(tmp_path)
    assert "SLURM jobs 12, 13 of an earlier Snakemake are" in str(refusal.value)
    assert "`scancel 12 13`" in str(refusal.value)


def test_one_job_is_one(squeue: Path, tmp_path: Path) -> None:
    squeue.write_text(row(12, tmp_path))
    with pytest.raises(UserError, match="SLURM job 12 of an earlier Snakemake is"):
        slurm.refuse_running_jobs(tmp_path)


def test_a_folder_is_the_same_by_any_path(squeue: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    squeue.write_text(row(12, tmp_path / "link"))
    assert slurm.jobs_in(tmp_path) == ["12"]


def test_other_jobs_do_not_matter(squeue: Path, tmp_path: Path) -> None:
    squeue.write_text(
        row(1, tmp_path / "elsewhere")
        + row(2, tmp_path, comment="(null)")  # of the user: an interactive shell, say
        + row(3, tmp_path, "COMPLETING")
        + row(4, tmp_path, name="interim_0f3a")
    )
    assert slurm.refuse_running_jobs(tmp_path) is None


def test_only_jobs_of_this_user_are_asked_for(squeue: Path, tmp_path: Path) -> None:
    squeue.touch()
    assert slurm.jobs_in(tmp_path) == []
    assert f"--user {os.getuid()} " in (tmp_path / "asked").read_text()


def test_a_slurm_that_does_not_answer_is_a_warning(squeue: Path, tmp_path: Path) -> None:
    (tmp_path / ".snakemake" / "slurm_logs" / "rule_train").mkdir(parents=True)
    warning = slurm.refuse_running_jobs(tmp_path)
    assert warning is not None
    assert warning.startswith("squeue does not answer")


def test_a_slurm_that_does_not_answer_is_no_matter_where_it_was_never_used(
    squeue: Path, tmp_path: Path
) -> None:
    assert slurm.refuse_running_jobs(tmp_path) is None


def test_a_machine_without_slurm_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slurm.refuse_running_jobs(tmp_path) is None


def watch(said: list[str]) -> slurm.Watch:
    return slurm.Watch(said.append, pause=0.01)


def test_an_outage_is_told_of_at_its_begin_and_its_end(squeue: Path) -> None:
    said: list[str] = []
    asking = watch(said)
    assert asking.gone(["12"]) == asking.gone(["12"]) == set()
    assert len(said) == 1
    assert said[0].startswith("SLURM does not answer (")
    assert "nothing is lost" in said[0]
    squeue.write_text("12|RUNNING|None\n")
    assert asking.gone(["12"]) == set()
    assert [sentence.partition(",")[0] for sentence in said[1:]] == ["SLURM answers again"]


def test_the_end_of_an_outage_is_told_of_when_no_job_is_left(squeue: Path) -> None:
    said: list[str] = []
    asking = watch(said)
    asking.gone(["12"])
    squeue.touch()
    asking.gone([])
    assert said[-1].startswith("SLURM answers again")


def test_a_job_is_gone_when_two_answers_lack_it(squeue: Path) -> None:
    asking = watch([])
    squeue.write_text("12|RUNNING|None\n")
    assert asking.gone(["12", "13_4"]) == set()
    assert asking.gone(["12", "13_4"]) == {"13_4"}
    squeue.write_text("12|RUNNING|None\n13|RUNNING|None\n")
    assert asking.gone(["12", "13_4"]) == set()
    squeue.unlink()  # no answer is no word on a job
    assert asking.gone(["12"]) == asking.gone(["12"]) == set()


@pytest.mark.parametrize(
    "reason",
    [
        "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority",
        "ReqNodeNotAvail, UnavailableNodes:node[1-4]",
        "PartitionDown",
    ],
)
def test_jobs_without_nodes_are_told_of_once(squeue: Path, reason: str) -> None:
    said: list[str] = []
    asking = watch(said)
    squeue.write_text(f"12|PENDING|{reason}\n13|PENDING|{reason}\n14|PENDING|Priority\n")
    for _ in range(3):
        asking.gone(["12", "13", "14"])
    (sentence,) = said
    assert sentence.startswith("SLURM jobs 12, 13 wait for nodes")
    squeue.write_text("12|RUNNING|None\n")
    asking.gone(["12"])
    squeue.write_text(f"12|PENDING|{reason}\n")
    asking.gone(["12"])
    assert len(said) == 2


def test_ordinary_waiting_is_no_news(squeue: Path) -> None:
    said: list[str] = []
    squeue.write_text("12|PENDING|Resources\n13|PENDING|Priority\n14|PENDING|BeginTime\n")
    watch(said).gone(["12", "13", "14"])
    assert said == []


def test_waiting_ends_with_an_answer_or_an_interrupt(squeue: Path) -> None:
    asking = watch([])
    threading.Timer(0.3, squeue.touch).start()
    assert asking.wait()
    squeue.unlink()
    threading.Timer(0.3, asking.stopped.set).start()
    assert not asking.wait()
