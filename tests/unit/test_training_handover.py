"""What a job leaves is taken up whole by the next, and no two jobs train one instance at a time."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from segment_cases import contents, names, segment_in
from training_cases import make_trainer

from trajectories.errors import UserError
from trajectories.training import segment as training_segment
from trajectories.training.segment import train_segment
from trajectories.training.trainer import Trainer


@pytest.fixture(scope="module")
def first_segment(tmp_path_factory) -> Path:
    """Folder of an instance of which one epoch has been trained."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("first")
    train_segment(make_trainer(), segment_in(folder, 0, 1), "first")
    return folder


def count_steps(monkeypatch, trainer: Trainer) -> list[int]:
    steps: list[int] = []
    follow = trainer.model.follow_query
    monkeypatch.setattr(trainer.model, "follow_query", lambda: (steps.append(1), follow()))
    return steps


def trained(folder: Path) -> dict[str, bytes]:
    """Checkpoints and history of the first segment."""
    return contents(folder / "checkpoints")


def test_results_that_snakemake_deleted_are_published_again(
    tmp_path, first_segment, monkeypatch, caplog
) -> None:
    """As it does where it was killed and did not see its job succeed."""
    caplog.set_level("INFO")
    shutil.copytree(first_segment, tmp_path, dirs_exist_ok=True)
    before = trained(tmp_path)
    shutil.rmtree(tmp_path / "checkpoints")
    shutil.rmtree(tmp_path / "state")
    again = make_trainer()
    steps = count_steps(monkeypatch, again)
    train_segment(again, segment_in(tmp_path, 0, 1), "again")
    assert steps == []
    assert trained(tmp_path) == before  # the measured speed included: nothing was trained anew
    assert names(tmp_path / "state") == ["epochs-0000-0001.pt"]
    assert "an earlier job trained to epoch 1: publishing its work" in caplog.messages


def test_the_next_segment_removes_work_that_has_been_taken_up(tmp_path, first_segment) -> None:
    shutil.copytree(first_segment, tmp_path, dirs_exist_ok=True)
    [work] = names(tmp_path / "unfinished")
    assert work.startswith("epochs-0000-0001-")
    train_segment(make_trainer(), segment_in(tmp_path, 1, 2), "next")
    [work] = names(tmp_path / "unfinished")
    assert work.startswith("epochs-0001-0002-")
    assert trained(tmp_path).items() >= trained(first_segment).items()


@pytest.mark.parametrize("damage", ["no checkpoint", "a cut checkpoint", "a cut state"])
def test_damaged_work_is_named_set_aside_and_done_again(
    tmp_path, first_segment, damage, caplog
) -> None:
    shutil.copytree(first_segment / "unfinished", tmp_path / "unfinished")
    [work] = (tmp_path / "unfinished").iterdir()
    target = (
        work / "state.pt" if damage == "a cut state" else work / "checkpoints/epoch-0000.000.pt"
    )
    if damage == "no checkpoint":
        target.unlink()
    else:
        target.write_bytes(target.read_bytes()[:-100])
    train_segment(make_trainer(), segment_in(tmp_path, 0, 1), "again")
    [warning] = [text for text in caplog.messages if "set aside" in text]
    assert target.name in warning
    assert f"set aside in {work}-damaged, and the segment is trained again" in warning
    for path in (first_segment / "checkpoints").rglob("*.pt"):
        other = tmp_path / path.relative_to(first_segment)
        assert other.read_bytes() == path.read_bytes()


def test_a_second_job_is_refused_and_touches_nothing(tmp_path, monkeypatch) -> None:
    """Also what the first publishes meanwhile stays."""
    segment = segment_in(tmp_path)
    trainer = make_trainer()
    save, refusals = training_segment.save_state, []

    def saved(path: Path, state: Any) -> None:
        save(path, state)
        before = contents(tmp_path)
        with pytest.raises(UserError) as caught:
            train_segment(make_trainer(), segment, "second")
        refusals.append(str(caught.value))
        assert contents(tmp_path) == before

    monkeypatch.setattr(training_segment, "save_state", saved)
    train_segment(trainer, segment, "first")
    assert len(refusals) == 3
    for text in refusals:
        assert f"{tmp_path} is already being trained by process {os.getpid()} on" in text
    assert segment.checkpoints.exists()


def test_a_job_that_lost_its_lock_writes_nothing(tmp_path, monkeypatch) -> None:
    """It had been stopped for so long that another job took over."""
    segment = segment_in(tmp_path)
    trainer = make_trainer()
    saved = []

    def taken_over(epoch: int, *_: object) -> None:
        if epoch == 2:
            (segment.unfinished / "lock").write_text("")
            saved.append(contents(tmp_path))

    monkeypatch.setattr(training_segment.diagnostics, "check_health", taken_over)
    with pytest.raises(UserError, match=r"lock is no longer that of this job .*: this job stops"):
        train_segment(trainer, segment, "first")
    assert contents(tmp_path) == saved[0]


def test_another_machine_is_told_of(tmp_path, first_segment, monkeypatch, caplog) -> None:
    shutil.copytree(first_segment, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "ANCIENT")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    train_segment(make_trainer(), segment_in(tmp_path, 1, 2), "elsewhere")
    [warning] = [text for text in caplog.messages if "elsewhere" in text]
    assert warning.startswith("epochs up to 1 were trained elsewhere (instructions ")
    assert warning.count(" there, ") == 2
    assert " there, ANCIENT here; threads 1 there, 7 here)" in warning


def test_the_same_machine_is_not(tmp_path, first_segment, caplog) -> None:
    shutil.copytree(first_segment, tmp_path, dirs_exist_ok=True)
    train_segment(make_trainer(), segment_in(tmp_path, 1, 2), "here")
    assert "trained elsewhere" not in caplog.text


def test_a_state_that_names_no_machine_is_taken(tmp_path, first_segment, caplog) -> None:
    """States of former versions name only the packages."""
    shutil.copytree(first_segment, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "state" / "epochs-0000-0001.pt"
    state = torch.load(path, weights_only=True)
    del state["machine"]
    path.unlink()
    torch.save(state, path)
    train_segment(make_trainer(), segment_in(tmp_path, 1, 2), "here")
    assert "trained elsewhere" not in caplog.text
