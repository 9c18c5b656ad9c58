"""Tables hold the numbers computed by hand, to the last bit, and summaries are over seeds."""

import statistics

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from trajectories.errors import UserError
from trajectories.rdms import metrics
from trajectories.rdms.trajectory import Trajectory
from trajectories.storage import tables
from trajectories.storage.files import write_checksum

# Faces: stimuli 0 and 1. Pairs: 01 | 02 03 12 13 | 23.
FLAGS = {"face": np.array([True, True, False, False])}
FACES = {"faces": {"within": "face"}}


def instance(seed=1, epochs=(0, 0.5, 1, 2), condition="moco", layers=("layer4", "layer1")):
    rng = np.random.default_rng(seed)
    return Trajectory(
        rdms={layer: rng.uniform(0.1, 2, (len(epochs), 6)) for layer in layers},
        epoch=np.array(epochs, dtype=np.float64),
        stimulus=("a", "b", "c", "d"),
        flags=FLAGS,
        attributes={"condition": condition, "seed": seed},
    )


@pytest.mark.parametrize(("measure", "reference"), [("pearson", pearsonr), ("spearman", spearmanr)])
def test_stability_goes_from_whole_epoch_to_whole_epoch(measure, reference):
    trajectory = instance()
    table = metrics.stability(trajectory, measure)
    assert tuple(table.columns) == (
        "condition", "seed", "layer", "epoch", "next_epoch", "correlation",
    )  # fmt: skip
    keys = table[["condition", "seed", "layer", "epoch", "next_epoch"]]
    assert keys.to_numpy().tolist() == [
        ["moco", 1, "layer4", 0, 1],
        ["moco", 1, "layer4", 1, 2],
        ["moco", 1, "layer1", 0, 1],
        ["moco", 1, "layer1", 1, 2],
    ]
    expected = [
        reference(rdms[a], rdms[b]).statistic
        for rdms in trajectory.rdms.values()
        for a, b in ((0, 2), (2, 3))
    ]
    np.testing.assert_allclose(table["correlation"], expected, rtol=0, atol=1e-12)


def test_stability_needs_two_checkpoints():
    with pytest.raises(UserError, match="moco seed 1 has 1"):
        metrics.stability(instance(epochs=(0.25,)), "pearson")


def test_checkpoints_are_compared_as_they_come_where_fewer_than_two_are_of_whole_epochs():
    table = metrics.stability(instance(epochs=(0, 0.25, 0.5)), "pearson")
    steps = table[["epoch", "next_epoch"]].drop_duplicates().to_numpy().tolist()
    assert steps == [[0, 0.25], [0.25, 0.5]]


def test_constant_rdm_is_refused_by_layer_epoch_and_instance():
    trajectory = instance()
    trajectory.rdms["layer1"][2] = 1
    with pytest.raises(UserError, match=r"layer1 at epoch 1 \(moco seed 1\)"):
        metrics.stability(trajectory, "pearson")


def test_categories_hold_the_means_of_all_checkpoints():
    trajectory = instance(epochs=(0, 0.5), layers=("layer1",))
    trajectory.rdms["layer1"][:] = [[1, 2, 3, 4, 5, 60], [0.5, 0, 0, 0, 1, 9]]
    definitions = {**FACES, "rest": {"within": "~face", "between": "face"}}
    table = metrics.category_means(trajectory, definitions)
    assert tuple(table.columns) == (
        "condition", "seed", "layer", "epoch", "category", "pairs", "n_pairs", "dissimilarity",
    )  # fmt: skip
    assert table.iloc[:, 2:].to_numpy().tolist() == [
        ["layer1", 0, "faces", "within", 1, 1],
        ["layer1", 0, "faces", "between", 4, 3.5],
        ["layer1", 0, "rest", "within", 1, 60],
        ["layer1", 0, "rest", "between", 4, 3.5],
        ["layer1", 0.5, "faces", "within", 1, 0.5],
        ["layer1", 0.5, "faces", "between", 4, 0.25],
        ["layer1", 0.5, "rest", "within", 1, 9],
        ["layer1", 0.5, "rest", "between", 4, 0.25],
    ]


@pytest.mark.parametrize("condition", ["moco", "None", "01", "a,b"])
def test_file_reads_back_to_the_last_bit(tmp_path, condition):
    path = tmp_path / "categories.csv"
    table = metrics.category_means(instance(condition=condition), FACES)
    tables.write(path, table)
    found = tables.read(path)
    pd.testing.assert_frame_equal(found, table, check_exact=True, check_dtype=False)
    content = path.read_bytes()
    assert content.startswith(b"condition,seed,layer,epoch,category,pairs,n_pairs,dissimilarity\n")
    assert b"\r" not in content
    assert repr(float(table["dissimilarity"].iloc[0])).encode() in content


def test_summary_is_over_seeds():
    seeds = [metrics.category_means(instance(seed), FACES) for seed in (5, 1, 3)]
    together = tables.concatenate(seeds)
    assert len(together) == 3 * len(seeds[0])
    summary = tables.summarise(together)
    assert tuple(summary.columns) == (
        "condition", "layer", "epoch", "category", "pairs", "n_pairs", "mean", "sd", "n_seeds",
    )  # fmt: skip
    for row in summary.itertuples():
        values = [
            table.loc[
                (table["layer"] == row.layer)
                & (table["epoch"] == row.epoch)
                & (table["pairs"] == row.pairs),
                "dissimilarity",
            ].item()
            for table in seeds
        ]
        assert row.mean == pytest.approx(statistics.mean(values), abs=1e-14)
        assert row.sd == pytest.approx(statistics.stdev(values), abs=1e-14)
        assert row.n_seeds == 3
    names = ["layer", "epoch", "category", "pairs", "n_pairs"]
    assert summary[names].to_numpy().tolist() == seeds[0][names].to_numpy().tolist()


def test_summary_of_one_seed_has_no_sd(tmp_path):
    path = tmp_path / "stability_summary.csv"
    summary = tables.summarise(metrics.stability(instance(), "pearson"))
    tables.write(path, summary)
    header, first, *_ = path.read_text().splitlines()
    assert header == "condition,layer,epoch,next_epoch,mean,sd,n_seeds"
    assert first.endswith(",,1")
    assert tables.read(path)["sd"].isna().all()


def test_conditions_keep_their_order_and_late_epochs_come_last():
    parts = [
        metrics.stability(instance(1, (0, 1, 2), "zebra"), "pearson"),
        metrics.stability(instance(2, (0, 1, 2, 3), "zebra"), "pearson"),
        metrics.stability(instance(1, (0, 1, 2), "apple"), "pearson"),
    ]
    summary = tables.summarise(tables.concatenate(parts))
    assert summary[["condition", "layer", "epoch", "n_seeds"]].to_numpy().tolist() == [
        ["zebra", "layer4", 0, 2],
        ["zebra", "layer4", 1, 2],
        ["zebra", "layer4", 2, 1],
        ["zebra", "layer1", 0, 2],
        ["zebra", "layer1", 1, 2],
        ["zebra", "layer1", 2, 1],
        ["apple", "layer4", 0, 1],
        ["apple", "layer4", 1, 1],
        ["apple", "layer1", 0, 1],
        ["apple", "layer1", 1, 1],
    ]


def test_an_instance_given_twice_or_tables_of_two_kinds_are_refused():
    stability = metrics.stability(instance(), "pearson")
    with pytest.raises(UserError, match="Condition moco, seed 1 occurs twice"):
        tables.concatenate([stability, stability])
    with pytest.raises(UserError, match="different columns"):
        tables.concatenate([stability, metrics.category_means(instance(), FACES)])
    with pytest.raises(UserError, match="no tables"):
        tables.concatenate([])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read as a CSV table"),
        ("condition,seed\nmoco,1\n", "has the columns condition,seed"),
        ("condition,seed,layer,epoch,next_epoch,correlation\n", "has no rows"),
        (
            "condition,seed,layer,epoch,next_epoch,correlation\nmoco,1,layer1,0,1,high\n",
            "'correlation' of .* is not all numbers",
        ),
        (
            "condition,seed,layer,epoch,next_epoch,correlation\nmoco,1,layer1,0,,0.5\n",
            "'next_epoch' of .* is not all numbers",
        ),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path, content, message):
    path = tmp_path / "stability.csv"
    path.write_text(content)
    write_checksum(path)
    with pytest.raises(UserError, match=message):
        tables.read(path)


def test_missing_table_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"There is no table .*none\.csv: make it first"):
        tables.read(tmp_path / "none.csv")


def test_trajectory_without_provenance_is_refused():
    trajectory = instance()
    del trajectory.attributes["seed"]
    with pytest.raises(UserError, match="merge it again with --seed"):
        metrics.category_means(trajectory, FACES)
