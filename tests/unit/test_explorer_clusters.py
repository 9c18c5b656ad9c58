"""Similar test images lie beside each other in the explorer's order by clustering."""

import numpy as np
from explorer_cases import LAYERS, N_IMAGES, ORDER, SEEDS, plant
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from trajectories.report.explorer import content as explorer
from trajectories.report.explorer import order as explorer_order
from trajectories.report.explorer.rdms import Shown


def groups(n_images: int, n_groups: int) -> np.ndarray:
    """RDM of images that take turns among groups, within which they are similar."""
    group = np.arange(n_images) % n_groups
    far = np.abs(group[:, None] - group[None]) + 0.01 * np.random.default_rng(1).random(n_images)
    return squareform(far + far.T, checks=False)


def test_groups_are_put_together() -> None:
    rdms = np.stack([np.random.default_rng(2).random(45), groups(10, 3)])
    shown = [
        Shown("moco", None, "layer1", np.array([0.0, 5.0]), rdms[::-1]),
        Shown("moco", None, "layer4", np.array([0.0, 5.0]), rdms),
        Shown("moco", 1, "layer4", np.array([0.0, 5.0]), rdms[::-1]),
        Shown("own", 1, "layer4", np.array([0.0, 5.0]), rdms[::-1]),
    ]
    found = explorer_order.clustered(shown, ["layer1", "layer4"], str.upper)
    assert sorted(found["order"]) == list(range(10))
    group = np.array(found["order"]) % 3
    assert np.count_nonzero(np.diff(group)) == 2
    # Neighbouring groups are the more similar ones.
    assert group.tolist() in (sorted(group), sorted(group, reverse=True))
    assert found["of"] == "LAYER4 of MOCO (mean of all networks) at its last checkpoint"


def test_one_network_is_named() -> None:
    shown = [Shown("own", 7, "layer1", np.zeros(1), np.ones((1, 1)))]
    found = explorer_order.clustered(shown, ["layer1"])
    assert found["of"] == "layer1 of own (seed 7) at its last checkpoint"
    assert sorted(found["order"]) == [0, 1]


def test_the_page_has_the_order_of_the_mean_of_the_last_layer(tmp_path) -> None:
    planted = plant(tmp_path)
    built = explorer.build(planted.sources(), planted.stimulus)
    mean = np.mean([planted.rdm("moco", seed, LAYERS[-1], 3) for seed in SEEDS["moco"]], axis=0)
    condensed = squareform(mean[np.ix_(ORDER, ORDER)], checks=False)
    tree = hierarchy.linkage(condensed, "average")
    # Leaves below a branch lie side by side.
    places = np.argsort(built["clusters"]["order"])
    for height in tree[:, 2]:
        for cluster in np.unique(members := hierarchy.fcluster(tree, height, "distance")):
            own = np.sort(places[members == cluster])
            assert np.ptp(own) == len(own) - 1
    assert len(places) == N_IMAGES
