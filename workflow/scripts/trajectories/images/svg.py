"""Vector graphics drawn: an SVG file alone, without any other file, and whole."""

import base64
import binascii
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trajectories import given_files
from trajectories.errors import UserError
from trajectories.images import pictures

MOST_BYTES = 2**24
MOST_ELEMENTS = 100_000
"""Elements of a drawing, those that `use` repeats counted each time."""

_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SELECTOR = re.compile(r"[.#]?[\w-]+|\*")
_URL = re.compile(r"url\(\s*[\"']?\s*([^\"')\s]+)|(@import)", re.IGNORECASE)


def draw(path: Path, size: int) -> NDArray[np.uint8]:
    """Draw an SVG file at the size it is needed, with a transparent background.

    Parameters
    ----------
    path : Path
    size : int
        Side of the square picture in pixels. Graphics that are not square are centred in it.

    Returns
    -------
    uint8 array of shape (size, size, 4)
        Red, green, blue and opacity, not premultiplied.

    Raises
    ------
    UserError
        If the renderer is not installed, or the file is missing, is no SVG, or contains what is
        not drawn: other files, text (fonts differ between machines) and foreign objects.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise UserError(
            f"Drawing {path.name} needs the package resvg-py: install it with"
            " `pip install resvg-py`."
        ) from error
    raw = given_files.content(path, MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig")
        _check(ElementTree.fromstring(text), path)
        png = resvg_py.svg_to_bytes(
            svg_string=text, width=size, height=size, skip_system_fonts=True
        )
        drawing = Image.open(io.BytesIO(png), formats=["PNG"]).convert("RGBA")
    except (OSError, ValueError, ElementTree.ParseError, RecursionError) as error:
        raise UserError(
            f"{path} cannot be drawn ({error}): give the path of a complete SVG file."
        ) from error
    square = Image.new("RGBA", (size, size))
    square.paste(drawing, ((size - drawing.width) // 2, (size - drawing.height) // 2))
    return np.asarray(square)


def _check(root: Element, path: Path) -> None:
    """Refuse a drawing that would not be drawn whole, or not from this file alone."""
    for element in root.iter():
        if undrawn := _undrawn(element):
            raise UserError(
                f"{path} contains {undrawn}, which is not drawn: convert it to paths, or save the"
                " picture as PNG."
            )
        for target in _targets(element):
            if target.lower().startswith("data:"):
                _check_embedded(target, path)
            elif not target.startswith("#"):
                raise UserError(
                    f"{path} refers to {target[:80]!r}, and other files are not drawn: embed it in"
                    " the file, or save the picture as PNG."
                )
    _count(root, path)


def _kind(element: Element) -> str:
    """The name of an element of SVG, as the renderer takes it: without a namespace as well."""
    tag = element.tag if isinstance(element.tag, str) else ""  # of a comment it is no text
    return tag.removeprefix(_SVG)


def _undrawn(element: Element) -> str | None:
    kind = _kind(element)
    if kind == "text" and "".join(element.itertext()).strip():
        return "text"
    if kind == "foreignObject" and not element.get("requiredExtensions"):
        return "a foreign object"
    return None


def _targets(element: Element) -> Iterator[str]:
    """All that an element refers to, but links to click on."""
    texts = [element.text or ""] if _kind(element) == "style" else []
    for name, value in element.attrib.items():
        if name.removeprefix(_XLINK) != "href":
            texts.append(value)
        elif _kind(element) != "a" and value.strip():
            yield value.strip()
    for text in texts:
        for match in _URL.finditer(text):
            yield match[1] or match[2]


def _check_embedded(target: str, path: Path) -> None:
    """Refuse a picture inside the drawing that a picture by itself would be refused for."""
    head, _, data = target.partition(",")
    try:
        if "svg" in head.lower():
            raise pictures.BrokenPictureError("it is a drawing, which is not drawn in another")
        content = unquote_to_bytes(data)
        if head.rstrip().lower().endswith("base64"):
            content = base64.b64decode(content)
        pictures.decode(content)
    except (pictures.BrokenPictureError, binascii.Error) as error:
        raise UserError(
            f"{path} contains a picture that cannot be drawn ({error}): save the whole as PNG."
        ) from error


def _count(root: Element, path: Path) -> None:
    """Refuse a drawing whose parts repeat each other more often than can be drawn."""
    named = {f"#{element.get('id')}": element for element in root.iter() if element.get("id")}
    styled = _styled(root)
    known: dict[int, int] = {}

    def total(element: Element) -> int:
        if id(element) not in known:
            known[id(element)] = 0  # while it is open: what contains itself is not drawn
            targets = [
                *_targets(element),
                *(t for key in _selected_by(element) for t in styled[key]),
            ]
            again = [named[target] for target in targets if target in named]
            marks = sum(_kind(each) == "marker" for each in again) * _points(element)
            parts = sum(map(total, [*element, *again]))
            known[id(element)] = 1 + parts * (1 + marks) + _octaves(element)
        return known[id(element)]

    if total(root) > MOST_ELEMENTS:
        raise UserError(
            f"{path} draws more than {MOST_ELEMENTS} elements, those that it repeats counted each"
            " time: save the picture as PNG."
        )


def _styled(root: Element) -> defaultdict[str, list[str]]:
    """What rules of style sheets refer to, by the class, name or kind of element they are for."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for element in root.iter():
        if _kind(element) == "style":
            for selector, rule in _RULE.findall("".join(element.itertext())):
                for key in _SELECTOR.findall(selector):
                    found[key] += [match[1] or match[2] for match in _URL.finditer(rule)]
    return found


def _selected_by(element: Element) -> list[str]:
    classes = [f".{name}" for name in element.get("class", "").split()]
    return ["*", _kind(element), f"#{element.get('id')}", *classes]


def _points(element: Element) -> int:
    """At most as many points as a path or line has, each of which may have a marker."""
    return len(element.get("d", "") + element.get("points", "")) // 2


def _octaves(element: Element) -> int:
    """Layers of noise, each of which takes as long as an element or longer."""
    octaves = element.get("numOctaves", "0").strip()
    return MOST_ELEMENTS * (len(octaves) > 2) if _kind(element) == "feTurbulence" else 0
