"""Colours mean one thing, and differ on grey copies and for colour-blind readers.

The truths are the definition of lightness (CIE 1976) and the simulation of colour blindness by
Machado, Oliveira & Fernandes (2009).
"""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from trajectories.plotting import palette

# Table 1 there, at full severity, for linear sRGB.
BLIND = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(colour: str) -> np.ndarray:
    channels = np.array(to_rgb(colour))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB (IEC 61966-2-1, CIE 15), white of D65."""
    ratio = np.clip(XYZ @ rgb, 0, None) / np.sum(XYZ, axis=1)
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def lightness(colour: str) -> float:
    return float(lab(linear(colour))[0])


@pytest.mark.parametrize("of", ["category", "other", "condition"])
def test_hues_differ_in_greyscale_and_show_on_white(of: str) -> None:
    values = [lightness(colour) for colour in palette.HUES[of]]
    assert all(abs(a - b) > 3 for a, b in itertools.combinations(values, 2))
    assert abs(values[0] - values[1]) > 20
    assert max(values) < 75


@pytest.mark.parametrize("n", range(1, 9))
def test_layers_darken_with_depth(n: int) -> None:
    layers = [f"layer{place}" for place in range(n)]
    values = [lightness(colour) for colour in palette.colours(layers, "layer").values()]
    assert list(palette.colours(layers, "layer")) == layers
    assert all(a - b > 5 for a, b in itertools.pairwise(values))
    assert max(values) < 72


@pytest.mark.parametrize("n", range(4, 10))
def test_many_conditions_lighten_in_their_order(n: int) -> None:
    conditions = [f"onset {place}" for place in range(n)]
    values = [lightness(colour) for colour in palette.colours(conditions, "condition").values()]
    assert list(palette.colours(conditions, "condition")) == conditions
    assert all(b - a > 5 for a, b in itertools.pairwise(values))
    assert max(values) < 72


@pytest.mark.parametrize("kind", BLIND)
def test_layers_and_categories_differ_for_colour_blind_readers(kind: str) -> None:
    categories = palette.HUES["category"][:4]
    layers = palette.colours(["early", "middle", "late"], "layer").values()
    seen = {
        colour: lab(np.clip(np.array(BLIND[kind]) @ linear(colour), 0, 1))
        for colour in (*categories, *layers)
    }
    pairs = [*itertools.combinations(categories, 2), *itertools.product(categories, layers)]
    assert min(np.linalg.norm(seen[a] - seen[b]) for a, b in pairs) > 15


def test_looks_together_tell_40_names_apart() -> None:
    names = [f"name {index}" for index in range(40)]
    markers, lines = palette.markers(names), palette.lines(names)
    for of in palette.HUES:
        shades = palette.colours(names, of)
        assert len({(shades[name], markers[name], str(lines[name])) for name in names}) == 40


def test_what_is_no_layer_category_or_condition_has_hues_of_its_own() -> None:
    own = set(palette.colours(list("abcdef"), "model").values())
    for of in ("category", "condition", "layer"):
        assert not own & set(palette.colours(list("abcdef"), of).values())
