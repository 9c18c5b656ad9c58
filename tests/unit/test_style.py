"""Figures suit print: fonts embedded, the same bytes each time; early time can be seen."""

import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from trajectories.errors import UserError
from trajectories.plotting import style


def example():
    with style.paper():
        figure = style.new_figure(60, 40)
        axes = figure.subplots()
        style.curve_with_band(axes, [0, 1, 2], [1, 2, 3], [0.1, 0.2, 0.3], "#0072B2")
        axes.set_xlabel("Training time (epochs), $1 - r$, ± ρ")
    return figure


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


def test_a_watermark_is_across_the_figure_and_within_it(tmp_path) -> None:
    with style.paper():
        figure = style.new_figure(90, 60)
        figure.subplots()
    plain, stamped = tmp_path / "plain.png", tmp_path / "stamped.png"
    style.save(figure, [plain])
    style.save(figure, [stamped], "interim: epochs 0–40 of 200, 6 of 10 networks")
    before, after = (np.asarray(Image.open(path).convert("RGB"), int) for path in (plain, stamped))
    assert before.shape == after.shape
    columns = np.flatnonzero((before != after).any(axis=(0, 2)))
    width = before.shape[1]
    assert 0.02 * width < columns[0] < 0.1 * width
    assert 0.9 * width < columns[-1] < 0.98 * width
    rows = np.flatnonzero((before != after).any(axis=(1, 2)))
    assert rows[0] < before.shape[0] / 2 < rows[-1]


def test_a_stamp_is_in_the_caption(tmp_path) -> None:
    outputs = [tmp_path / "a.png", tmp_path / "a.txt"]
    with style.paper():
        figure = style.new_figure(90, 60)
    style.save_captioned(figure, "Title", "Curves.", outputs, "interim: epochs 0–4 of 8")
    assert outputs[1].read_text() == "Title\n\nCurves. (Interim: epochs 0–4 of 8.)\n"


def times(*epochs: float) -> Axes:
    axes = Figure().subplots()
    axes.plot(epochs, epochs)
    axes.axhline(0.5)
    style.epoch_axis(axes)
    return axes


def test_time_within_epoch_1_has_room_where_there_are_checkpoints() -> None:
    axes = times(0, 0.1, 0.3, 1, 2, 100)
    start, first, one, end = axes.transData.transform([(x, 0) for x in (0, 0.1, 1, 100)])[:, 0]
    assert (one - first) / (end - start) > 0.25
    assert 0 < (first - start) / (end - start) < 0.2
    assert axes.get_xticks().tolist() == [0, 0.1, 0.3, 1, 3, 10, 30, 100]


def test_whole_epochs_stand_on_a_linear_axis() -> None:
    axes = times(0, 1, 2, 12)
    places = axes.transData.transform([(x, 0) for x in (0, 6, 12)])[:, 0]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1])
    assert all(tick == round(tick) for tick in axes.get_xticks())
