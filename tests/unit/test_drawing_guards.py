"""Drawings (SVG) read no other file, and are drawn whole or refused."""

import base64
import time
from pathlib import Path

import pytest
from picture_cases import (
    HEAD,
    RED,
    bomb,
    refused_for_test,
)

from trajectories.images import svg
from trajectories.stimuli import pictures as stimulus_images


def embedded(content: bytes, kind: str = "image/png") -> str:
    return f'<image href="data:{kind};base64,{base64.b64encode(content).decode()}" '


def drawing(tmp_path: Path, body: str, before: str = "") -> Path:
    path = tmp_path / "x.svg"
    path.write_text(before + HEAD + body + "</svg>")
    return path


@pytest.mark.parametrize(
    "body",
    [
        '<image href="{file}" width="8" height="8"/>',
        '<image xlink:href="red.png" width="8" height="8"/>',
        '<image xlink:href="file://{file}" width="8" height="8"/>',
        '<image href="https://example.org/red.png" width="8" height="8"/>',
        '<image href="&#47;{file}" width="8" height="8"/>',
        '<filter id="f"><feImage href="{file}"/></filter><rect filter="url(#f)"/>',
        '<defs><pattern id="p"><image href="{file}"/></pattern></defs>',
        '<use href="other.svg#part"/>',
        '<rect width="8" height="8" fill="url(other.svg#paint)"/>',
        '<rect width="8" height="8" style="fill: url( &quot;other.svg#paint&quot; )"/>',
        "<style>@import 'other.css';</style>",
        "<style>rect {{ fill: url(other.svg#paint) }}</style>",
    ],
)
def test_a_drawing_draws_no_other_file(tmp_path, monkeypatch, body: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red.png").write_bytes(RED)
    path = drawing(tmp_path, body.format(file=tmp_path / "red.png"))
    assert "other files are not drawn" in refused_for_test(path)


def test_a_drawing_draws_no_other_file_by_an_entity(tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(RED)
    before = f'<!DOCTYPE svg [<!ENTITY file "{tmp_path / "red.png"}">]>'
    path = drawing(tmp_path, '<image href="&file;" width="8" height="8"/>', before)
    assert "other files are not drawn" in refused_for_test(path)


def test_an_entity_of_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("<rect width='8' height='8' fill='red'/>")
    before = f'<!DOCTYPE svg [<!ENTITY file SYSTEM "{tmp_path / "secret"}">]>'
    refused_for_test(drawing(tmp_path, "&file;", before))


@pytest.mark.parametrize("what", ['<text y="8">A</text>', "<g><text><tspan>A</tspan></text></g>"])
def test_a_drawing_with_text_is_refused(tmp_path, what: str) -> None:
    assert "contains text" in refused_for_test(drawing(tmp_path, what))
    drawn = drawing(tmp_path, '<text> </text><rect width="8" height="8"/>')
    assert svg.draw(drawn, 8)[..., 3].all()


def test_what_illustrator_hides_from_others_is_passed_over(tmp_path: Path) -> None:
    foreign = '<foreignObject {} width="1" height="1"/><rect width="8" height="8"/>'
    assert "foreign object" in refused_for_test(drawing(tmp_path, foreign.format("")))
    extension = 'requiredExtensions="http://ns.adobe.com/AdobeIllustrator/10.0/"'
    assert svg.draw(drawing(tmp_path, foreign.format(extension)), 8)[..., 3].all()


def test_a_picture_inside_a_drawing_is_drawn_or_refused_as_by_itself(tmp_path: Path) -> None:
    size = 'width="8" height="8"/>'
    [image] = stimulus_images.load_images(
        [drawing(tmp_path, embedded(RED) + size).name], str(tmp_path), 8
    )
    assert (image == (255, 0, 0)).all()
    plain = HEAD + '<rect width="8" height="8"/></svg>'
    for content, kind in (
        (bomb(), "image/png"),
        (RED[:-30], "image/png"),
        (plain.encode(), "image/svg+xml"),
    ):
        path = drawing(tmp_path, embedded(content, kind) + size)
        assert "contains a picture that cannot be drawn" in refused_for_test(path)


@pytest.mark.parametrize("reference", ["use", "pattern", "class", "kind"])
def test_a_drawing_that_repeats_itself_is_refused_at_once(tmp_path, reference: str) -> None:
    parts = ['<rect id="p0" width="8" height="8"/>']
    for level in range(1, 30):
        inner = f'<use href="#p{level - 1}"/>' * 2
        if reference == "pattern":
            inner = f'<rect width="8" height="8" fill="url(#p{level - 1})"/>' * 2
        if reference in ("class", "kind"):
            tag = "rect" if reference == "class" else ["rect", "circle"][level % 2]
            selector = f".c{level}" if reference == "class" else f"#r{level}, .none"
            marked = f'class="c{level}"' if reference == "class" else f'id="r{level}"'
            inner = f"<{tag} {marked}/>" * 2
            parts.append(f"<style>{selector} {{fill: url(#p{level - 1})}}</style>")
        kind = "g" if reference == "use" else "pattern"
        parts.append(f'<{kind} id="p{level}">{inner}</{kind}>')
    started = time.monotonic()
    assert "100000 elements" in refused_for_test(drawing(tmp_path, "".join(parts)))
    marker = '<marker id="m"><rect width="1" height="1"/></marker>'
    many = marker + f'<path marker-mid="url(#m)" d="M0 0 {"L1 1 " * 100_000}"/>'
    assert "100000 elements" in refused_for_test(drawing(tmp_path, many))
    noise = '<filter id="f"><feTurbulence numOctaves="99999"/></filter>'
    assert "100000 elements" in refused_for_test(drawing(tmp_path, noise + "<g filter='url(#f)'/>"))
    assert time.monotonic() - started < 10
