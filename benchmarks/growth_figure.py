"""Figure of what `benchmarks/growth.py` found: time and memory against each quantity.

    python benchmarks/growth_figure.py --output docs/figures/growth.png

From the numbers that `make bench` keeps.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow" / "scripts")]

from matplotlib.axes import Axes  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # noqa: E402

from trajectories.plotting import palette, style  # noqa: E402

Found = Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]]

WIDTH, HEIGHT = 183, 110  # mm
ROWS = {"core_seconds": "core seconds", "megabytes": "memory (MB)"}
TICKS = {
    "core_seconds": (0.01, 0.1, 1, 10, 100),
    "megabytes": (50, 100, 200, 500),
}


def draw(found: Found, path: Path) -> None:
    """Draw a column for each quantity, a line for each script, all axes logarithmic.

    Parameters
    ----------
    found : mapping
        Quantity → script → one mapping for each size: `size`, `core_seconds`, `megabytes`.
    path : Path
        Picture to write.
    """
    scripts = list(dict.fromkeys(name for stages in found.values() for name in stages))
    shades, markers = palette.colours(scripts, "script"), palette.markers(scripts)
    styles = palette.lines(scripts)
    with style.paper():
        figure = style.new_figure(WIDTH, HEIGHT)
        axes = figure.subplots(2, len(found), squeeze=False, sharex="col", sharey="row")
        lines: dict[str, Any] = {}
        for column, (quantity, stages) in enumerate(found.items()):
            for row, key in enumerate(ROWS):
                for name, measured in stages.items():
                    look = {"color": shades[name], "marker": markers[name], "ls": styles[name]}
                    lines[name] = plot(axes[row][column], measured, key, look)
            sizes = [each["size"] for each in next(iter(stages.values()))]
            guide(axes[0][column], sizes)
            mark(axes[1][column].xaxis, sizes)
            axes[1][column].set_xlabel(quantity)
        for row, (key, label) in enumerate(ROWS.items()):
            mark(axes[row][0].yaxis, TICKS[key])
            axes[row][0].set_ylabel(label)
        entries = [(name, lines[name]) for name in scripts]
        style.legend(figure, entries, "Dashed: in proportion to the size, and to its square")
    style.save(figure, [path])


def plot(
    axes: Axes, measured: Sequence[Mapping[str, float]], key: str, look: Mapping[str, Any]
) -> Any:
    """Line of a script."""
    sizes, values = ([each[of] for each in measured] for of in ("size", key))
    (line,) = axes.loglog(sizes, values, linewidth=0.8, **look)
    return line


def guide(axes: Axes, sizes: Sequence[float]) -> None:
    """How steep lines are that grow with the size, and with its square."""
    for power in (1, 2):
        ends = [sizes[0], sizes[-1]]
        # From the same point, in the lower left corner of all panels.
        values = [0.012 * (size / sizes[0]) ** power for size in ends]
        axes.loglog(ends, values, color="0.75", linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
    axes.set_ylim(0.008, 200)


def mark(axis: Any, values: Sequence[float]) -> None:
    """Ticks at these values only, in plain numbers."""
    axis.set_major_locator(FixedLocator(values))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))


def plain(value: float) -> str:
    """A number without powers of ten."""
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--json", type=Path, default=REPOSITORY / "results" / "benchmarks.json", help="numbers"
    )
    parser.add_argument("--output", type=Path, required=True, help="picture to write")
    arguments = parser.parse_args()
    draw(json.loads(arguments.json.read_text())["growth"]["found"], arguments.output)
