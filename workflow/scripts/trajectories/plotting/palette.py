"""Colours that mean one thing on the whole page, markers, and lines.

Layers are a ramp by depth, from pale to dark blue; categories are fixed hues that are not blue;
conditions are shades of grey with lines of their own, more than three a ramp in their order, from
black through plum to pink; whatever else has curves, such as models, has a third set of hues.
"""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

from matplotlib.colors import LinearSegmentedColormap, to_hex

DEPTH = ("#62B5DC", "#2A7AB9", "#0C4A8A", "#1B1250")
"""From the first layer to the last; lightness falls all the way."""
MANY = ("#1A1A1A", "#7A1157", "#C0569B", "#D98BC0")
"""From the first of many conditions to the last, as in a sweep; lightness rises all the way."""
HUES = {
    # Okabe & Ito (2008), darkened where two would be one grey.
    "category": ("#9C2F00", "#2DB48A", "#C98500", "#5C3317", "#5F7A14", "#D1495B"),
    "condition": ("#1A1A1A", "#7F7F7F", "#4D4D4D"),
    "other": ("#6A3D9A", "#CC79A7", "#8C7A00", "#333333", "#B8A24A", "#D7A6DE"),
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES: tuple[Any, ...] = ("-", (0, (3.2, 1.6)), (0, (1, 1)), (0, (5, 1, 1, 1)))


def colours(names: Sequence[str], of: str) -> dict[str, str]:
    """A colour for each name; those of `HUES` repeat.

    Parameters
    ----------
    names : sequence of str
        Layers from early to late; conditions in the order of the configuration.
    of : {"layer", "category", "condition"} or str
        What they are names of.
    """
    if of == "layer":
        # One layer alone, and the first of two, are dark enough for a thin line.
        return _ramp(names, DEPTH, 0.35 if len(names) < 3 else 0.0)
    if of == "condition" and len(names) > len(HUES[of]):
        return _ramp(names, MANY)
    return _each(names, HUES.get(of, HUES["other"]))


def _ramp(names: Sequence[str], along: Sequence[str], start: float = 0.0) -> dict[str, str]:
    ramp = LinearSegmentedColormap.from_list("", along)
    last = max(1, len(names) - 1)
    return {
        name: to_hex(ramp(start + (1 - start) * place / last)) for place, name in enumerate(names)
    }


def markers(names: Sequence[str]) -> dict[str, str]:
    """A marker for each name; they repeat beyond seven."""
    return _each(names, MARKERS)


def lines(conditions: Sequence[str]) -> dict[str, Any]:
    """A line style for each condition. With colours and markers none is like another."""
    return _each(conditions, LINES)


def _each(names: Sequence[str], looks: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, islice(cycle(looks), len(names)), strict=True))
