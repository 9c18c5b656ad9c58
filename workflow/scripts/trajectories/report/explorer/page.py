"""The explorer as a part of an HTML page: its style, its program, and what it shows."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STYLE = "explorer.css"
PROGRAM = (
    "rdm.js",
    "order.js",
    "by_hand.js",
    "scales.js",
    "charts.js",
    "legends.js",
    "pair.js",
    "changes.js",
    "comparison.js",
    "places.js",
    "picture.js",
    "export.js",
    "permalink.js",
    "explorer.js",
    "scrolling.js",
)
FILES = ("explorer.html.jinja", STYLE, *PROGRAM)


@dataclass(frozen=True)
class Part:
    """What a template writes into the page as it is, with the filter `safe`.

    Attributes
    ----------
    style, script, data : str
        CSS, JavaScript and JSON, safe to stand inside their elements.
    policy : str
        The source that the page's content security policy allows scripts from: this one alone.
    left_out : sequence of str
        Sentences that say what of the study is not shown.
    """

    style: str
    script: str
    data: str
    policy: str
    left_out: Sequence[str]


def read(folder: Path, data: Mapping[str, Any]) -> Part:
    """Read style and program from a folder.

    Raises
    ------
    OSError
        If a file is missing.
    """
    script = "".join((folder / name).read_text(encoding="utf-8") for name in PROGRAM)
    style = (folder / STYLE).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return Part(style, script, as_json(data), f"'sha256-{digest}'", data["left_out"])


def as_json(data: Mapping[str, Any]) -> str:
    """JSON in which no name can end or change its HTML element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
