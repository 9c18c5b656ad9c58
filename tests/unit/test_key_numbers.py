"""The numbers of the report are computed per instance, then averaged, as done by hand here."""

import numpy as np
import pandas as pd
import pytest

from trajectories.analyses import key_numbers
from trajectories.storage import columns


def stability_table():
    r = {1: [0.2, 0.9, 0.9, 0.9, 0.9, 0.9, 0.98, 0.99], 2: [0.4, 0.9, 0.9, 0.9, 0.9, 0.9, 1, 0.999]}
    rows = [
        ("moco", seed, "layer1", epoch, epoch + 1, value)
        for seed, values in r.items()
        for epoch, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=columns.STABILITY)


def category_table():
    # Columns: within and between of seed 1, within and between of seed 2.
    values = {0.0: (0.5, 0.6, 0.5, 0.7), 0.5: (9, 9, 9, 9), 4.0: (0.4, 0.7, 0.4, 0.9)}
    rows = [
        ("moco", seed, "layer1", epoch, "faces", pairs, 10, row[2 * (seed - 1) + place])
        for epoch, row in values.items()
        for seed in (1, 2)
        for place, pairs in enumerate(("within", "between"))
    ]
    return pd.DataFrame(rows, columns=columns.CATEGORIES)


def plain(cells):
    return tuple(cell.replace("\u00a0", " ") for cell in cells)


def test_stability_of_first_step_last_quarter_and_last_step():
    (row,) = key_numbers.stability(stability_table()).rows
    assert plain(row) == (
        "moco", "layer1", "0 → 8",
        "0.3000 ± 0.1414",  # 0.2, 0.4
        "0.9923 ± 0.0103",  # 0.985, 0.9995
        "0.9945 ± 0.0064",  # 0.99, 0.999
        "−2.50 ± 0.71",  # -2, -3
    )  # fmt: skip


def test_stability_starts_at_the_first_epoch():
    (row,) = key_numbers.stability(stability_table(), first_epoch=1).rows
    assert plain(row)[2:4] == ("1 → 8", "0.9000 ± 0.0000")


def test_identical_rdms_have_an_infinite_logarithm():
    table = stability_table()
    table.loc[table["epoch"] == 7, "correlation"] = 1.0
    assert key_numbers.stability(table).rows[0][-1] == "−∞"


def test_category_differences_are_taken_within_each_instance():
    first, last = map(plain, key_numbers.categories(category_table()).rows)
    # Differences: 0.1 and 0.2 at first, 0.3 and 0.5 at last, so gains of 0.2 and 0.3.
    assert first[3:] == ("0", "0.500 ± 0.000", "0.650 ± 0.071", "0.150 ± 0.071", "")
    assert last[3:] == ("4", "0.400 ± 0.000", "0.800 ± 0.141", "0.400 ± 0.141", "0.250 ± 0.071")


def test_heads_fit_the_rows():
    for table in (
        key_numbers.stability(stability_table()),
        key_numbers.categories(category_table()),
    ):
        assert {len(row) for row in table.rows} == {len(table.head)}


def test_training_numbers_stand_beside_chance():
    history = pd.DataFrame(
        {
            "condition": "moco",
            "seed": [1, 1, 2, 2],
            "epoch": [0, 5, 0, 5],
            "loss": [np.nan, 3.0, np.nan, 4.0],
            "chance_loss": np.log(129),
            "view_top1": [0.1, 0.5, 0.1, 0.7],
            "view_chance": 0.01,
            "knn_top1": np.nan,
            "knn_chance": np.nan,
            "embedding_sd": [0.1, 0.8, 0.1, 0.8],
        }
    )
    (row,) = key_numbers.training(history).rows
    assert plain(row) == (
        "moco", "5", "3.50 ± 0.71 (chance 4.86)", "0.600 ± 0.141 (chance 0.010)", "–",
        "0.800 ± 0.000",
    )  # fmt: skip
    others = history.assign(class_top1=[np.nan, 0.2, np.nan, 0.4], class_chance=0.1, invariance=1)
    table = key_numbers.training(others)
    cells = dict(zip(table.head, plain(table.rows[0]), strict=True))
    assert cells["Classes recognised"] == "0.300 ± 0.141 (chance 0.100)"
    assert cells["Loss"] == "3.50 ± 0.71 (chance 4.86)"
    seen = history.assign(weighted_knn=[0.3, 0.6, 0.2, 0.5], weighted_knn_chance=[0.1] * 4)
    table = key_numbers.training(seen)
    cells = dict(zip(table.head, plain(table.rows[0]), strict=True))
    expected = "0.550 ± 0.071 (untrained 0.250, chance 0.100)"
    assert cells["Held-out images named"] == expected
    later = seen.assign(weighted_knn=[np.nan, 0.6, np.nan, 0.5])
    table = key_numbers.training(later)
    cells = dict(zip(table.head, plain(table.rows[0]), strict=True))
    assert cells["Held-out images named"] == "0.550 ± 0.071 (chance 0.100)"


@pytest.mark.parametrize(
    ("values", "text"),
    [([0.5], "0.500"), ([-1.0, -2.0], "−1.500 ± 0.707"), ([1.0, np.inf], "∞")],
)
def test_mean_and_sd_as_text(values, text):
    assert plain([key_numbers.mean_sd(np.array(values))]) == (text,)
