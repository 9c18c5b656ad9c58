"""Figures suit print: fonts embedded, the same bytes each time, colours distinct in greyscale."""

import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from trajectories.errors import UserError
from trajectories.plotting import style


def example():
    with style.paper():
        figure = style.new_figure(60, 40)
        axes = figure.subplots()
        style.curve_with_band(axes, [0, 1, 2], [1, 2, 3], [0.1, 0.2, 0.3], style.PALETTE[0])
        axes.set_xlabel("Training time (epochs), $1 - r$, ± ρ")
    return figure


def lightness(colour: str) -> float:
    """CIE 1976 L* of an sRGB colour, from the definitions (IEC 61966-2-1, CIE 15)."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(luminance) - 16 if luminance > 0.008856 else 903.3 * luminance


def test_palette_colours_differ_in_greyscale_and_show_on_white():
    values = [lightness(colour) for colour in style.PALETTE]
    assert all(abs(a - b) > 3 for a, b in itertools.combinations(values, 2))
    assert abs(values[0] - values[1]) > 20
    assert max(values) < 75


def test_colour_and_marker_together_tell_40_names_apart():
    names = [f"name {index}" for index in range(40)]
    colours, markers = style.colours(names), style.markers(names)
    assert len({(colours[name], markers[name]) for name in names}) == 40


def test_few_marks_on_long_curves_none_above_another():
    marked = [set(range(200)[slice(*_start_step(200, place))]) for place in range(4)]
    assert all(len(points) <= 10 for points in marked)
    assert not any(a & b for a, b in itertools.combinations(marked, 2))
    assert style.every(20, 1, 2) == (0, 1)


def _start_step(n_points, place):
    start, step = style.every(n_points, place, 4)
    return start, None, step


def test_pdf_embeds_truetype_fonts_and_no_type_3(tmp_path: Path):
    style.save(example(), [tmp_path / "figure.pdf"])
    content = (tmp_path / "figure.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/CIDFontType2" in content
    assert b"/Type3" not in content


def test_size_is_what_was_asked(tmp_path: Path):
    style.save(example(), [tmp_path / "figure.png", tmp_path / "figure.pdf"])
    with Image.open(tmp_path / "figure.png") as image:
        millimetres = [pixels / 300 * 25.4 for pixels in image.size]
    assert millimetres == pytest.approx([60, 40], abs=0.1)
    points = b"/MediaBox [ 0 0 %.8f %.8f ]" % (60 / 25.4 * 72, 40 / 25.4 * 72)
    assert points[:20] in (tmp_path / "figure.pdf").read_bytes()


@pytest.mark.parametrize("suffix", [".pdf", ".png"])
def test_same_bytes_at_another_time_and_under_other_user_settings(tmp_path, monkeypatch, suffix):
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    style.save(example(), [first])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "savefig.dpi": 50}):
        style.save(example(), [second])
        assert mpl.rcParams["font.size"] == 30
    assert first.read_bytes() == second.read_bytes()


def test_unknown_format_is_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(UserError, match=r"figure\.gif.*\.pdf or \.png"):
        style.save(example(), [tmp_path / "figure.pdf", tmp_path / "figure.gif"])
    assert not list(tmp_path.iterdir())


def test_a_figure_without_size_is_refused():
    with pytest.raises(UserError, match="above 0"):
        style.new_figure(0, 40)
