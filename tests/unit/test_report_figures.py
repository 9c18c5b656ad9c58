"""Figures in the report take little room, and look as they are."""

import io

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from trajectories.report import figures


def test_a_plot_takes_less_room_and_looks_the_same() -> None:
    drawn = Figure(figsize=(4, 3), dpi=300)
    axes = drawn.subplots()
    for phase in range(5):
        axes.plot(np.sin(np.arange(50) / 5 + phase), label=f"{phase}")
    axes.legend()
    file = io.BytesIO()
    drawn.savefig(file, format="png")
    picture = Image.open(file)
    light = figures.lighter(picture)
    assert light is not None
    assert len(light) < len(file.getvalue()) / 2
    shown = Image.open(io.BytesIO(light)).convert("RGB")
    error = np.abs(np.asarray(shown, int) - np.asarray(picture.convert("RGB"), int))
    assert error.mean() < 0.3
    assert (error > 16).mean() < 0.002


def test_a_photograph_stays_as_it_is() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert figures.lighter(Image.fromarray(noise)) is None
