"""RDMs that are read piece by piece from a file give the numbers of those in memory."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from trajectories.analyses.category_effects import table as category_effects
from trajectories.errors import UserError
from trajectories.rdms import categories, metrics, rdm, segment_rdms, similarity, trajectory
from trajectories.statistics import label_permutation, resampled_curves, resampling, states
from trajectories.stimuli.table import StimulusTable
from trajectories.storage import hdf5

DEFINITIONS = {"faces": {"within": "face"}, "animals": {"within": "animal", "between": "~animal"}}
EPOCHS = np.array([0, 0.5, 1, 2, 3, 4, 5], dtype=np.float64)
N_STIMULI = 12


@pytest.fixture
def path(tmp_path) -> Path:
    """Two layers at seven checkpoints, one of them within an epoch."""
    rng = np.random.default_rng(0)
    shape = (len(EPOCHS), rdm.n_pairs(N_STIMULI))
    trajectory.write(
        tmp_path / "trajectory.h5",
        trajectory.Trajectory(
            {layer: rng.uniform(0, 2, shape) for layer in ("layer1", "layer4")},
            EPOCHS,
            tuple(f"image {i}" for i in range(N_STIMULI)),
            {"face": np.arange(N_STIMULI) % 4 == 0, "animal": np.arange(N_STIMULI) % 2 == 0},
            {"condition": "moco", "seed": 1},
        ),
    )
    return tmp_path / "trajectory.h5"


@pytest.fixture(params=[1, 150, 10**6])  # one RDM, two, all of them
def opened(path, request, monkeypatch) -> Iterator[trajectory.Trajectory]:
    for module in (similarity, categories, resampled_curves, label_permutation):
        monkeypatch.setattr(module, "BLOCK_NUMBERS", request.param)
    with trajectory.opened(path) as instance:
        yield instance


@pytest.mark.parametrize("measure", similarity.MEASURES)
def test_stability(opened, path, measure) -> None:
    whole = trajectory.read(path)
    kept = np.round(EPOCHS) == EPOCHS
    found = metrics.stability(opened, measure)
    for layer, rdms in whole.rdms.items():
        pairs = zip(rdms[kept][:-1], rdms[kept][1:], strict=True)
        expected = [similarity.rdm_similarity(a, b, measure) for a, b in pairs]
        np.testing.assert_array_equal(found[found["layer"] == layer]["correlation"], expected)


def test_category_means(opened, path) -> None:
    whole = trajectory.read(path)
    found = metrics.category_means(opened, DEFINITIONS)
    mask = categories.select(DEFINITIONS, whole.flags)[1].between
    rows = (found["layer"] == "layer4") & (found["category"] == "animals")
    rows &= found["pairs"] == "between"
    expected = whole.rdms["layer4"][:, mask].mean(axis=1)
    np.testing.assert_allclose(found[rows]["dissimilarity"], expected, rtol=1e-14)


@pytest.mark.parametrize("measure", similarity.MEASURES)
def test_similarity_to_references(opened, path, measure) -> None:
    references = np.random.default_rng(1).uniform(0, 1, (2, rdm.n_pairs(N_STIMULI)))
    found = similarity.cross_similarity(opened.rdms["layer1"], references, measure)
    rdms = trajectory.read(path).rdms["layer1"]
    expected = [[similarity.rdm_similarity(a, b, measure) for b in references] for a in rdms]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("measure", similarity.MEASURES)
def test_resamples(opened, path, measure, monkeypatch) -> None:
    counts = resampling.stimulus_counts(N_STIMULI, 20, 0)
    found = resampled_curves.resample(opened, DEFINITIONS, counts, measure)
    monkeypatch.setattr(resampled_curves, "BLOCK_NUMBERS", 10**6)
    expected = resampled_curves.resample(trajectory.read(path), DEFINITIONS, counts, measure)
    for name in ("to_final", "to_first", "consecutive"):
        ours, theirs = getattr(found, name)["layer4"], getattr(expected, name)["layer4"]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-13)
    for name in ("within", "between"):
        ours, theirs = (getattr(each, name)["layer1"]["faces"] for each in (found, expected))
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)


def test_effects_of_permuted_labels(opened, path) -> None:
    labels = label_permutation.permuted_labels(DEFINITIONS["faces"], opened.flags, 20, 0)
    kept = EPOCHS[[0, 2, 6]]
    rdms, _ = category_effects.mean_rdms([opened, opened], kept)
    assert rdms["layer1"].shape == (3, rdm.n_pairs(N_STIMULI))
    whole = trajectory.read(path).rdms["layer1"][[0, 2, 6]]
    expected = label_permutation.effects(whole, *labels)
    found = label_permutation.effects(rdms["layer1"], *labels)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_the_checkpoint_without_a_similarity_is_named(opened, path) -> None:
    rdms = trajectory.read(path).rdms["layer1"]
    rdms[4] = 1
    with pytest.raises(similarity.ConstantRDMError, match="epoch 3"):
        similarity.consecutive_change(rdms, "pearson", [f"epoch {epoch:g}" for epoch in EPOCHS])
    rdms[4] = np.nan
    with pytest.raises(UserError, match="epoch 3"):
        similarity.cross_similarity(
            rdms, rdms[:1], "pearson", [f"epoch {epoch:g}" for epoch in EPOCHS]
        )


@pytest.mark.parametrize("size", [1, 1000, 2**23])
def test_checksum(path, size, monkeypatch) -> None:
    """The same whatever the parts that it is taken of; a changed number shows in any."""
    monkeypatch.setattr(hdf5, "BLOCK_BYTES", size)
    with hdf5.sealed(path):
        pass
    content = bytearray(path.read_bytes())
    with trajectory.opened(path) as instance:
        place = instance.rdms["layer4"].id.get_offset() + 8 * 100
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="does not match its checksum"), hdf5.sealed(path):
        pass


@pytest.fixture
def segments(tmp_path) -> list[Path]:
    """Files of a layer whose seven checkpoints are in segments of three, one and three."""
    rng = np.random.default_rng(2)
    paths = []
    for part in (slice(0, 3), slice(3, 4), slice(4, 7)):
        epoch = EPOCHS[part]
        rdms = rng.uniform(0, 2, (len(epoch), rdm.n_pairs(N_STIMULI)))
        stimulus = tuple(f"image {i}" for i in range(N_STIMULI))
        path = tmp_path / f"epochs-{part.start}.h5"
        attributes = {"condition": "moco", "seed": 1}
        segment_rdms.write(
            path, segment_rdms.SegmentRDMs("layer1", rdms, epoch, stimulus, attributes)
        )
        paths.append(path)
    return paths


@pytest.mark.parametrize("block", [1, 2**26])
@pytest.mark.parametrize("most_in_memory", [0, 2**28])
def test_merging(tmp_path, segments, most_in_memory, block, monkeypatch) -> None:
    names = tuple(f"image {i}" for i in range(N_STIMULI))
    table = StimulusTable(names, names, {"face": np.arange(N_STIMULI) % 4 == 0})
    expected = trajectory.merge(map(segment_rdms.read, segments), table, {})
    trajectory.write(tmp_path / "expected.h5", expected)
    monkeypatch.setattr(trajectory, "IN_MEMORY_BYTES", most_in_memory)
    monkeypatch.setattr(trajectory, "BLOCK_BYTES", block)
    monkeypatch.setattr(trajectory, "CHUNK", (2, 10))
    merged = trajectory.merge(map(segment_rdms.stored, segments), table, {})
    trajectory.write(tmp_path / "found.h5", merged)
    found = trajectory.read(tmp_path / "found.h5")
    np.testing.assert_array_equal(found.rdms["layer1"], expected.rdms["layer1"])
    assert found.attributes == expected.attributes
    for start, stop in itertools.combinations(range(8), 2):
        part = merged.rdms["layer1"][start:stop]
        np.testing.assert_array_equal(part, expected.rdms["layer1"][start:stop])
    if most_in_memory:
        assert (tmp_path / "found.h5").read_bytes() == (tmp_path / "expected.h5").read_bytes()
    with (
        states.opened([tmp_path / "found.h5"]) as of_found,
        states.opened([tmp_path / "expected.h5"]) as of_expected,
    ):
        ours, theirs = states.correlations(of_found), states.correlations(of_expected)
        np.testing.assert_array_equal(ours, theirs)
