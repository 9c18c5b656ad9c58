"""Histories for TensorBoard: read again by TensorBoard's own reader, where it is installed."""

import builtins
from pathlib import Path

import pytest

from trajectories.errors import UserError
from trajectories.status import tensorboard
from trajectories.status.instances import Progress

ROWS = [
    {"epoch": 0.0, "loss": None, "view_top1": 0.125},
    {"epoch": 1.0, "loss": 5.5, "view_top1": 0.25},
    {"epoch": 2.0, "loss": 5.25, "view_top1": None},
]


def network(seed: int, rows: list) -> Progress:
    return Progress(
        condition="moco", seed=seed, folder=Path("moco"), epochs=4, done=len(rows), begins=0,
        operations=1, rows=rows, seconds=None, owner=None, training=False, waiting=None,
        finished=False,
    )  # fmt: skip


def test_what_was_not_measured_is_no_point() -> None:
    assert list(tensorboard.scalars(ROWS)) == [
        ("training/view_top1", 0.125, 0),
        ("training/loss", 5.5, 1),
        ("training/view_top1", 0.25, 1),
        ("training/loss", 5.25, 2),
    ]


def test_tensorboard_reads_the_same_numbers_once(tmp_path) -> None:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard"
    )
    for _ in range(2):  # an export replaces that before it
        assert tensorboard.write([network(1, ROWS), network(2, [])], tmp_path) == 1
    assert [path.name for path in (tmp_path / "moco").iterdir()] == ["seed-1"]
    events = accumulator.EventAccumulator(str(tmp_path / "moco" / "seed-1"))
    events.Reload()
    found = [(each.step, each.value) for each in events.Scalars("training/loss")]
    assert found == [(1, 5.5), (2, 5.25)]
    assert [each.step for each in events.Scalars("training/view_top1")] == [0, 1]


def test_a_folder_named_by_mistake_loses_nothing(tmp_path) -> None:
    pytest.importorskip("tensorboard")
    kept = tmp_path / "moco" / "seed-1" / "state" / "epochs-0000-0004.pt"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"weeks of training")
    tensorboard.write([network(1, ROWS)], tmp_path)
    assert kept.read_bytes() == b"weeks of training"


def test_without_tensorboard_it_says_what_to_install(tmp_path, monkeypatch) -> None:
    imported = builtins.__import__

    def without(name, *arguments, **named):
        if name.startswith(("tensorboard", "torch.utils.tensorboard")):
            raise ImportError(name)
        return imported(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match="`pip install tensorboard`"):
        tensorboard.write([network(1, ROWS)], tmp_path)


def test_before_the_first_epoch_there_is_nothing_to_show(tmp_path) -> None:
    pytest.importorskip("tensorboard")
    with pytest.raises(UserError, match="no network has ended an epoch yet"):
        tensorboard.write([network(1, [])], tmp_path)
