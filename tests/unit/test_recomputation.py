"""Recomputed numbers are compared one by one: what is off is named, with by how much."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from provenance_cases import planted

from trajectories.provenance import recomputation
from trajectories.rdms import trajectory
from trajectories.storage import tables


def findings(run, recorded, table):
    return [(f.kind, f.text) for f in recomputation.all_metrics(run, recorded, table)]


def change_table(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Write a table with other numbers, and the checksum of these."""
    tables.write(path, change(tables.read(path)))


def change_rdm(path: Path, checkpoint: int, pair: int, by: float) -> None:
    """Write a trajectory with another dissimilarity, and the checksum of that."""
    changed = trajectory.read(path)
    changed.rdms["layer1"][checkpoint, pair] += by
    trajectory.write(path, changed)


def test_an_untouched_run_is_recomputed_to_the_last_bit(tmp_path):
    assert findings(*planted(tmp_path)) == []


def test_another_number_in_a_table_is_named(tmp_path):
    run, recorded, table = planted(tmp_path)
    shift = pd.Series({3: 0.25})
    change_table(
        run / "tables" / "categories_summary.csv",
        lambda found: found.assign(mean=found["mean"].add(shift, fill_value=0)),
    )
    [(kind, text)] = findings(run, recorded, table)
    assert kind == "differs"
    assert text.startswith("mean in tables/categories_summary.csv")
    assert text.endswith("0.25")


def test_another_rdm_in_a_trajectory_is_named(tmp_path):
    run, recorded, table = planted(tmp_path)
    change_rdm(run / "moco/seed-2/trajectory.h5", 1, 4, 0.5)
    [(kind, text)] = findings(run, recorded, table)
    assert kind == "differs"
    assert text.startswith("rdms/layer1 in moco/seed-2/trajectory.h5")


def test_rounding_is_a_note(tmp_path):
    run, recorded, table = planted(tmp_path)
    change_rdm(run / "moco/seed-1/trajectory.h5", 0, 0, 1e-12)
    [(kind, text)] = findings(run, recorded, table)
    assert (kind, text.split()[-1]) == ("note", "1e-12")


def test_a_lost_row_is_named(tmp_path):
    run, recorded, table = planted(tmp_path)
    change_table(run / "moco/seed-1/stability.csv", lambda found: found.iloc[:-1])
    assert findings(run, recorded, table) == [
        (
            "differs",
            "moco/seed-1/stability.csv has different rows or columns from the recomputed table",
        )
    ]


@pytest.mark.parametrize(
    ("again", "stored", "kind"),
    [
        ([1.0, np.nan], [1.0, np.nan], None),
        (["a", "b"], ["a", "b"], None),
        ([1.0, 2.0], [1.0, np.nan], "differs"),
        ([1.0, 2.0], [1.0, 2.0 + 2e-6], "differs"),
        ([1.0, 2.0], [1.0, 2.0 + 5e-7], "note"),
        ([1.0], [1.0, 2.0], "differs"),
        (["a", "b"], ["a", "c"], "differs"),
        ([True], [False], "differs"),
    ],
)
def test_comparison(again, stored, kind):
    found = [each.kind for each in recomputation.compare("x", again, stored)]
    assert found == ([kind] if kind else [])
