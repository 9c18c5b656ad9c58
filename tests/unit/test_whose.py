"""Promise: each file of a network instance is its own, though it may be complete and elsewhere."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from trajectories.errors import UserError
from trajectories.plotting import figure_data
from trajectories.provenance import whose
from trajectories.rdms import segment_rdms
from trajectories.rdms.segment_rdms import SegmentRDMs
from trajectories.storage import columns, history, tables

NAMES = ("a", "b", "c")


def rows(first: int, last: int, seed: int = 1) -> list[dict[str, object]]:
    """Epochs of a training; epoch 0 measures less."""
    values = np.random.default_rng(seed).uniform(size=100).tolist()
    found = []
    for epoch in range(first, last + 1):
        row: dict[str, object] = dict.fromkeys(history.COLUMNS)
        row |= {"epoch": epoch, "step": 4 * epoch}
        found.append(row if epoch == 0 else {**row, "loss": values[epoch], "images_per_second": 5})
    return found


def test_a_table_of_another_instance_is_refused(tmp_path: Path) -> None:
    made = tmp_path / "moco/seed-2/stability.csv"
    line = ("moco", 2, "layer1", 0, 1, 0.5)
    tables.write(made, pd.DataFrame([line, line], columns=columns.STABILITY))
    whose.require_own(made, tmp_path)
    for other, words in (("moco/seed-1", "of seed 2, not 1"), ("cold/seed-2", "moco, not cold")):
        shutil.copytree(made.parent, tmp_path / other)
        with pytest.raises(UserError, match=words):
            whose.require_own(tmp_path / other / "stability.csv", tmp_path)


@pytest.mark.parametrize("folder", ["moco/seed-2", "cold/seed-1", "moco/seed-2/rdms/layer1"])
def test_readers_refuse_the_hdf5_file_of_another_instance(tmp_path: Path, folder: str) -> None:
    made = tmp_path / "moco/seed-1" / Path(*Path(folder).parts[2:]) / "epochs-0001-0002.h5"
    of = {"condition": "moco", "seed": 1}
    segment_rdms.write(made, SegmentRDMs("layer1", np.ones((1, 3)), np.array([2.0]), NAMES, of))
    assert segment_rdms.read(made).attributes["seed"] == 1
    copy = tmp_path / folder / made.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(made, copy)
    with pytest.raises(UserError, match="of condition moco, seed 1, not of its folder"):
        segment_rdms.read(copy)


def test_a_study_may_lie_in_a_folder_of_any_name(tmp_path: Path) -> None:
    path = tmp_path / "seed-3/results/tables/stability.csv"
    line = ("moco", 2, "layer1", 0, 1, 0.5)
    tables.write(path, pd.DataFrame([line, line], columns=columns.STABILITY))
    assert tables.read(path)["seed"].tolist() == [2, 2]


def test_one_line_of_another_instance_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "moco/seed-1/stability.csv"
    lines = [("moco", seed, "layer1", 0, 1, 0.5) for seed in (1, 1, 2)]
    tables.write(path, pd.DataFrame(lines, columns=columns.STABILITY))
    with pytest.raises(UserError, match="is of seed 2, not 1"):
        whose.require_own(path, tmp_path)


def test_rdms_of_another_layer_segment_or_instance_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "moco/seed-1/rdms/layer1/epochs-0001-0002.h5"
    made = SegmentRDMs("layer1", np.ones((1, 3)), np.array([2.0]), NAMES, {"seed": 1})
    segment_rdms.write(path, made)
    whose.require_own(path, tmp_path)
    for other, words in (
        ("moco/seed-1/rdms/layer4/epochs-0001-0002.h5", "is of layer layer1, not layer4"),
        ("moco/seed-1/rdms/layer1/epochs-0000-0001.h5", "has RDMs of epoch 2"),
        ("moco/seed-2/rdms/layer1/epochs-0001-0002.h5", "is of seed 1, not 2"),
    ):
        copy = tmp_path / other
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        with pytest.raises(UserError, match=words):
            whose.require_own(copy, tmp_path)


def test_what_does_not_say_whose_it_is_passes(tmp_path: Path) -> None:
    folder = tmp_path / "moco/seed-1"
    folder.mkdir(parents=True)
    with h5py.File(folder / "old.h5", "w") as file:
        file["epoch"] = [0.0]
    (folder / "other.txt").write_text("text")
    for name in ("old.h5", "other.txt"):
        whose.require_own(folder / name, tmp_path)


def test_the_history_of_another_segment_or_seed_is_refused(tmp_path: Path) -> None:
    whole = rows(0, 3)
    for first, last in ((0, 3), (2, 3)):
        history.write_history(tmp_path / "history.csv", rows(first, last))
        whose.require_history(tmp_path, whole)
    for other in (rows(0, 2), rows(0, 3, seed=2), rows(2, 4), []):
        history.write_history(tmp_path / "history.csv", other)
        with pytest.raises(UserError, match="is not the history of the training that ended"):
            whose.require_history(tmp_path, whole)


def test_the_history_of_an_instance_is_that_of_its_segments(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder, (first, last) in zip(folders, ((0, 1), (2, 3)), strict=True):
        history.write_history(folder / "history.csv", rows(first, last))
    path = tmp_path / "history.csv"
    history.write_history(path, rows(0, 3))
    whose.require_joined(path, folders)
    for other in (rows(0, 2), rows(0, 3, seed=2), rows(1, 3)):
        history.write_history(path, other)
        with pytest.raises(UserError, match="is not the history of the segments"):
            whose.require_joined(path, folders)


def test_figures_refuse_the_history_of_another_seed(tmp_path: Path) -> None:
    instance = tmp_path / "moco/seed-1"
    for name, first, last, seed in (
        ("epochs-0000-0001", 0, 1, 1),
        ("epochs-0001-0003", 2, 3, 1),
        # Of former settings: names of other segments stay.
        ("epochs-0000-0002", 0, 2, 3),
    ):
        folder = instance / "checkpoints" / name
        history.write_history(folder / "history.csv", rows(first, last, seed))
    path = instance / "history.csv"
    history.write_history(path, rows(0, 3))
    assert len(figure_data.read_histories([path])) == 4
    history.write_history(path, rows(0, 3, seed=2))
    with pytest.raises(UserError, match=r"not the history of the segments beside it \(epoch 1\)"):
        figure_data.read_histories([path])
    shutil.rmtree(instance / "checkpoints")
    assert len(figure_data.read_histories([path])) == 4


@pytest.mark.parametrize(
    "read", [tables.read, lambda path: tables.read_columns(path, columns.STABILITY)]
)
def test_readers_refuse_the_table_of_another_seed(tmp_path: Path, read) -> None:
    made, copy = (tmp_path / f"moco/seed-{seed}/stability.csv" for seed in (2, 1))
    line = ("moco", 2, "layer1", 0, 1, 0.5)
    tables.write(made, pd.DataFrame([line, line], columns=columns.STABILITY))
    assert len(read(made)) == 2
    copy.parent.mkdir()
    for name in ("stability.csv", "stability.csv.sha256"):
        shutil.copy(made.parent / name, copy.parent / name)
    with pytest.raises(UserError, match="is of condition moco, seed 2, not of its folder"):
        read(copy)
    shutil.copytree(made.parent, tmp_path / "cold/seed-2")
    with pytest.raises(UserError, match="not of its folder"):
        read(tmp_path / "cold/seed-2/stability.csv")


def test_segments_with_other_columns_are_joined(tmp_path: Path) -> None:
    more = [{**row, "extra": 1.5} for row in rows(2, 3)]
    names = [*history.COLUMNS, "extra"]
    history.write_history(tmp_path / "one/history.csv", rows(0, 1))
    history.write_history(tmp_path / "two/history.csv", more, names)
    history.write_history(tmp_path / "history.csv", [*rows(0, 1), *more], names)
    whose.require_joined(tmp_path / "history.csv", [tmp_path / "one", tmp_path / "two"])


def test_a_segment_that_was_trained_again_otherwise_is_refused() -> None:
    former, later = Path("epochs-0000-0002.pt"), Path("epochs-0002-0004.pt")
    faster = [{**row, "images_per_second": 99} for row in rows(0, 2)]
    whose.require_continued((former, faster), (later, rows(0, 4)))
    slightly = rows(0, 2)
    slightly[1]["loss"] = np.nextafter(slightly[1]["loss"], 1).item()
    with pytest.raises(UserError, match="does not continue"):
        whose.require_continued((former, slightly), (later, rows(0, 4)))
