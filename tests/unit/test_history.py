"""The history of training is one table: a row an epoch, whatever segments it was trained in."""

import csv
from argparse import Namespace

import pandas as pd
import pytest

import merge_history
from trajectories.errors import UserError
from trajectories.provenance import whose
from trajectories.storage import history

HEADER = (
    "epoch,step,loss,chance_loss,contrastive_top1,embedding_sd,queue_filled,view_top1,view_chance,"
    "knn_top1,knn_chance,learning_rate,images_per_second"
)
UNTRAINED = dict.fromkeys(history.COLUMNS) | {"epoch": 0, "step": 0, "knn_top1": 0.25}
TRAINED = {
    "epoch": 1,
    "step": 4,
    "loss": 0.1 + 0.2,  # needs all its digits
    "chance_loss": 2.8,
    "contrastive_top1": 0.5,
    "embedding_sd": 1e-17,
    "queue_filled": 1,
    "view_top1": 0.5,
    "view_chance": 0.1,
    "knn_top1": 0.5,
    "knn_chance": 0.1,
    "learning_rate": 0.03,
    "images_per_second": 99.5,
}


def test_columns_are_the_published_ones(tmp_path) -> None:
    history.write_history(tmp_path / "history.csv", [])
    assert (tmp_path / "history.csv").read_bytes() == f"{HEADER}\n".encode()


def test_what_was_not_measured_is_an_empty_cell(tmp_path) -> None:
    history.write_history(tmp_path / "history.csv", [UNTRAINED])
    assert (tmp_path / "history.csv").read_text().splitlines()[1] == "0,0,,,,,,,,0.25,,,"
    table = pd.read_csv(tmp_path / "history.csv")
    assert table.loc[0].isna().sum() == 10


def test_numbers_keep_all_their_digits(tmp_path) -> None:
    history.write_history(tmp_path / "history.csv", [UNTRAINED, TRAINED])
    with (tmp_path / "history.csv").open(newline="") as file:
        _, row = csv.DictReader(file)
    assert {name: float(cell) for name, cell in row.items()} == TRAINED


def test_an_unknown_column_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="weather"):
        history.write_history(tmp_path / "history.csv", [{**TRAINED, "weather": 1}])
    assert list(tmp_path.iterdir()) == []


def test_a_progress_line_puts_values_beside_chance() -> None:
    assert history.summary(TRAINED) == "loss 0.30 (chance 2.80), views 50% matched (chance 10.0%)"
    assert history.summary({**TRAINED, "view_top1": None}) == "loss 0.30 (chance 2.80)"


def test_segments_are_joined_unchanged_in_the_order_given(tmp_path) -> None:
    rows = [UNTRAINED, *({**TRAINED, "epoch": epoch} for epoch in range(1, 5))]
    folders = [tmp_path / "epochs-0000-0002", tmp_path / "epochs-0002-0004"]
    history.write_history(folders[0] / "history.csv", rows[:3])
    history.write_history(folders[1] / "history.csv", rows[3:])
    history.write_history(tmp_path / "expected.csv", rows)
    output = tmp_path / "history.csv"
    merge_history.main(Namespace(checkpoints=folders, output=output, unfinished=None, knn=None))
    assert (tmp_path / "history.csv").read_bytes() == (tmp_path / "expected.csv").read_bytes()
    with (tmp_path / "history.csv").open(newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1", "2", "3", "4"]


def test_a_segment_without_history_is_named(tmp_path) -> None:
    history.write_history(tmp_path / "one" / "history.csv", [TRAINED])
    arguments = Namespace(
        knn=None, checkpoints=[tmp_path / "one", tmp_path / "two"], output=tmp_path / "history.csv"
    )
    with pytest.raises(UserError, match=r"two/history\.csv is missing: delete .*two and start"):
        merge_history.main(arguments)
    assert not (tmp_path / "history.csv").exists()


def test_what_neighbours_tell_joins_the_epochs_where_it_was_measured(tmp_path) -> None:
    (tmp_path / "epochs-0000-0001").mkdir()
    history.write_history(tmp_path / "epochs-0000-0001/history.csv", [UNTRAINED, TRAINED])
    measured = [
        {"epoch": epoch, "weighted_knn": accuracy, "weighted_knn_chance": 0.1}
        for epoch, accuracy in ((0.5, 0.3), (1, 0.4))
    ]
    history.write_history(tmp_path / "knn.csv", measured, ("epoch", *history.KNN_COLUMNS))
    merge_history.main(
        Namespace(
            checkpoints=[tmp_path / "epochs-0000-0001"],
            unfinished=None,
            knn=tmp_path / "knn.csv",
            output=tmp_path / "history.csv",
        )
    )
    table = pd.read_csv(tmp_path / "history.csv")
    assert list(table.columns) == [*history.COLUMNS, *history.KNN_COLUMNS]
    assert table["weighted_knn"].isna().tolist() == [True, False]
    assert table["weighted_knn"][1] == 0.4
    plain = history.read_history(tmp_path / "epochs-0000-0001/history.csv")
    found = history.read_history(tmp_path / "history.csv")
    assert [history.of_training(row) for row in found] == plain


def test_a_history_with_what_neighbours_tell_is_that_of_its_segments(tmp_path) -> None:
    segment = tmp_path / "checkpoints/epochs-0000-0001/history.csv"
    segment.parent.mkdir(parents=True)
    history.write_history(segment, [UNTRAINED, TRAINED])
    rows = history.with_knn(history.read_history(segment), [{"epoch": "1", "weighted_knn": "0.4"}])
    path = tmp_path / "history.csv"
    history.write_history(path, rows, history.columns(rows[-1]))
    history.require_measured(path)
    whose.require_joined(path, [segment.parent])
    history.write_history(path, [{**row, "loss": 3} for row in rows], history.columns(rows[-1]))
    with pytest.raises(UserError, match="is not the history"):
        history.require_measured(path)
    with pytest.raises(UserError, match="is not the history"):
        whose.require_joined(path, [segment.parent])
