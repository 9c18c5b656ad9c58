"""Planted category models come back with their weights, and no others.

The truths are planted sums, scipy on the whole problem, and the published and packaged images.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from scipy.spatial.distance import squareform

from trajectories.analyses.model_rdms import figure as figure_model_rdms
from trajectories.analyses.model_rdms import table as model_rdms
from trajectories.errors import UserError
from trajectories.rdms.similarity import ConstantRDMError
from trajectories.statistics.states import Series
from trajectories.stimuli.table import read_table

TABLE = Path(__file__).parents[2] / "config/stimuli/openmoji96.csv"
RNG = np.random.default_rng(0)
N = 16
FLAGS = {
    "animal": np.arange(N) < 8,
    "face": np.isin(np.arange(N), [0, 1, 2, 3]),
    "natural": np.arange(N) < 12,
}


def series(rdms, seed=1, epochs=None):
    epoch = np.arange(len(rdms), dtype=np.float64) if epochs is None else np.array(epochs)
    return Series("moco", seed, "layer1", epoch, np.asarray(rdms), np.arange(len(rdms)))


def test_a_model_is_one_across_its_division_and_zero_on_either_side() -> None:
    models = model_rdms.select(None, FLAGS, N)
    assert models.names == ("animacy", "faces", "bodies", "natural")
    square = squareform(models.rdms[1])
    for i in range(N):
        for j in range(N):
            assert square[i, j] == ((i < 4) != (j < 4))
    bodies = squareform(models.rdms[2])
    assert (bodies[4:8, :4] == 1).all()
    assert (bodies[4:8, 8:] == 1).all()
    assert (bodies[4:8, 4:8] == 0).all()


@pytest.mark.parametrize("planted", [(0.3, 0.1, 0, 0.05, 0.6), (0, 0, 0, 0, 0.5), (1, 0, 0, 0, 0)])
def test_planted_weights_come_back(planted) -> None:
    models = model_rdms.select(None, FLAGS, N)
    rdm = np.array(planted[:4]) @ models.rdms + planted[4]
    noise = 1e-9 * RNG.random(rdm.size)
    weights, unique, explained = model_rdms.fit(models.rdms, rdm + noise)
    assert weights == pytest.approx(planted, abs=1e-8)
    if any(planted[:4]):
        assert explained == pytest.approx(1)
        assert ((unique > 1e-6) == (np.array(planted[:4]) > 0)).all()


def test_the_fit_is_that_of_another_solver_on_all_pairs() -> None:
    models = model_rdms.select(None, FLAGS, N)
    for _ in range(20):
        rdm = RNG.random(N * (N - 1) // 2) + 0.3 * models.rdms[0] - 0.4 * models.rdms[2]
        design = np.vstack([models.rdms, np.ones_like(rdm)]).T

        def truth(kept, design=design, rdm=rdm):
            found = lsq_linear(design[:, kept], rdm, bounds=(0, np.inf), tol=1e-14)
            residual = rdm - design[:, kept] @ found.x
            return found.x, 1 - residual @ residual / ((rdm - rdm.mean()) ** 2).sum()

        expected, r2 = truth([0, 1, 2, 3, 4])
        weights, unique, explained = model_rdms.fit(models.rdms, rdm)
        assert weights == pytest.approx(expected, abs=1e-6)
        assert explained == pytest.approx(r2, abs=1e-8)
        assert (weights >= 0).all()
        for model in range(4):
            without = [each for each in range(5) if each != model]
            assert unique[model] == pytest.approx(r2 - truth(without)[1], abs=1e-8)
            assert unique[model] >= -1e-12


def test_a_negative_effect_gets_no_weight() -> None:
    models = model_rdms.select({"faces": "face"}, FLAGS, N)
    weights, unique, explained = model_rdms.fit(models.rdms, 1 - 0.5 * models.rdms[0])
    assert weights[0] == 0
    assert (unique[0], explained) == pytest.approx((0, 0), abs=1e-12)


def test_default_models_that_images_have_not_are_left_out_with_a_sentence() -> None:
    models = model_rdms.select(None, {"animal": FLAGS["animal"]}, N)
    assert models.names == ("animacy",)
    assert len(models.left_out) == 3
    assert "'face', which the stimulus table lacks" in models.left_out[0]
    all_animals = FLAGS | {"animal": np.ones(N, bool), "natural": np.ones(N, bool)}
    models = model_rdms.select(None, all_animals, N)
    assert models.names == ("faces",)
    assert "all test images on one side" in models.left_out[0]
    assert "'bodies'" in models.left_out[1]
    assert "the models before it do not" in models.left_out[1]


def test_wanted_models_that_images_have_not_are_refused() -> None:
    with pytest.raises(UserError, match="'tool', which the stimulus table lacks"):
        model_rdms.select({"tools": "tool"}, FLAGS, N)
    with pytest.raises(UserError, match=r"'none' .* on one side"):
        model_rdms.select({"none": "face & ~animal"}, FLAGS, N)
    with pytest.raises(UserError, match=r"'things' .* leave it out"):
        model_rdms.select({"animals": "animal", "things": "~animal"}, FLAGS, N)


def test_without_flags_there_are_no_models_but_a_table_and_a_figure() -> None:
    models = model_rdms.select(None, {}, N)
    assert models.names == ()
    table = model_rdms.table([series(RNG.random((3, N * (N - 1) // 2)))], models)
    assert table["model"].unique().tolist() == [model_rdms.CONSTANT]
    assert table["explained"].to_numpy() == pytest.approx([0] * 3, abs=1e-12)
    figure_model_rdms.draw(table).canvas.draw()
    assert "no flags" in figure_model_rdms.caption(table)


def test_the_table_says_which_state_and_model_each_row_is() -> None:
    models = model_rdms.select({"animals": "animal", "faces": "face"}, FLAGS, N)
    planted = np.array([[0.2, 0.0], [0.0, 0.1]])
    rdms = planted @ models.rdms + 0.5
    table = model_rdms.table([series(rdms), series(rdms[::-1], 2, [0.25, 7])], models)
    assert list(table.columns) == list(model_rdms.TABLE)
    weights = table.pivot(index=["seed", "epoch"], columns="model", values="weight")
    assert weights.loc[(1, 0), ["animals", "faces"]].tolist() == pytest.approx([0.2, 0])
    assert weights.loc[(2, 7), ["animals", "faces"]].tolist() == pytest.approx([0.2, 0])
    assert weights.loc[(2, 0.25), ["animals", "faces"]].tolist() == pytest.approx([0, 0.1])
    assert table.loc[table["model"] == model_rdms.CONSTANT, "unique"].isna().all()
    assert table["explained"].to_numpy() == pytest.approx(1)
    figure = figure_model_rdms.draw(table)
    assert [panel.get_title() for panel in figure.axes] == ["layer1", ""]
    assert "animals, faces" in figure_model_rdms.caption(table)


def test_an_rdm_without_variance_is_refused_by_name() -> None:
    models = model_rdms.select(None, FLAGS, N)
    with pytest.raises(ConstantRDMError, match=r"layer1 at epoch 0 \(moco seed 1\)"):
        model_rdms.table([series(np.ones((1, N * (N - 1) // 2)))], models)


def test_the_packaged_images_have_all_default_models() -> None:
    table = read_table(TABLE)
    models = model_rdms.select(None, table.flags, len(table.stimulus))
    assert models.names == tuple(model_rdms.MODELS)
    assert models.left_out == ()
    # 64 animals of 96 images, 32 of them faces and 32 bodies, 80 natural.
    assert models.rdms.sum(axis=1).tolist() == [64 * 32, 32 * 64, 32 * 64, 80 * 16]
    assert (table.flags["body"] == (table.flags["animal"] & ~table.flags["face"])).all()
