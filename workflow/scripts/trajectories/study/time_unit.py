"""The unit in which a study counts time: epochs, or what the config says, on axes and in words."""

import re
from collections.abc import Mapping
from typing import Any

EPOCHS: Mapping[str, Any] = {"unit": "epochs", "label": None}

_AXIS = re.compile(r"Training time \(epochs(, [^)]*)?\)")


def label(time: Mapping[str, Any]) -> str:
    """Title of an axis of time.

    Parameters
    ----------
    time : mapping
        The block `time` of the config: `unit`, and `label` or None.
    """
    return time["label"] or f"Training time ({time['unit']})"


def relabelled(text: str, time: Mapping[str, Any]) -> str:
    """A text in a figure that speaks of epochs, in the unit of the study."""
    if time["unit"] == EPOCHS["unit"] and time["label"] is None:
        return text
    text = _AXIS.sub(lambda found: label(time) + (found[1] or ""), text)
    text = text.replace("consecutive epochs", "consecutive checkpoints")
    text = text.replace("per epoch", "per unit of time")
    text = re.sub(r"\bepochs\b", lambda _: time["unit"], text)
    return re.sub(r"\bepoch\b", "time", text)


def moment(value: float, time: Mapping[str, Any]) -> str:
    """A point in time, as above a picture: "epoch 3", or "Images seen (millions): 0.5"."""
    if time["label"] is not None:
        return f"{time['label']}: {value:g}"
    return f"epoch {value:g}" if time["unit"] == EPOCHS["unit"] else f"{time['unit']}: {value:g}"


def note(time: Mapping[str, Any]) -> str:
    """What a text that speaks of epochs has to add; empty where it means epochs."""
    if time["unit"] == EPOCHS["unit"]:
        return ""
    meant = f" ({time['label']})" if time["label"] else ""
    return f"Time is counted in {time['unit']}{meant}: where epochs are named, these are meant."
