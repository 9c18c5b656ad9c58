"""What the end of a run says was found, from a table written by hand."""

from pathlib import Path

import pandas as pd
import pytest

from trajectories.analyses.claims import TITLES
from trajectories.status import ending


@pytest.fixture
def table(tmp_path) -> Path:
    rows = [
        ("moco", "rapid_change", "these images", "holds"),
        ("moco", "rapid_change", "these images", "holds"),
        ("moco", "rapid_change", "other images too", "undecided"),
        ("moco", "per_rate", "these images", "reversed"),
        ("moco", "early_layer_first", "these images", "undecided"),
        ("moco", "early_layer_first", "these images", "does not hold"),
        ("moco", "early_layer_first", "these images", "undecided"),
        ("moco", "together", "these images", "does not hold"),
        ("cold", "together", "these images", "holds"),
    ]
    path = tmp_path / "claims.csv"
    columns = ["condition", "claim", "images", "verdict"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def test_three_verdicts_of_the_first_condition_for_these_images(table) -> None:
    assert ending.verdicts(table, TITLES) == [
        "Change is rapid in the first epochs, then settles: holds",
        "The early layer settles before the late one:"
        " 2 × undecided, 1 × does not hold, of 3 statements",
        "Information within and between categories emerges together: does not hold",
    ]


def test_whose_verdicts_they_are() -> None:
    assert ending.of_which(["moco"]) == ""
    assert ending.of_which(["moco", "cold"]) == " in moco, the first of 2 conditions"


def test_nothing_is_said_without_claims(tmp_path) -> None:
    assert ending.verdicts(tmp_path / "claims.csv", TITLES) == []


def test_the_claims_have_titles() -> None:
    assert set(ending.SHOWN) < set(TITLES)
