"""The explorer in its page: it loads nothing, believes no name, and says what is left out."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from explorer_cases import (
    HOSTILE,
    N_IMAGES,
    TEMPLATE,
    Planted,
    page,
    plant,
)
from report_cases import Page

from trajectories.report.explorer import page as explorer_page


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    names = (HOSTILE, *(f"image {place} & <b>" for place in range(1, N_IMAGES)))
    return page(plant(folder, names=names), folder).read_text("utf-8")


def test_hostile_names_stay_inside_the_data(text: str) -> None:
    assert HOSTILE not in text
    assert "<img src=x" not in text
    [data] = re.findall(r'<script type="application/json" id="explorer-data">(.*?)</script>', text)
    assert json.loads(data)["images"]["names"][0] == HOSTILE


def test_only_the_projects_own_program_may_run(text: str) -> None:
    tags = Page(text).tags
    programs = [attributes for tag, attributes in tags if tag == "script"]
    assert programs == [{"type": "application/json", "id": "explorer-data"}, {}]
    [program] = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(program.encode()).digest()).decode()
    [policy] = [a["content"] for t, a in tags if "Content-Security-Policy" in a.values()]
    assert policy == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline';"
        f" script-src 'sha256-{digest}'"
    )
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    for reach in ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "innerHTML", "eval("):
        assert reach not in program, reach


def test_every_file_of_the_explorer_is_part_of_the_page() -> None:
    folder = TEMPLATE.parent / "explorer"
    assert {path.name for path in folder.iterdir()} == set(explorer_page.FILES)
    assert len(explorer_page.FILES) == len(set(explorer_page.FILES))


def test_it_loads_nothing(text: str) -> None:
    sources = [
        value
        for _, attributes in Page(text).tags
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action", "poster"}
        # A place on this page is none outside it.
        and not (value or "").startswith("#")
    ]
    assert sources
    assert all(source and source.startswith("data:image/png;base64,") for source in sources)
    assert "url(" not in text
    assert "@import" not in text


def test_controls_have_labels(text: str) -> None:
    tags = Page(text).tags
    [slider] = [a for t, a in tags if t == "input" and a.get("type") == "range"]
    assert slider["aria-label"]
    assert ("output", {"class": "epoch", "for": slider["id"], "aria-live": "polite"}) in tags
    assert all(a.get("aria-label") for t, a in tags if t == "button")


def test_same_study_same_bytes(tmp_path: Path, text: str) -> None:
    names = (HOSTILE, *(f"image {place} & <b>" for place in range(1, N_IMAGES)))
    assert page(plant(tmp_path, names=names), tmp_path).read_text("utf-8") == text


def test_what_is_left_out_stands_on_the_page(planted: Planted, tmp_path: Path, text: str) -> None:
    small = page(planted, tmp_path, most_bytes=400).read_text("utf-8")
    for sentence in ("of the 12 test images, evenly spaced", "shown by their means only."):
        assert sentence in Page(small).text
        assert sentence not in Page(text).text
