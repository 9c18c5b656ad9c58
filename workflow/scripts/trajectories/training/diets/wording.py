"""A diet in a few words."""

from collections.abc import Mapping
from typing import Any

from trajectories.training.diets.strength import read_value


def said(diet: Mapping[str, Any] | None) -> str:
    """What a diet does, such as ``blur 4 → 2 → 0, reversed``; ``none`` without one.

    Parameters
    ----------
    diet : mapping or None
        `training.diet` of a recipe or of a resolved config.
    """
    if diet is None:
        return "none"
    order = diet.get("order", "forward")
    changes = "; ".join(map(_change, diet["changes"]))
    return changes if order == "forward" else f"{changes}, {order.replace('_', ' ')}"


def _change(change: Mapping[str, Any]) -> str:
    at, share = change["at"], change.get("share", 1)
    what = at if isinstance(at, str) else " → ".join(_value(value) for _, value in at)
    return f"{change['change']} {what}" + (f" in {share:.0%} of images" if share < 1 else "")


def _value(value: Any) -> str:
    low, high = read_value(value).limits
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"
