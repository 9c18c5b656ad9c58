"""RDMs are those of scipy and rsatoolbox, however the activations are stored or blocked."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import loadmat
from scipy.spatial.distance import pdist, squareform

from trajectories.errors import UserError
from trajectories.rdms import rdm

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "kriegeskorte92"
# More than two blocks, the last of them cut short.
N_UNITS = 2 * rdm.BLOCK_UNITS + 37


def patterns(n_stimuli=9, n_units=N_UNITS, dtype=np.float32, seed=0):
    """Rectified responses with a component that stimuli share, as a layer gives them."""
    rng = np.random.default_rng(seed)
    responses = rng.standard_normal((n_stimuli, n_units)) + rng.standard_normal(n_units)
    return np.maximum(responses, 0).astype(dtype)


class Recorder:
    """An array that remembers which units were read."""

    def __init__(self, array, chunks=None):
        self.array, self.shape, self.chunks, self.read = array, array.shape, chunks, []

    def __getitem__(self, key):
        self.read.append(range(*key[1].indices(self.shape[1])))
        return self.array[key]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("n_units", [2, 100, rdm.BLOCK_UNITS, N_UNITS])
def test_agrees_with_scipy(dtype, n_units):
    responses = patterns(n_units=n_units, dtype=dtype) + np.arange(n_units, dtype=dtype) % 3
    expected = pdist(responses.astype(np.float64), "correlation")
    np.testing.assert_allclose(rdm.correlation_distance(responses), expected, rtol=0, atol=1e-12)


def test_agrees_with_rsatoolbox():
    rsatoolbox = pytest.importorskip("rsatoolbox")
    responses = patterns(dtype=np.float64)
    dataset = rsatoolbox.data.Dataset(responses)
    expected = rsatoolbox.rdm.calc_rdm(dataset, method="correlation").dissimilarities[0]
    np.testing.assert_allclose(rdm.correlation_distance(responses), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("first_unit", [0.0, 1e6, -3e7])
def test_large_means_and_an_outlying_first_unit_cost_no_digits(first_unit):
    responses = patterns(dtype=np.float64)
    responses[:, 0] += first_unit
    expected = pdist(responses, "correlation")
    shifted = responses + 1e5 * np.arange(1, len(responses) + 1)[:, None]
    np.testing.assert_allclose(rdm.correlation_distance(responses), expected, rtol=0, atol=1e-12)
    # Adding 1e5 to 9e5 itself rounds the responses to about 1e-10.
    np.testing.assert_allclose(rdm.correlation_distance(shifted), expected, rtol=0, atol=1e-9)


def test_hand_computed():
    # Deviations from the mean: (-1, 0, 1), (1, 0, -1), (1, -2, 1).
    responses = np.array([[1, 2, 3], [7, 6, 5], [3, 0, 3]], dtype=np.float32)
    np.testing.assert_allclose(rdm.correlation_distance(responses), [2, 1, 1], rtol=0, atol=1e-15)


def test_gain_and_offset_of_a_pattern_do_not_matter():
    responses = patterns(dtype=np.float64)
    gain = np.linspace(0.5, 40, len(responses))[:, None]
    np.testing.assert_allclose(
        rdm.correlation_distance(gain * responses + 7 * gain),
        rdm.correlation_distance(responses),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_identical_patterns_have_distance_exactly_zero(dtype):
    # Of 40 patterns shown twice, rounding alone would leave some a few 1e-16 apart.
    different = patterns(n_stimuli=40, dtype=dtype)
    distance = squareform(rdm.correlation_distance(np.concatenate([different, different])))
    same = np.tile(np.eye(40, dtype=bool), (2, 2))
    assert (distance[same] == 0).all()
    assert (distance[~same] > 0.1).all()


@pytest.mark.parametrize("value", [0.0, 0.1, -1e30])
def test_constant_pattern_is_refused_by_name(value):
    responses = patterns(n_stimuli=4, dtype=np.float64)
    responses[2] = value
    with pytest.raises(rdm.ConstantPatternError, match="to cat, so its pattern has no corr"):
        rdm.correlation_distance(responses, ["ape", "bee", "cat", "dog"])
    with pytest.raises(UserError, match="stimulus 2"):
        rdm.correlation_distance(responses)


def test_pattern_that_changes_in_the_last_unit_only_is_not_constant():
    responses = patterns(n_stimuli=4)
    responses[2] = 0.1
    responses[2, -1] = 0.2
    expected = pdist(responses.astype(np.float64), "correlation")
    np.testing.assert_allclose(rdm.correlation_distance(responses), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("unit", [0, 5, N_UNITS - 1])
def test_responses_that_are_not_finite_are_refused_by_name(value, unit):
    responses = patterns(n_stimuli=4)
    responses[1, unit] = value
    with pytest.raises(rdm.NonFinitePatternError, match="bee"):
        rdm.correlation_distance(responses, ["ape", "bee", "cat", "dog"])


@pytest.mark.parametrize("shape", [(1, 5), (0, 5), (3, 0)])
def test_too_few_stimuli_or_units_are_refused(shape):
    with pytest.raises(UserError, match=f"{shape[0]} stimuli and {shape[1]} units"):
        rdm.correlation_distance(np.ones(shape))


@pytest.mark.parametrize("chunks", [None, (1, 6, 500), (1, 2, 9000)])
def test_file_is_read_like_an_array(tmp_path, chunks):
    responses = np.stack([patterns(n_stimuli=6, seed=seed) for seed in range(3)])
    with h5py.File(tmp_path / "activations.h5", "w") as file:
        dataset = file.create_dataset("activations", data=responses, chunks=chunks)
        for checkpoint in range(3):
            view = rdm.CheckpointView(dataset, checkpoint)
            expected = pdist(responses[checkpoint].astype(np.float64), "correlation")
            found = rdm.correlation_distance(view)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("chunk", [500, 9000])
def test_each_chunk_is_read_once_in_blocks_of_bounded_size(chunk):
    recorder = Recorder(patterns(n_units=60_000), chunks=(9, chunk))
    rdm.correlation_distance(recorder)
    origin, *blocks = recorder.read
    assert len(origin) == 1
    assert [unit for block in blocks for unit in block] == list(range(60_000))
    assert all(block.start % chunk == 0 for block in blocks)
    assert max(map(len, blocks)) <= max(chunk, rdm.BLOCK_UNITS)


def test_pairs_are_in_the_order_of_scipy():
    first, second = rdm.pairs(7)
    assert len(first) == rdm.n_pairs(7) == 21
    square = squareform(np.arange(21))
    assert (square[first, second] == np.arange(21)).all()
    assert (first < second).all()


def test_pairs_are_in_the_order_of_the_published_rdms():
    if not PUBLISHED.is_dir():
        pytest.skip(f"the published RDMs are not in {PUBLISHED}")
    subjects = loadmat(PUBLISHED / "92_brainRDMs.mat", squeeze_me=True, struct_as_record=False)
    matrices = np.stack([session.RDM for session in subjects["RDMs"].ravel()])
    figure = loadmat(
        PUBLISHED / "Kriegeskorte_Neuron2008_supplementalData.mat",
        squeeze_me=True,
        struct_as_record=False,
    )["RDMs_mIT_hIT_fig1"]
    (human,) = [each.RDM for each in figure if each.name.startswith("hIT")]
    assert matrices.shape == (8, 92, 92)
    first, second = rdm.pairs(92)
    np.testing.assert_allclose(matrices.mean(axis=0)[first, second], human, rtol=0, atol=1e-6)
