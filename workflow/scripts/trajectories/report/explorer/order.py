"""An order of the test images in which similar ones lie beside each other."""

from collections.abc import Callable, Sequence
from typing import Any

from scipy.cluster import hierarchy

from trajectories.report.explorer.rdms import Shown


def clustered(
    shown: Sequence[Shown], layers: Sequence[str], called: Callable[[str], str] = str
) -> dict[str, Any]:
    """Order of the leaves of average linkage, such that neighbours are as similar as can be.

    One order for all RDMs of the page: that of the last layer of the first condition, of the mean
    of its networks where there is one, at the last checkpoint.

    Parameters
    ----------
    shown : sequence of Shown
        All that is shown, the mean of a condition before its networks.
    layers : sequence of str
        From the first to the last.
    called : function
        What the page calls a layer or condition.

    Returns
    -------
    dict
        ``order``: numbers of the images, as the RDMs have them; ``of``: the RDM in words.
    """
    condition = shown[0].condition
    [chosen, *_] = [
        each for each in shown if each.condition == condition and each.layer == layers[-1]
    ]
    tree = hierarchy.linkage(chosen.rdms[-1], "average", optimal_ordering=True)
    network = "mean of all networks" if chosen.seed is None else f"seed {chosen.seed}"
    place = f"{called(chosen.layer)} of {called(condition)} ({network})"
    return {
        "order": hierarchy.leaves_list(tree).tolist(),
        "of": f"{place} at its last checkpoint",
    }
