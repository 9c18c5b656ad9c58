"""Where jobs of an earlier Snakemake wait or work, no second one starts."""

import os
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


def row(job: int, folder: Path, state: str = "RUNNING", comment: str = "rule_train") -> str:
    return f"{job}|{state}|{comment}|{folder}\n"


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
