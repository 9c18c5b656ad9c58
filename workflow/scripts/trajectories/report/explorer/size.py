"""How much of a study the explorer shows: as much as a page of 15 megabytes has room for."""

from dataclasses import dataclass
from math import isqrt

from trajectories.rdms.rdm import n_pairs

# Characters of the page that RDMs may take; figures, test images and curves take the rest.
MOST_BYTES = 7_000_000
# Characters that places of test images on the map may take: a tenth of the RDMs' or less, unless
# there are few images and very many networks.
MOST_PLACES = 1_000_000
# Numbers of the curves and paths; each takes some 8 characters.
MOST_NUMBERS = 250_000
# More rows would be too thin to be distinguished on a screen.
MOST_IMAGES = 160
# Fewer images are shown rather than fewer checkpoints, and no instances rather than fewer images.
FEWEST_CHECKPOINTS, FEWEST_IMAGES = 24, 48


@dataclass(frozen=True)
class Size:
    """What is shown.

    Parameters
    ----------
    instances : bool
        RDMs of each network instance, not only their mean.
    images : int
        Test images in each RDM.
    checkpoints : int
        RDMs of a layer of an instance, at most.
    points : int
        Checkpoints of a curve or path, at most.
    places : bool
        Whether there is a map of the test images.
    """

    instances: bool
    images: int
    checkpoints: int
    points: int
    places: bool


def characters(n_images: int) -> int:
    """Characters of an RDM: a byte for each pair, in base64."""
    return _base64(n_pairs(n_images))


def characters_of_places(n_images: int) -> int:
    """Characters of the places of all images at a checkpoint: two bytes for each, in base64."""
    return _base64(2 * n_images)


def _base64(n_bytes: int) -> int:
    return -(-n_bytes // 3) * 4


def fit(
    n_images: int,
    n_checkpoints: int,
    n_means: int,
    n_instances: int,
    numbers: int,
    most_bytes: int = MOST_BYTES,
) -> Size:
    """Choose how much to show.

    Parameters
    ----------
    n_images, n_checkpoints : int
        Of the study; checkpoints of the instance that has most.
    n_means : int
        Layers of all conditions: what is shown in any case.
    n_instances : int
        Layers of all instances: what is shown where there is room.
    numbers : int
        Numbers in the curves and the path of one layer at one checkpoint.
    most_bytes : int
        Of all RDMs in the page.

    Returns
    -------
    Size
        Its RDMs take at most `most_bytes`, if these have room for two checkpoints of three images.
    """
    few = min(n_checkpoints, FEWEST_CHECKPOINTS)
    for instances in (True, False):
        series = n_means + n_instances * instances
        images = min(n_images, MOST_IMAGES)
        if series * few * characters(images) > most_bytes:
            images = max(3, min(images, _most_images(most_bytes // (series * few))))
        if images >= min(n_images, FEWEST_IMAGES):
            break
    fitting = most_bytes // (series * characters(images))
    checkpoints = min(n_checkpoints, max(2, fitting))
    points = MOST_NUMBERS // (series * numbers)
    return Size(
        instances=instances,
        images=images,
        checkpoints=checkpoints,
        points=min(n_checkpoints, max(FEWEST_CHECKPOINTS, points)),
        places=series * checkpoints * characters_of_places(images) <= MOST_PLACES,
    )


def _most_images(room: int) -> int:
    """Most images whose RDM has so many characters at most."""
    images = isqrt(8 * (room * 3 // 4) + 1) // 2 + 1
    while images > 2 and characters(images) > room:
        images -= 1
    return images


def left_out(size: Size, n_images: int, n_checkpoints: int) -> list[str]:
    """Sentences that say what of a study is not shown."""
    said = []
    if size.images < n_images:
        said.append(
            f"RDMs and maps show {size.images} of the {n_images:,} test images, evenly spaced in"
            " their order; paths and curves use all."
        )
    if size.checkpoints < n_checkpoints:
        said.append(
            f"RDMs and maps are shown at {size.checkpoints} of {n_checkpoints:,} checkpoints: the"
            " first, the last, and others evenly spaced in log(epoch)."
        )
    if size.points < n_checkpoints:
        said.append(f"Curves have {size.points} points, chosen in the same way.")
    if not size.instances:
        said.append("Conditions with several networks are shown by their means only.")
    if not size.places:
        said.append(
            "The test images are not shown on a map: the page has no room for so many networks."
        )
    return said
