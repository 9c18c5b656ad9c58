"""Similarity to references is rsatoolbox's, and the figure shows the table and the ceiling."""

import numpy as np
import pytest
import rsatoolbox
from test_figures import assert_nothing_is_cut_off, band_edges, lines

from trajectories.analyses.references import figure as figure_references
from trajectories.analyses.references import table as references
from trajectories.rdms import similarity
from trajectories.rdms.reference_rdms import MEAN, Reference
from trajectories.rdms.trajectory import Trajectory
from trajectories.storage import tables

TOOLBOX = {"pearson": "corr", "spearman": "spearman", "kendall": "tau-a", "cosine": "cosine"}
RNG = np.random.default_rng(0)
N_PAIRS = 66
BRAIN = RNG.random(N_PAIRS)


def trajectory(seed: int = 1, epoch=(0.0, 0.25, 1.0, 2.0), condition: str = "moco") -> Trajectory:
    """Layer `b` grows towards the brain, layer `a` does not."""
    rng = np.random.default_rng(seed)
    noise = rng.random((2, len(epoch), N_PAIRS))
    rdms = {"a": noise[0], "b": noise[1] + np.outer(epoch, BRAIN)}
    names = tuple(f"image {index}" for index in range(12))
    attributes = {"condition": condition, "seed": seed}
    return Trajectory(rdms, np.array(epoch), names, {}, attributes)


def group(n: int = 3, name: str = "it") -> Reference:
    rng = np.random.default_rng(n)
    rdms = BRAIN + 0.3 * rng.random((n, N_PAIRS))
    return Reference(name, tuple(f"s{index}" for index in range(n)), rdms)


@pytest.mark.parametrize("measure", similarity.MEASURES)
def test_similarities_are_those_of_rsatoolbox(measure) -> None:
    instance, reference = trajectory(), group()
    found = references.similarities(instance, [reference], measure)
    brains = rsatoolbox.rdm.RDMs(reference.rdms)
    for layer, rdms in instance.rdms.items():
        expected = rsatoolbox.rdm.compare(rsatoolbox.rdm.RDMs(rdms), brains, TOOLBOX[measure])
        rows = found.references[found.references["layer"] == layer]
        np.testing.assert_allclose(rows["similarity"], expected.mean(axis=1), atol=1e-12)
        assert rows["epoch"].tolist() == [0, 0.25, 1, 2]
        of_layer = found.subjects[found.subjects["layer"] == layer]
        by_subject = of_layer.pivot(index="epoch", columns="subject", values="similarity")
        np.testing.assert_allclose(by_subject[list(reference.subject)], expected, atol=1e-12)
        mean = rsatoolbox.rdm.RDMs(reference.rdms.mean(axis=0))
        to_mean = rsatoolbox.rdm.compare(rsatoolbox.rdm.RDMs(rdms), mean, TOOLBOX[measure])
        np.testing.assert_allclose(by_subject[MEAN], to_mean[:, 0], atol=1e-12)


def test_a_network_that_becomes_the_brain_reaches_its_ceiling() -> None:
    """The truth lies between the bounds, a layer of noise near 0."""
    instance = trajectory(epoch=(0, 1, 1000))
    reference = group(8)
    found = references.similarities(instance, [reference], "pearson").references
    last = found[found["epoch"] == 1000].set_index("layer")["similarity"]
    [ceiling] = references.ceilings([reference], "pearson").itertuples()
    assert ceiling.lower < last["b"] < ceiling.upper
    assert abs(last["a"]) < 0.35
    growth = found[found["layer"] == "b"]["similarity"].diff().dropna()
    assert (growth > 0).all()


def test_one_subject_is_its_own_mean_and_has_no_ceiling() -> None:
    found = references.similarities(trajectory(), [group(1)], "pearson")
    by_subject = found.subjects.pivot(
        index=["layer", "epoch"], columns="subject", values="similarity"
    )
    np.testing.assert_array_equal(by_subject["s0"], by_subject[MEAN])
    np.testing.assert_array_equal(by_subject["s0"], found.references["similarity"])
    ceiling = references.ceilings([group(1)], "pearson")
    assert ceiling["lower"].isna().all()
    assert ceiling["upper"].isna().all()


def test_an_rdm_without_correlation_is_named() -> None:
    instance = trajectory()
    instance.rdms["b"][1] = 1
    with pytest.raises(similarity.ConstantRDMError, match=r"b at epoch 0\.25"):
        references.similarities(instance, [group()], "pearson")


ONE_AND_MANY = (group(1, "one"), group(4, "many"))


def study(seeds=(1, 2, 3), conditions=("moco",), groups=ONE_AND_MANY):
    """Summary and ceilings, written, read, and put together as in the workflow."""
    parts = [
        references.similarities(trajectory(seed, condition=condition), groups, "pearson")
        for condition in conditions
        for seed in seeds
    ]
    together = tables.concatenate([part.references for part in parts])
    return tables.summarise(together), references.ceilings(groups, "pearson")


def test_tables_are_read_back(tmp_path) -> None:
    made = references.similarities(trajectory(condition="None"), [group()], "pearson")
    for index, table in enumerate(made):
        tables.write(tmp_path / f"{index}.csv", table)
        assert tables.read(tmp_path / f"{index}.csv").equals(table)
    summary = tables.summarise(made.subjects)
    assert list(summary["subject"].unique()) == ["s0", "s1", "s2", MEAN]
    ceilings = references.ceilings([group(1), group(2)], "pearson")
    tables.write(tmp_path / "c.csv", ceilings)
    assert tables.read_columns(tmp_path / "c.csv", references.CEILINGS).equals(ceilings)


def test_the_figure_shows_means_bands_untrained_level_and_ceiling() -> None:
    summary, ceilings = study()
    figure = figure_references.draw(summary, ceilings)
    one, many = figure.axes
    for axes, name in ((one, "one"), (many, "many")):
        for layer in ("a", "b"):
            rows = summary[(summary["layer"] == layer) & (summary["reference"] == name)]
            np.testing.assert_array_equal(lines(axes)[layer].get_ydata(), rows["mean"])
            untrained = [line for line in axes.lines if line.get_linestyle() == ":"]
            assert rows["mean"].iloc[0] in [line.get_ydata()[0] for line in untrained]
        low, _ = band_edges(axes.collections[0])
        rows = summary[(summary["layer"] == "a") & (summary["reference"] == name)]
        np.testing.assert_allclose(low, rows["mean"] - rows["sd"], atol=1e-12)
    [band] = many.patches
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx(
        tuple(ceilings.loc[1, ["lower", "upper"]])
    )
    assert not one.patches
    assert_nothing_is_cut_off(figure)


@pytest.mark.parametrize(
    ("conditions", "n_groups"), [(("moco",), 1), (("moco", "cold"), 2), (("a", "b", "c"), 5)]
)
@pytest.mark.parametrize("seeds", [(1,), (1, 2)])
def test_any_number_of_references_and_conditions(conditions, n_groups, seeds) -> None:
    groups = [group(index + 1, f"reference_{index}") for index in range(n_groups)]
    summary, ceilings = study(seeds, conditions, groups)
    figure = figure_references.draw(summary, ceilings)
    assert len(figure.axes) == len(conditions) * n_groups
    titles = {axes.get_title() for axes in figure.axes}
    assert len(titles) == len(figure.axes)
    assert_nothing_is_cut_off(figure)
    said = figure_references.caption(summary, ceilings)
    assert ("± SD" in said) == (len(seeds) > 1)
    assert "reference_0, 1 RDM" in said
    assert ("grey band" in said) == (n_groups > 1)


def test_first_epoch_leaves_out_what_is_before() -> None:
    summary, ceilings = study()
    figure = figure_references.draw(summary, ceilings, first_epoch=1)
    assert all(line.get_linestyle() != ":" for axes in figure.axes for line in axes.lines)
    assert "Dotted" not in figure_references.caption(summary, ceilings, first_epoch=1)
    with pytest.raises(similarity.UserError, match="no checkpoint at epoch 9 or later"):
        figure_references.draw(summary, ceilings, first_epoch=9)
