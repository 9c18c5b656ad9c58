"""Within and between are the pairs of the published analysis, and find planted structure."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat
from scipy.spatial.distance import squareform

from trajectories.errors import UserError
from trajectories.rdms import categories, rdm

PUBLISHED = (
    Path(__file__).parents[3]
    / "shared/data/kriegeskorte92/Kriegeskorte_Neuron2008_supplementalData.mat"
)
# Groups of the published set: human bodies, human faces, animal bodies, animal faces, natural
# objects, artificial objects.
GROUPS = {92: (12, 12, 12, 12, 23, 21), 96: (12, 12, 12, 12, 24, 24)}


def published_flags(n_stimuli):
    group = np.repeat(np.arange(6), GROUPS[n_stimuli])
    return {
        "human": group < 2,
        "face": (group == 1) | (group == 3),
        "animal": group < 4,
        "natural": group < 5,
    }


@pytest.fixture(scope="module")
def human_it():
    """Flags of the 92 published images and the RDM of human IT."""
    if not PUBLISHED.is_file():
        pytest.skip(f"the published RDMs are not in {PUBLISHED.parent}")
    content = loadmat(PUBLISHED, squeeze_me=True, struct_as_record=False)
    flags = {
        flag: np.array([bool(getattr(stimulus, flag)) for stimulus in content["stimuli_92objs"]])
        for flag in ("human", "face", "animal", "natural")
    }
    (dissimilarities,) = [
        each.RDM for each in content["RDMs_mIT_hIT_fig1"] if each.name.startswith("hIT")
    ]
    return flags, dissimilarities


@pytest.mark.parametrize(
    ("n_stimuli", "flag", "n_within", "n_between"),
    [
        (96, "face", 276, 1728),
        (96, "animal", 1128, 2304),
        (92, "face", 276, 1632),
        (92, "animal", 1128, 2112),
    ],
)
def test_pair_counts_are_the_published_ones(n_stimuli, flag, n_within, n_between):
    within, between = categories.pair_masks(published_flags(n_stimuli)[flag])
    assert within.size == between.size == n_stimuli * (n_stimuli - 1) / 2
    assert (within.sum(), between.sum()) == (n_within, n_between)
    assert not (within & between).any()


def test_pairs_are_those_of_a_square_matrix():
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat([0, 1, 2], [4, 3, 6]))
    within, between = categories.pair_masks(group == 0, group == 2)
    expected_within = np.zeros((13, 13), dtype=bool)
    expected_between = np.zeros((13, 13), dtype=bool)
    for i in range(13):
        for j in range(13):
            expected_within[i, j] = i != j and group[i] == group[j] == 0
            expected_between[i, j] = {group[i], group[j]} == {0, 2}
    assert (squareform(within) == expected_within).all()
    assert (squareform(between) == expected_between).all()


def test_planted_clusters_have_their_closed_form_distances():
    # Stimulus i of cluster k responds with a·c_k + b·e_i. The c and e are orthonormal and sum to
    # zero, so r = a² / (a² + b²) inside a cluster and 0 across clusters.
    rng = np.random.default_rng(1)
    basis, _ = np.linalg.qr(np.c_[np.ones(500), rng.standard_normal((500, 20))])
    common, own = basis[:, 1:5].T, basis[:, 5:].T
    cluster = np.repeat(np.arange(4), 4)
    checkpoints = [(0.0, 1.0), (1.0, 1.0), (3.0, 1.0)]
    rdms = np.stack(
        [rdm.correlation_distance(a * common[cluster] + b * own) for a, b in checkpoints]
    )
    masks = categories.pair_masks(cluster == 1)
    means = categories.category_dissimilarity(rdms, masks)
    expected = [[b**2 / (a**2 + b**2), 1.0] for a, b in checkpoints]
    np.testing.assert_allclose(means, expected, rtol=0, atol=1e-13)


def test_means_are_plain_means_over_pairs():
    rng = np.random.default_rng(2)
    rdms, flags = rng.uniform(0, 2, (3, 4560)), published_flags(96)
    masks = [m for flag in flags for m in categories.pair_masks(flags[flag])]
    means = categories.category_dissimilarity(rdms, masks)
    assert means.shape == (3, 8)
    for checkpoint in range(3):
        for index, mask in enumerate(masks):
            expected = np.mean([d for d, use in zip(rdms[checkpoint], mask, strict=True) if use])
            assert means[checkpoint, index] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", [1, 1, 0, 0]),
        ("~a", [0, 0, 1, 1]),
        ("a & b", [1, 0, 0, 0]),
        ("a | b", [1, 1, 1, 0]),
        ("~a & b", [0, 0, 1, 0]),
        ("~(a & b)", [0, 1, 1, 1]),
        ("a | ~a & b", [1, 1, 1, 0]),
        ("(a | ~a) & b", [1, 0, 1, 0]),
        ("  ~ ~a ", [1, 1, 0, 0]),
    ],
)
def test_expressions_follow_the_rules_of_logic(expression, expected):
    flags = {"a": np.array([1, 1, 0, 0]), "b": np.array([1, 0, 1, 0])}
    selected = categories.members(expression, flags)
    assert selected.dtype == bool
    assert selected.tolist() == [bool(value) for value in expected]


def test_selecting_leaves_the_flags_alone():
    flags = {"a": np.array([True, False])}
    categories.members("a", flags)[:] = False
    assert flags["a"].tolist() == [True, False]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "a b",
        "a and b",
        "not a",
        "a + b",
        "a ^ b",
        "-a",
        "a == b",
        "a[0]",
        "a.all()",
        "1",
        "True",
        "'a'",
        "__import__('os')",
        "(a := b)",
        "a, b",
        "[a for a in b]",
        "lambda: a",
        "a &",
        "a\x00",
    ],
)
def test_anything_but_a_logical_expression_is_refused(expression):
    flags = {"a": np.array([True, False]), "b": np.array([True, True])}
    with pytest.raises(UserError, match=r"'odd' has the expression .* cannot be read"):
        categories.members(expression, flags, "odd")


def test_unknown_flag_is_refused_with_the_known_ones():
    with pytest.raises(
        UserError, match=r"'pets' uses the flag 'dog'.*human, face, animal, natural"
    ):
        categories.members("animal & dog", published_flags(96), "pets")


@pytest.mark.parametrize(
    ("within", "between", "message"),
    [
        ([0, 0, 0], None, "has 0 of the 3 stimuli"),
        ([1, 0, 0], None, "has 1 of the 3 stimuli"),
        ([1, 1, 1], None, "has no stimuli to compare with"),
        ([1, 1, 0], [0, 0, 0], "has no stimuli to compare with"),
        ([1, 1, 0], [0, 1, 1], "shares 1 stimuli"),
    ],
)
def test_sets_without_proper_pairs_are_refused(within, between, message):
    with pytest.raises(UserError, match=f"'odd' {message}"):
        categories.pair_masks(within, between, "odd")


def test_default_between_is_everything_outside():
    flags = published_flags(96)
    (default,) = categories.select({"faces": {"within": "face"}}, flags)
    (spelled_out,) = categories.select({"faces": {"within": "face", "between": "~face"}}, flags)
    (bodies,) = categories.select({"f": {"within": "face", "between": "animal & ~face"}}, flags)
    assert default.name == "faces"
    assert (default.between == spelled_out.between).all()
    assert bodies.between.sum() == 24 * 24


@pytest.mark.parametrize(
    "text",
    [
        "faces",
        "{}",
        "[]",
        '{"faces": "face"}',
        '{"faces": {}}',
        '{"faces": {"between": "face"}}',
        '{"faces": {"within": "face", "without": "animal"}}',
        '{"faces": {"within": 3}}',
    ],
)
def test_definitions_of_another_form_are_refused(text):
    with pytest.raises(UserError):
        categories.parse(text)


def test_definitions_keep_their_order():
    text = '{"z": {"within": "a"}, "b": {"within": "c", "between": "d"}}'
    expected = {"z": {"within": "a"}, "b": {"within": "c", "between": "d"}}
    assert list(categories.parse(text).items()) == list(expected.items())


def test_published_flags_are_those_of_the_file(human_it):
    flags, _ = human_it
    assert all((flags[flag] == values).all() for flag, values in published_flags(92).items())


@pytest.mark.parametrize("flag", ["face", "animal"])
def test_human_it_groups_faces_and_animals(human_it, flag):
    flags, dissimilarities = human_it
    masks = categories.pair_masks(flags[flag])
    ((within, between),) = categories.category_dissimilarity(dissimilarities[None], masks)
    assert within < between - 0.05
