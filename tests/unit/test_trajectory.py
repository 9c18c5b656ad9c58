"""A trajectory file holds what was measured, reads without us, and never mixes instances."""

from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from scipy.spatial.distance import pdist

from trajectories.errors import UserError
from trajectories.rdms import segment_rdms, trajectory
from trajectories.rdms.segment_rdms import SegmentRDMs
from trajectories.storage import hdf5

STIMULUS = ("ape", "bée", "cat", "dog")
FLAGS = {"animal": np.array([True] * 4), "face": np.array([False, True, False, True])}
TABLE = SimpleNamespace(stimulus=list(STIMULUS), files=[], flags=FLAGS)
GIVEN = {"experiment": "e", "condition": "moco", "seed": 3}


def segment(layer="layer1", epochs=(0, 0.5, 1), stimulus=STIMULUS, **attributes):
    """A segment whose dissimilarities say which epoch and pair they are of."""
    epoch = np.array(epochs, dtype=np.float64)
    n_pairs = len(stimulus) * (len(stimulus) - 1) // 2
    rdms = epoch[:, None] + np.arange(n_pairs) / 100 + (layer == "layer4") * 1000
    found = {"condition": "moco", "seed": 3, "recipe_digest": "abc", **attributes}
    return SegmentRDMs(layer, rdms, epoch, stimulus, found)


def write_activations(path, responses, epochs, stimulus=STIMULUS, **attributes):
    with h5py.File(path, "w") as file:
        file["activations"] = responses
        file["epoch"] = np.array(epochs, dtype=np.float64)
        file.create_dataset("stimulus", data=list(stimulus), dtype=h5py.string_dtype())
        file.attrs.update(attributes)
        hdf5.seal(file)


@pytest.fixture
def responses():
    return np.random.default_rng(0).standard_normal((2, 4, 50)).astype(np.float32)


@pytest.fixture
def merged():
    segments = [
        segment("layer4", (2, 3)),
        segment("layer4"),
        segment("layer1"),
        segment("layer1", (2, 3)),
    ]
    return trajectory.merge(segments, TABLE, GIVEN)


def test_segment_has_the_rdm_of_each_checkpoint(tmp_path, responses):
    write_activations(
        tmp_path / "a.h5", responses, (0, 0.5), layer="layer1", seed=3, axes="checkpoint,..."
    )
    computed = segment_rdms.from_activations(tmp_path / "a.h5")
    segment_rdms.write(tmp_path / "r.h5", computed)
    found = segment_rdms.read(tmp_path / "r.h5")
    expected = [pdist(each.astype(np.float64), "correlation") for each in responses]
    np.testing.assert_allclose(found.rdms, expected, rtol=0, atol=1e-12)
    assert (found.rdms == computed.rdms).all()
    assert found.epoch.tolist() == [0, 0.5]
    assert found.stimulus == STIMULUS
    assert found.layer == "layer1"
    assert found.attributes == {"seed": 3}
    with h5py.File(tmp_path / "r.h5") as file:
        assert file["rdms"].attrs["axes"] == "checkpoint,pair"
        assert "dimensionless" in file["rdms"].attrs["units"]
        assert file.attrs["layer"] == "layer1"


@pytest.mark.parametrize("lacking", ["activations", "epoch", "stimulus"])
def test_activations_that_lack_something_are_refused(tmp_path, responses, lacking):
    write_activations(tmp_path / "a.h5", responses, (0, 1), layer="layer1")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file[lacking]
        hdf5.seal(file)
    with pytest.raises(UserError, match=rf"a\.h5 has no '{lacking}'"):
        segment_rdms.from_activations(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("epochs", "stimulus"), [((0, 1, 2), STIMULUS), ((0,), STIMULUS), ((0, 1), STIMULUS[:3])]
)
def test_activations_of_other_checkpoints_or_stimuli_are_refused(
    tmp_path, responses, epochs, stimulus
):
    write_activations(tmp_path / "a.h5", responses, epochs, stimulus, layer="layer1")
    with pytest.raises(UserError, match=rf"its {len(epochs)} epochs and {len(stimulus)} stimuli"):
        segment_rdms.from_activations(tmp_path / "a.h5")


def test_activations_of_an_unnamed_layer_are_refused(tmp_path, responses):
    write_activations(tmp_path / "a.h5", responses, (0, 1))
    with pytest.raises(UserError, match="attribute 'layer'"):
        segment_rdms.from_activations(tmp_path / "a.h5")


def test_pattern_without_correlation_is_refused_by_stimulus_layer_and_epoch(tmp_path, responses):
    responses[1, 2] = 0.25
    write_activations(tmp_path / "a.h5", responses, (0, 0.5), layer="layer4")
    with pytest.raises(UserError, match=r"stimulus 'cat' \(layer layer4, epoch 0\.5\)"):
        segment_rdms.from_activations(tmp_path / "a.h5")


def test_merged_segments_are_in_order_of_learning(merged):
    assert list(merged.rdms) == ["layer4", "layer1"]
    assert merged.epoch.tolist() == [0, 0.5, 1, 2, 3]
    assert merged.rdms["layer1"][:, 0].tolist() == [0, 0.5, 1, 2, 3]
    assert merged.rdms["layer4"][:, 0].tolist() == [1000, 1000.5, 1001, 1002, 1003]
    assert merged.attributes == {**GIVEN, "recipe_digest": "abc"}


def test_file_reads_back_bit_by_bit(tmp_path, merged):
    merged.rdms["layer1"][:] = np.random.default_rng(1).uniform(0, 2, (5, 6))
    trajectory.write(tmp_path / "trajectory.h5", merged)
    found = trajectory.read(tmp_path / "trajectory.h5")
    assert list(found.rdms) == list(merged.rdms)
    assert all((found.rdms[layer] == merged.rdms[layer]).all() for layer in merged.rdms)
    assert (found.epoch == merged.epoch).all()
    assert found.stimulus == STIMULUS
    assert list(found.flags) == list(FLAGS)
    assert all((found.flags[flag] == FLAGS[flag]).all() for flag in FLAGS)
    assert found.attributes == merged.attributes


def test_file_explains_itself_to_h5py(tmp_path, merged):
    trajectory.write(tmp_path / "trajectory.h5", merged)
    with h5py.File(tmp_path / "trajectory.h5") as file:
        assert set(file) == {"rdms", "epoch", "stimulus", "categories"}
        assert file["rdms/layer1"].shape == (5, 6)
        assert file["rdms/layer1"].dtype == file["epoch"].dtype == np.float64
        assert file["rdms/layer1"].attrs["axes"] == "checkpoint,pair"
        assert "triu_indices" in file["rdms/layer1"].attrs["pair_order"]
        assert "epochs" in file["epoch"].attrs["units"]
        assert file["stimulus"].asstr()[1] == "bée"
        assert file["categories/face"].dtype == np.bool_
        assert file["categories/face"][:].tolist() == [False, True, False, True]
        attributes = dict(file.attrs)
        assert len(attributes.pop("sha256")) == 64
        assert attributes == {**GIVEN, "recipe_digest": "abc"}


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([segment(epochs=(0, 1)), segment(epochs=(1, 2))], "epoch 1 follows 1"),
        ([segment(epochs=(0, 1, 2)), segment(epochs=(1.5, 3))], "epoch 1.5 follows 2"),
        ([segment("layer1"), segment("layer4", (0, 1))], "layer4 lacks epoch 0.5"),
        ([segment(stimulus=STIMULUS[:3])], "have 3 stimuli, the stimulus table 4"),
        ([segment(stimulus=STIMULUS[::-1])], "'dog' as stimulus 1, the stimulus table 'ape'"),
        ([segment(), segment("layer4", seed=4)], r"differ in seed \(3, 4\)"),
        ([segment(condition="blurred")], r"differ in condition \(blurred, moco\)"),
        ([segment(), segment("layer4", recipe_digest="abd")], "differ in recipe_digest"),
        ([], "at least one layer"),
    ],
)
def test_segments_that_do_not_belong_together_are_refused(segments, message):
    with pytest.raises(UserError, match=message):
        trajectory.merge(segments, TABLE, GIVEN)


def test_only_what_all_segments_agree_on_is_recorded():
    segments = [segment(sample=512, host="x"), segment("layer4", sample=512, host="y")]
    attributes = trajectory.merge(segments, TABLE, GIVEN).attributes
    assert attributes == {**GIVEN, "recipe_digest": "abc", "sample": 512}


@pytest.mark.parametrize("epochs", [(1, 0), (0, 0), (0, np.nan)])
def test_epochs_must_increase(epochs):
    with pytest.raises(UserError, match="do not increase"):
        segment(epochs=epochs)


def test_rdms_must_fit_stimuli_and_epochs():
    with pytest.raises(UserError, match=r"need \(2, 6\)"):
        SegmentRDMs("layer1", np.zeros((2, 5)), np.arange(2.0), STIMULUS)


def test_missing_damaged_and_foreign_files_are_named(tmp_path, merged):
    path = tmp_path / "trajectory.h5"
    with pytest.raises(UserError, match=r"There is no file .*trajectory\.h5"):
        trajectory.read(path)
    trajectory.write(path, merged)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"trajectory\.h5 is not a readable HDF5 file"):
        trajectory.read(path)
    segment_rdms.write(path, segment())
    with pytest.raises(UserError, match="has no 'categories'"):
        trajectory.read(path)


def test_rsatoolbox_gets_the_same_rdms_and_names(tmp_path, merged):
    pytest.importorskip("rsatoolbox")
    trajectory.write(tmp_path / "trajectory.h5", merged)
    rdms = trajectory.to_rsatoolbox(tmp_path / "trajectory.h5", "layer4")
    assert rdms.n_rdm == 5
    assert rdms.n_cond == 4
    assert (rdms.dissimilarities == merged.rdms["layer4"]).all()
    matrix = rdms.subset("epoch", 2.0).get_matrices()[0]
    assert matrix[0, 3] == merged.rdms["layer4"][3, 2]
    assert list(rdms.pattern_descriptors["stimulus"]) == list(STIMULUS)
    assert rdms.subset_pattern("face", True).n_cond == 2
    assert rdms.descriptors["seed"] == 3
    with pytest.raises(UserError, match="no layer 'layer2': choose from layer4, layer1"):
        trajectory.to_rsatoolbox(tmp_path / "trajectory.h5", "layer2")
