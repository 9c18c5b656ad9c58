"""Which checkpoints to show or to compare where there are too many."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def thin(epoch: ArrayLike, most: int) -> NDArray[np.intp]:
    """Checkpoints to keep: the first, the last, and others spaced evenly in log(epoch).

    Again and again the checkpoint that is farthest from all that are kept (the earlier, if two
    are) is kept as well: Gonzalez (1985), Theoretical Computer Science 38, 293-306. Learning slows
    down, so on this axis steps are more alike than on a linear one. Epoch 0 counts as half of the
    first epoch after it.

    Parameters
    ----------
    epoch : array of shape (n_checkpoints,)
        Increasing, not negative.
    most : int
        At least 2.

    Returns
    -------
    int array of shape (min(n_checkpoints, most),)
        Increasing indices; the same for all instances with the same checkpoints.
    """
    epochs = np.asarray(epoch, dtype=np.float64)
    if len(epochs) <= most:
        return np.arange(len(epochs))
    place = np.log(np.where(epochs > 0, epochs, epochs[epochs > 0].min() / 2))
    kept = [0, len(epochs) - 1]
    gap = np.abs(place[:, None] - place[kept]).min(axis=1)
    while len(kept) < most:
        farthest = int(gap.argmax())
        kept.append(farthest)
        gap = np.minimum(gap, np.abs(place - place[farthest]))
    return np.sort(np.array(kept, dtype=np.intp))
