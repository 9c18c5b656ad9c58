"""Weighted curves are those of the resampled images written out, to the last digits.

The independent truth is brute force: expand the sample, drop pairs of duplicates, and hand the
rest to numpy and scipy in plain form.
"""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import squareform

from trajectories.errors import UserError
from trajectories.rdms import metrics, similarity
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics import resampled_curves, resampling
from trajectories.storage import resamples_file

N = 14
DEFINITIONS = {"a": {"within": "a"}, "b": {"within": "b", "between": "a & ~b"}}
FLAGS = {"a": np.arange(N) < 8, "b": np.arange(N) % 3 == 0}
EPOCH = np.array([0, 0.1, 1, 2, 3.5, 4])


def planted(seed: int = 0, last_change: float = 0.1) -> Trajectory:
    rng = np.random.default_rng(seed)
    n_pairs = N * (N - 1) // 2
    rdms = {}
    for layer in ("early", "late"):
        sizes = np.array([0.3, 0.3, 0.3, 0.1, 0.1, last_change])[:, None]
        rdms[layer] = 1 + np.cumsum(sizes * rng.standard_normal((6, n_pairs)), axis=0)
    return Trajectory(
        rdms=rdms,
        epoch=EPOCH,
        stimulus=tuple(f"image{i}" for i in range(N)),
        flags=FLAGS,
        attributes={"condition": "moco", "seed": 1},
    )


def written_out(rdm: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dissimilarities of the sample, images of each pair, without pairs of duplicates."""
    drawn = np.repeat(np.arange(N), counts)
    first, second = (drawn[index] for index in np.triu_indices(len(drawn), 1))
    different = first != second
    first, second = first[different], second[different]
    return squareform(rdm)[first, second], first, second


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    return resampling.stimulus_counts(N, 40, seed=7)


@pytest.fixture(scope="module")
def curves(counts) -> resamples_file.Curves:
    return resampled_curves.resample(planted(), DEFINITIONS, counts)


def test_row_0_is_what_the_tables_hold(curves) -> None:
    trajectory = planted()
    stability = metrics.stability(trajectory, "pearson")
    means = metrics.category_means(trajectory, DEFINITIONS)
    for layer in ("early", "late"):
        of_layer = stability[stability["layer"] == layer]
        np.testing.assert_array_equal(curves.step, of_layer[["epoch", "next_epoch"]])
        assert curves.consecutive[layer][0] == pytest.approx(of_layer["correlation"], abs=1e-14)
        matrix = similarity.similarity_matrix(trajectory.rdms[layer])
        assert curves.to_final[layer][0] == pytest.approx(matrix[:, -1], abs=1e-14)
        assert curves.to_first[layer][0] == pytest.approx(matrix[:, 0], abs=1e-14)
        for category in DEFINITIONS:
            for pairs in ("within", "between"):
                chosen = (means[["layer", "category", "pairs"]] == [layer, category, pairs]).all(
                    axis=1
                )
                found = getattr(curves, pairs)[layer][category][0]
                assert found == pytest.approx(means[chosen]["dissimilarity"], abs=1e-14)


def test_every_resample_is_the_sample_written_out(curves, counts) -> None:
    rdms = planted().rdms
    whole = [0, 2, 3, 5]
    for row, drawn in enumerate(counts):
        for layer in rdms:
            samples = [written_out(rdm, drawn)[0] for rdm in rdms[layer]]
            r = np.corrcoef(samples)
            assert curves.to_final[layer][row] == pytest.approx(r[-1], abs=1e-12)
            assert curves.to_first[layer][row] == pytest.approx(r[0], abs=1e-12)
            steps = [r[a, b] for a, b in pairwise(whole)]
            assert curves.consecutive[layer][row] == pytest.approx(steps, abs=1e-12)


def test_category_means_are_those_of_the_sample_written_out(curves, counts) -> None:
    rdms = planted().rdms["late"]
    inside, other = FLAGS["b"], FLAGS["a"] & ~FLAGS["b"]
    for row, drawn in enumerate(counts):
        for checkpoint, rdm in enumerate(rdms):
            values, first, second = written_out(rdm, drawn)
            within = inside[first] & inside[second]
            between = (inside[first] & other[second]) | (other[first] & inside[second])
            for name, chosen in (("within", within), ("between", between)):
                found = getattr(curves, name)["late"]["b"][row, checkpoint]
                expected = values[chosen].mean() if chosen.any() else np.nan
                assert found == pytest.approx(expected, abs=1e-13, nan_ok=True)


@pytest.mark.parametrize("size", [1e-3, 1e-5, 1e-7])
def test_no_digits_are_lost_where_rdms_hardly_change(counts, size) -> None:
    """One minus the correlation, from 1e-6 to 1e-14, against sums of squares of differences."""
    trajectory = planted(last_change=size)
    found = 1 - resampled_curves.resample(trajectory, DEFINITIONS, counts).to_final["late"][:, -2]
    for row, drawn in enumerate(counts):
        x, y = (np.longdouble(written_out(rdm, drawn)[0]) for rdm in trajectory.rdms["late"][-2:])
        x, y = x - x.mean(), y - y.mean()
        unit = x / np.sqrt((x**2).sum()) - y / np.sqrt((y**2).sum())
        # A similarity is stored, and its last digit is 1e-16.
        assert found[row] == pytest.approx(float((unit**2).sum() / 2), rel=1e-8, abs=2e-16)


def test_blocks_of_pairs_change_nothing(curves, counts, monkeypatch) -> None:
    monkeypatch.setattr(resampled_curves, "BLOCK_NUMBERS", 700)
    again = resampled_curves.resample(planted(), DEFINITIONS, counts)
    assert again.consecutive["late"] == pytest.approx(curves.consecutive["late"], abs=1e-13)
    expected = curves.within["late"]["b"]
    assert again.within["late"]["b"] == pytest.approx(expected, abs=1e-13, nan_ok=True)


def test_cosine_is_the_cosine_of_the_sample(counts) -> None:
    curves = resampled_curves.resample(planted(), DEFINITIONS, counts, "cosine")
    rdms = planted().rdms["early"]
    for row, drawn in enumerate(counts):
        x, y = (written_out(rdm, drawn)[0] for rdm in (rdms[0], rdms[-1]))
        cosine = x @ y / np.sqrt((x @ x) * (y @ y))
        assert curves.to_final["early"][row, 0] == pytest.approx(cosine, abs=1e-13)


@pytest.mark.parametrize("measure", ["spearman", "kendall"])
def test_ranks_are_those_of_the_full_set_and_kendall_says_what_stands_for_it(
    counts, measure
) -> None:
    curves = resampled_curves.resample(planted(), DEFINITIONS, counts, measure)
    assert curves.attributes["measure"] == "spearman"
    rdms = planted().rdms["early"]
    expected = stats.spearmanr(rdms[0], rdms[-1]).statistic
    assert curves.to_final["early"][0, 0] == pytest.approx(expected, abs=1e-13)
    ranks = [stats.rankdata(rdm) for rdm in (rdms[0], rdms[-1])]
    sampled = [written_out(each, counts[5])[0] for each in ranks]
    assert curves.to_final["early"][5, 0] == pytest.approx(np.corrcoef(sampled)[0, 1], abs=1e-12)


def test_a_resample_without_a_pair_has_no_mean() -> None:
    counts = np.ones((3, N), dtype=np.int64)
    counts[1, FLAGS["b"]] = 0
    counts[2] = 0
    counts[2, 1] = N
    curves = resampled_curves.resample(planted(), DEFINITIONS, counts)
    assert np.isfinite(curves.within["late"]["b"][0]).all()
    assert np.isnan(curves.within["late"]["b"][1:]).all()
    assert np.isfinite(curves.within["late"]["a"][1]).all()
    assert np.isnan(curves.consecutive["late"][2]).all()


@pytest.mark.parametrize("into_memory", [True, False])
def test_what_is_written_is_read(tmp_path, curves, into_memory: bool) -> None:
    path = tmp_path / "resamples.h5"
    resamples_file.write(path, curves)
    again = resamples_file.read(path, into_memory)
    assert (again.layers, again.categories) == (["early", "late"], ["a", "b"])
    assert again.attributes == curves.attributes
    assert again.attributes["n_stimuli"] == N
    assert again.members == curves.members == {"a": 8, "b": 5}
    np.testing.assert_array_equal(again.step, curves.step)
    for name in ("to_final", "to_first", "consecutive"):
        for layer in again.layers:
            np.testing.assert_array_equal(getattr(again, name)[layer], getattr(curves, name)[layer])
    np.testing.assert_array_equal(again.between["late"]["b"], curves.between["late"]["b"])


def test_large_files_are_read_curve_by_curve(tmp_path, curves, monkeypatch) -> None:
    """All that is held of them is where they are: a curve comes from the file as it is then."""
    path = tmp_path / "resamples.h5"
    resamples_file.write(path, curves)
    (held,) = resamples_file.read_all([path])
    monkeypatch.setattr(resamples_file, "MOST_BYTES", path.stat().st_size - 1)
    (large,) = resamples_file.read_all([path])
    resamples_file.write(path, dataclasses.replace(curves, to_final=curves.to_first))
    np.testing.assert_array_equal(held.to_final["late"], curves.to_final["late"])
    np.testing.assert_array_equal(large.to_final["late"], curves.to_first["late"])
    assert "other" not in large.to_final


def test_one_checkpoint_has_no_steps(tmp_path, counts) -> None:
    whole = planted()
    one = Trajectory(
        rdms={layer: rdms[-1:] for layer, rdms in whole.rdms.items()},
        epoch=EPOCH[-1:],
        stimulus=whole.stimulus,
        flags=FLAGS,
        attributes=whole.attributes,
    )
    path = tmp_path / "resamples.h5"
    resamples_file.write(path, resampled_curves.resample(one, DEFINITIONS, counts))
    again = resamples_file.read(path)
    assert again.consecutive["late"].shape == (41, 0)
    assert again.step.shape == (0, 2)


def test_an_rdm_without_variance_is_named(counts) -> None:
    trajectory = planted()
    trajectory.rdms["late"][1] = 0.5
    with pytest.raises(UserError, match=r"late at epoch 0\.1 are equal"):
        resampled_curves.resample(trajectory, DEFINITIONS, counts)


def test_resamples_of_other_images_are_refused() -> None:
    with pytest.raises(UserError, match="of 3 stimuli, but the trajectory has 14"):
        resampled_curves.resample(planted(), DEFINITIONS, np.ones((2, 3), dtype=np.int64))
