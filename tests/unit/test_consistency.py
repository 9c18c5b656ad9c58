"""Consistency of instances is that of all their pairs, under the noise ceiling of rsatoolbox.

The truths are scipy, rsatoolbox, and planted effects of known variance.
"""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import rsatoolbox
from rsatoolbox.inference.noise_ceiling import boot_noise_ceiling
from scipy import stats

from trajectories.analyses.consistency import figure as figure_consistency
from trajectories.analyses.consistency import table as consistency
from trajectories.plotting.measures import MEASURES
from trajectories.rdms import similarity
from trajectories.statistics.states import Series

N_PAIRS = 66


def instances(n: int, epochs=((0, 1, 2),) * 9, condition="moco", layer="layer1", seed=0):
    """Series of instances that share a truth."""
    rng = np.random.default_rng(seed)
    truth = rng.random(N_PAIRS)
    series = []
    for number in range(n):
        epoch = np.array(epochs[number], dtype=np.float64)
        rdms = truth + 0.7 * rng.random((len(epoch), N_PAIRS))
        kept = np.arange(len(epoch))
        series.append(Series(condition, number + 1, layer, epoch, rdms, kept))
    return series


@pytest.mark.parametrize("n", [3, 5])
def test_the_mean_is_that_of_all_pairs_of_instances(n) -> None:
    series = instances(n)
    found = consistency.consistency(series, "spearman")
    assert found["epoch"].tolist() == [0, 1, 2]
    for row, epoch in enumerate((0, 1, 2)):
        r = {
            (i, j): stats.spearmanr(series[i].rdms[epoch], series[j].rdms[epoch]).statistic
            for i, j in combinations(range(n), 2)
        }
        assert found["mean"][row] == pytest.approx(np.mean(list(r.values())), abs=1e-12)
        own = [np.mean([each for pair, each in r.items() if i in pair]) for i in range(n)]
        assert found["sd"][row] == pytest.approx(np.std(own, ddof=1), abs=1e-12)


@pytest.mark.filterwarnings("ignore:Noise ceiling for tau")
@pytest.mark.parametrize(
    ("measure", "method"), [("pearson", "corr"), ("cosine", "cosine"), ("kendall", "tau-a")]
)
def test_the_ceiling_is_that_of_rsatoolbox(measure, method) -> None:
    series = instances(4)
    found = consistency.consistency(series, measure)
    for epoch in (0, 2):
        rdms = rsatoolbox.rdm.RDMs(np.stack([each.rdms[epoch] for each in series]))
        expected = boot_noise_ceiling(rdms, method=method)
        bounds = found.loc[found["epoch"] == epoch, ["lower", "upper"]].to_numpy()[0]
        assert bounds == pytest.approx(expected, abs=1e-12)


def test_conditions_and_layers_are_kept_apart() -> None:
    parts = [
        instances(3, condition=c, layer=x, seed=i) for i, (c, x) in enumerate(["ax", "ay", "bx"])
    ]
    found = consistency.consistency([each for part in parts for each in part])
    alone = pd.concat([consistency.consistency(part) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(found, alone)


def test_an_epoch_that_one_instance_has_is_left_empty() -> None:
    found = consistency.consistency(instances(3, epochs=[(0, 2), (0, 0.5), (0, 2)]))
    assert found["epoch"].tolist() == [0, 0.5, 2]
    assert found["n_seeds"].tolist() == [3, 1, 2]
    assert found.loc[1, ["mean", "sd", "lower", "upper"]].isna().all()
    assert np.isnan(found["sd"][2])
    assert found.loc[2, ["mean", "lower", "upper"]].notna().all()


def test_one_instance_alone_gives_a_table_and_a_figure() -> None:
    found = consistency.consistency(instances(1))
    assert found["mean"].isna().all()
    figure_consistency.draw(found).canvas.draw()
    assert "cannot be compared with others" in figure_consistency.caption(found)


def test_an_rdm_without_correlation_is_named() -> None:
    series = instances(2)
    series[1].rdms[1] = 0.5
    with pytest.raises(similarity.ConstantRDMError, match=r"layer1 at epoch 1 \(moco seed 2\)"):
        consistency.consistency(series)


def test_the_figure_shows_mean_and_ceiling() -> None:
    found = consistency.consistency(instances(4))
    upper, lower = figure_consistency.draw(found).axes
    np.testing.assert_allclose(upper.lines[0].get_ydata(), found["mean"])
    band = lower.collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(found["lower"].min())
    assert band.max() == pytest.approx(found["upper"].max())


@pytest.mark.parametrize("measure", similarity.MEASURES)
def test_the_figure_names_the_measure(measure) -> None:
    found = consistency.consistency(instances(3))
    label = figure_consistency.draw(found, measure).axes[0].get_ylabel()
    assert MEASURES[measure].label in label
    assert f"mean {MEASURES[measure].words} between" in figure_consistency.caption(found, measure)
