"""A segment overwrites nothing, takes up nobody else's work, and publishes nothing that failed."""

import math
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from segment_cases import assert_same_results, contents, names, segment_in
from torch import Tensor
from training_cases import (
    NO_COLOUR_CHANGE,
    assert_identical,
    labels,
    make_trainer,
    recipe,
)

from trajectories.errors import UserError
from trajectories.networks.checkpoints import checkpoint_name
from trajectories.provenance import provenance
from trajectories.study.config import checkpoint_epochs
from trajectories.training.diagnostics import TrainingFailedError
from trajectories.training.objectives import registry
from trajectories.training.objectives.objective import Batch
from trajectories.training.segment import TrainingSegment, train_segment
from trajectories.training.trainer import Trainer

CPU = torch.device("cpu")
EXTRA = [0.25, 0.5]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


# Whose work it is


class CutError(Exception):
    """Stands for whatever ends a job."""


def cut_in_epoch_2(monkeypatch, trainer: Trainer) -> None:
    enqueue, calls = trainer.model.enqueue, []

    def counted(keys: torch.Tensor) -> None:
        calls.append(1)
        if len(calls) == 6:
            raise CutError
        enqueue(keys)

    monkeypatch.setattr(trainer.model, "enqueue", counted)


def test_another_recipe_starts_afresh_and_leaves_the_work_of_the_first(
    tmp_path, monkeypatch
) -> None:
    shared, fresh = segment_in(tmp_path / "shared"), segment_in(tmp_path / "fresh")
    first = make_trainer(learning_rate=0.01)
    cut_in_epoch_2(monkeypatch, first)
    with pytest.raises(CutError):
        train_segment(first, shared, "first")
    before = contents(shared.unfinished)
    # The checkpoints of epochs 0 and 1, their origin, the state, and the history with its checksum.
    assert len(before) == 6
    assert not shared.checkpoints.exists()
    assert not shared.state.exists()

    train_segment(make_trainer(), shared, "second")
    train_segment(make_trainer(), fresh, "second alone")
    after = contents(shared.unfinished)
    assert {name: after[name] for name in before} == before
    assert_same_results(tmp_path / "shared", tmp_path / "fresh")


def test_the_same_recipe_goes_on(tmp_path, monkeypatch, caplog) -> None:
    caplog.set_level("INFO")
    segment = segment_in(tmp_path)
    trainer = make_trainer()
    cut_in_epoch_2(monkeypatch, trainer)
    with pytest.raises(CutError):
        train_segment(trainer, segment, "first")
    again = make_trainer()
    steps = []
    follow = again.model.follow_query
    monkeypatch.setattr(again.model, "follow_query", lambda: (steps.append(1), follow()))
    train_segment(again, segment, "second")
    assert len(steps) == 4  # epoch 2 alone
    assert "resuming after epoch 1, where an earlier job was interrupted" in caplog.messages


@pytest.fixture(scope="module")
def first_segment(tmp_path_factory) -> Path:
    """Folder of an instance of which one epoch has been trained."""
    folder = tmp_path_factory.mktemp("first")
    train_segment(make_trainer(), segment_in(folder, 0, 1), "first")
    return folder


@pytest.mark.parametrize(
    ("trainer", "message"),
    [
        ({"seed": 2}, r"state .*epochs-0000-0001\.pt belongs to seed 1, not 2: move it away"),
        ({"learning_rate": 0.1}, r"epochs-0000-0001\.pt belongs to recipe digest \w+, not \w+: "),
    ],
)
def test_a_state_of_another_instance_is_refused(tmp_path, first_segment, trainer, message) -> None:
    shutil.copytree(first_segment, tmp_path, dirs_exist_ok=True)
    before = contents(tmp_path)
    with pytest.raises(UserError, match=message):
        train_segment(make_trainer(**trainer), segment_in(tmp_path, 1, 2), "other")
    assert contents(tmp_path) == before


def test_unfinished_work_of_another_seed_is_refused(tmp_path, monkeypatch) -> None:
    trainer = make_trainer()
    cut_in_epoch_2(monkeypatch, trainer)
    with pytest.raises(CutError):
        train_segment(trainer, segment_in(tmp_path), "first")
    before = contents(tmp_path)
    with pytest.raises(UserError, match=r"state\.pt belongs to seed 1, not 2"):
        train_segment(make_trainer(seed=2), segment_in(tmp_path), "other")
    assert contents(tmp_path) == before


def test_a_state_at_another_epoch_is_refused(tmp_path, first_segment) -> None:
    (tmp_path / "state").mkdir()
    shutil.copy(
        first_segment / "state" / "epochs-0000-0001.pt", tmp_path / "state" / "epochs-0000-0002.pt"
    )
    with pytest.raises(UserError, match=r"epochs-0000-0002\.pt is at epoch 1, not 2: delete it"):
        train_segment(make_trainer(), segment_in(tmp_path, 2, 3), "gap")
    assert names(tmp_path) == ["state", "unfinished"]
    assert names(tmp_path / "unfinished") == []


def test_a_later_segment_needs_a_state(tmp_path) -> None:
    later = replace(segment_in(tmp_path, 1, 2), previous_state=None)
    with pytest.raises(UserError, match="from epoch 1 needs the state there: give --previous-st"):
        train_segment(make_trainer(), later, "later")
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("files", [[], ["epoch-0001.000.pt"]])
def test_existing_checkpoints_are_not_touched(tmp_path, files: list[str]) -> None:
    segment = segment_in(tmp_path)
    segment.checkpoints.mkdir(parents=True)
    for name in files:
        (segment.checkpoints / name).write_text("mine")
    with pytest.raises(UserError, match=r"epochs-0000-0002 already exists: move it away"):
        train_segment(make_trainer(), segment, "again")
    assert contents(tmp_path) == {f"checkpoints/epochs-0000-0002/{name}": b"mine" for name in files}
    assert names(tmp_path) == ["checkpoints", "unfinished"]


# What is saved


def test_checkpoints_are_of_the_steps_they_name(tmp_path) -> None:
    segment = segment_in(tmp_path)
    train_segment(make_trainer(extra_checkpoints=EXTRA), segment, "extra")
    by_hand = make_trainer(extra_checkpoints=EXTRA)
    expected = {0.0: (0, by_hand.backbone())}
    for _ in by_hand.train_epoch(dict.fromkeys(range(1, 5), 0.0)):
        expected[by_hand.step / 4] = (by_hand.step, by_hand.backbone())
    for _ in by_hand.train_epoch({}):
        pass
    expected[2.0] = (8, by_hand.backbone())
    del expected[0.75]  # not asked for

    found = {}
    for path in segment.checkpoints.glob("*.pt"):
        content = torch.load(path, weights_only=True)
        assert path.name == checkpoint_name(content["epoch"])
        assert content["seed"] == 1
        assert content["recipe_digest"] == recipe(extra_checkpoints=EXTRA).digest
        found[content["epoch"]] = (content["step"], content["backbone"])
    assert sorted(found) == checkpoint_epochs(0, 2, EXTRA) == [0, 0.25, 0.5, 1, 2]
    assert_identical(dict(sorted(found.items())), dict(sorted(expected.items())))


@pytest.mark.parametrize(
    ("fraction", "step"), [(0.001, 1), (0.25, 1), (0.3, 1), (0.4, 2), (0.5, 2), (0.75, 3)]
)
def test_fractions_of_an_epoch_are_the_nearest_step(tmp_path, fraction: float, step: int) -> None:
    segment = segment_in(tmp_path, 0, 1)
    train_segment(make_trainer(extra_checkpoints=[fraction], probe_images=0), segment, "extra")
    path = segment.checkpoints / checkpoint_name(fraction)
    assert torch.load(path, weights_only=True)["step"] == step


def test_the_state_and_history_are_published_beside_the_checkpoints(first_segment) -> None:
    assert names(first_segment / "checkpoints" / "epochs-0000-0001") == [
        "epoch-0000.000.pt",
        "epoch-0001.000.pt",
        "history.csv",
        "history.csv.sha256",
        "origin.json",
    ]
    assert names(first_segment / "state") == ["epochs-0000-0001.pt"]


# Failed training


def assert_failed(segment: TrainingSegment, error: TrainingFailedError, epoch: int) -> None:
    """The kept state is that of `epoch`, and nothing is published."""
    kept = list(segment.unfinished.rglob("state.pt"))
    assert len(kept) == 1
    assert str(kept[0]) in str(error)
    state = torch.load(kept[0], weights_only=True)
    assert state["epoch"] == epoch
    assert all(tensor.isfinite().all() for tensor in state["model"].values())
    assert not segment.checkpoints.exists()
    assert not segment.state.exists()


EACH_OBJECTIVE = pytest.mark.parametrize("objective", list(registry.OBJECTIVES))


@EACH_OBJECTIVE
def test_a_diverged_run_stops(tmp_path, objective: str) -> None:
    segment = segment_in(tmp_path)
    trainer = make_trainer(learning_rate=1e6, objective=objective)
    with pytest.raises(TrainingFailedError, match="stopped in epoch 1: the loss is nan") as caught:
        train_segment(trainer, segment, "diverging")
    assert_failed(segment, caught.value, epoch=0)


@EACH_OBJECTIVE
def test_a_run_that_diverges_later_keeps_the_last_good_state(
    tmp_path, monkeypatch, objective: str
) -> None:
    trainer = make_trainer(objective=objective)
    segment = segment_in(tmp_path)
    learn, calls = trainer.model.learn, []

    def poisoned(batch: Batch) -> Iterator[Tensor]:
        calls.append(1)
        if len(calls) == 6:
            with torch.no_grad():
                next(trainer.model.trained.parameters()).fill_(math.nan)
        return learn(batch)

    monkeypatch.setattr(trainer.model, "learn", poisoned)
    with pytest.raises(TrainingFailedError, match="stopped in epoch 2: the loss is nan") as caught:
        train_segment(trainer, segment, "diverging")
    assert_failed(segment, caught.value, epoch=1)
    # From there, without the poison, training goes on as if nothing had happened.
    train_segment(make_trainer(objective=objective), segment, "mended")
    fresh_trainer = make_trainer(objective=objective)
    train_segment(fresh_trainer, segment_in(tmp_path / "fresh"), "fresh")
    mended, fresh = segment, segment_in(tmp_path / "fresh")
    for path in fresh.checkpoints.glob("*.pt"):
        assert (mended.checkpoints / path.name).read_bytes() == path.read_bytes()


@EACH_OBJECTIVE
def test_a_collapsed_run_stops(tmp_path, objective: str) -> None:
    """Images that are all the same have one embedding."""
    grey = np.full((36, 24, 24, 3), 128, dtype=np.uint8)
    settings = recipe(augmentation=NO_COLOUR_CHANGE, objective=objective)
    trainer = Trainer(settings, 1, grey, labels(), CPU)
    segment = segment_in(tmp_path)
    with pytest.raises(TrainingFailedError, match=r"stopped in epoch 1: .*collapsed") as caught:
        train_segment(trainer, segment, "collapsing")
    assert_failed(segment, caught.value, epoch=0)


def test_progress_shows_how_learning_goes(tmp_path, caplog) -> None:
    caplog.set_level("INFO")
    train_segment(make_trainer(), segment_in(tmp_path, 0, 1), "moco seed 1")
    assert re.fullmatch(
        r"moco seed 1: 1 of 1 epochs, \S+ gone, \S+ left,"
        r" loss \d\.\d\d \(chance 2\.83\), views \d+% matched \(chance 6\.2%\)",
        caplog.messages[-1],
    )


def test_checkpoints_say_with_what_they_were_made(tmp_path) -> None:
    segment = segment_in(tmp_path)
    train_segment(make_trainer(), segment, "training")
    [origin] = provenance.read_origins(segment.checkpoints / provenance.ORIGIN)
    assert origin["instructions"] == torch.backends.cpu.get_cpu_capability()
    assert origin["threads"] == str(torch.get_num_threads())
    assert origin["device"]
    assert origin["versions"]["numpy"] == np.__version__
    assert {"commit", "machine"} <= origin.keys()
