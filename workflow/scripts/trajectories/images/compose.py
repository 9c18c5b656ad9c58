"""Training images composed of one glyph each on varied backgrounds."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trajectories.errors import UserError
from trajectories.seeding import generator

# Of the image's side. The drawings themselves leave a margin of a tenth around the glyph.
SCALE = (0.65, 1.0)
ROTATION = 15.0  # degrees, either way
MID_GREY = 128.0
# Muted, or a network would distinguish images by their backgrounds and learn nothing about objects.
CONTRAST = 48.0  # levels of 255, either way of mid-grey
BACKGROUNDS = ("grey", "flat", "gradient", "texture")  # equally likely

_GLYPH, _TURN, _PICTURE = 0, 1, 2  # the kinds of place that randomness is keyed on


def choose(families: Sequence[Sequence[str]], count: int, seed: int) -> tuple[list[str], list[int]]:
    """Glyph and family of each image of a set in which every family that occurs occurs twice.

    Images 2k and 2k + 1 show the same family: the families come in a random order, one for each
    pair, and in a new order once all have had a turn. An odd last image joins the pair before.
    So a nearest neighbour of the same family exists for every image, also in any even number of
    images from the start. Within its family each image draws any glyph, so that a pair may differ
    in skin tone, gender, hair or colour. Choosing images by family, not by glyph, keeps people
    (more than half of all glyphs, by their variants) from crowding out everything else.

    Parameters
    ----------
    families : sequence of sequences of str
        The glyphs of each family.
    count : int
        Number of images, at least 2.
    seed : int
        Image i depends on `families`, `seed` and i alone (but for an odd last one).

    Returns
    -------
    glyphs : list of str, one for each image
    label : list of int, one for each image
        Index into `families`.

    Raises
    ------
    UserError
        If there are fewer than two images or no families.
    """
    if count < 2:
        raise UserError(f"images.count is {count}: ask for at least 2 images.")
    if not families:
        raise UserError("No glyphs are left to learn from: use fewer of them as test images.")
    orders = [
        generator(seed, "sample", _TURN, turn).permutation(len(families))
        for turn in range((count // 2 - 1) // len(families) + 1)
    ]
    glyphs, label = [], []
    for index in range(count):
        turn, place = divmod(min(index // 2, count // 2 - 1), len(families))
        chosen = int(orders[turn][place])
        rng = generator(seed, "sample", _GLYPH, index)
        glyphs.append(families[chosen][int(rng.integers(len(families[chosen])))])
        label.append(chosen)
    return glyphs, label


def compose(
    families: Sequence[Sequence[str]],
    draw: Callable[[str], NDArray[np.uint8]],
    count: int,
    size: int,
    seed: int,
    advance: Callable[[], object] = lambda: None,
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Images of one glyph each, scaled, turned a little and shifted, on varied backgrounds.

    Parameters
    ----------
    families : sequence of sequences of str
        The glyphs of each family; `choose` says which image shows which.
    draw : callable
        Gives the picture of a glyph: uint8 of shape (height, width, 4), red, green, blue and
        opacity. Called once for each distinct glyph.
    count : int
        Number of images, at least 2.
    size : int
        Side of the square images in pixels.
    seed : int
        Image i depends on `families`, `size`, `seed` and i alone.
    advance : callable
        Called after each image, to show progress.

    Returns
    -------
    images : uint8 array of shape (count, size, size, 3)
        Red, green, blue.
    label : int32 array of shape (count,)
        Index into `families`.

    Raises
    ------
    UserError
        If there are fewer than two images, no families, or images of under 8 pixels.
    """
    if size < 8:
        raise UserError(f"images.stored_size is {size} px: a glyph needs at least 8 px.")
    glyphs, label = choose(families, count, seed)
    images = np.empty((count, size, size, 3), dtype=np.uint8)
    order = sorted(range(count), key=glyphs.__getitem__)  # so that each glyph is drawn once
    drawn, picture = "", Image.new("RGBA", (1, 1))
    for index in order:
        if glyphs[index] != drawn:
            drawn = glyphs[index]
            picture = Image.fromarray(draw(drawn))
        rng = generator(seed, "sample", _PICTURE, index)
        canvas = Image.fromarray(background(size, rng))
        place(picture, canvas, rng)
        images[index] = np.asarray(canvas)
        advance()
    return images, np.array(label, dtype=np.int32)


def background(size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Mid-grey, a flat muted colour, a gradient or a smooth texture of two such colours.

    Returns
    -------
    uint8 array of shape (size, size, 3)
    """
    kind = BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))]
    first, second = MID_GREY + rng.uniform(-CONTRAST, CONTRAST, (2, 3))
    mix = np.zeros((size, size))
    if kind == "grey":
        first[:] = MID_GREY
    elif kind == "gradient":
        angle = rng.uniform(0, 2 * np.pi)
        across = np.linspace(-1, 1, size)
        mix = 0.5 + (np.cos(angle) * across + np.sin(angle) * across[:, None]) / (2 * np.sqrt(2))
    elif kind == "texture":
        cells = int(rng.integers(2, 7))
        coarse = Image.fromarray(rng.random((cells, cells), dtype=np.float32))
        mix = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC)).clip(0, 1)
    colours: NDArray[np.uint8] = np.rint(first + mix[:, :, None] * (second - first)).astype(
        np.uint8
    )
    return colours


def place(picture: Image.Image, canvas: Image.Image, rng: np.random.Generator) -> None:
    """Paste `picture` (RGBA) into the square `canvas` (RGB) at a random scale, angle and place."""
    size = canvas.width
    side = round(size * rng.uniform(*SCALE))
    angle = rng.uniform(-ROTATION, ROTATION)
    centre = size / 2 + rng.uniform(-1, 1, 2) * (size - side) / 2
    # Pillow scales and turns RGBA with colours weighted by opacity: no dark fringes.
    glyph = picture.resize((side, side), Image.Resampling.BICUBIC)
    glyph = glyph.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    left, top = np.rint(centre - np.array(glyph.size) / 2).astype(int).tolist()
    canvas.paste(glyph, (left, top), glyph)
