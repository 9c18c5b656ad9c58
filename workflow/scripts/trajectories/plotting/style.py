"""The look of all figures: for print, for colour-blind readers, for greyscale copies.

Figures are made from `matplotlib.figure.Figure`, never through pyplot: files are rendered by the
Agg and PDF backends whatever the machine's default is, and no window can open.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import RcKeyType
from numpy.typing import ArrayLike

from trajectories.errors import UserError
from trajectories.storage.files import atomic

# Reports every glyph that it embeds.
logging.getLogger("fontTools").setLevel(logging.WARNING)

MILLIMETRES_PER_INCH = 25.4
# Up to so many points all are marked; a longer curve carries a few marks.
ALL_MARKED, FEW_MARKS = 25, 9

# Okabe & Ito (2008), in an order that keeps the first few far apart in luminance; sky blue is as
# light as orange, and yellow too light for a thin line on white.
PALETTE = ("#0072B2", "#E69F00", "#000000", "#D55E00", "#CC79A7", "#009E73")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
REFERENCE = "0.45"

RC: dict[RcKeyType, Any] = {
    # DejaVu Sans comes with matplotlib, so a figure is the same on every machine.
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "font.size": 6.5,
    "axes.titlesize": 7,
    "axes.labelsize": 6.5,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "legend.fontsize": 6,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.columnspacing": 1.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.5,
    "axes.xmargin": 0.02,
    "axes.labelpad": 2.5,
    "axes.titlepad": 4,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.minor.size": 1.4,
    "ytick.minor.size": 1.4,
    "xtick.major.pad": 2,
    "ytick.major.pad": 2,
    "lines.linewidth": 1.0,
    "lines.markersize": 2.6,
    "lines.markeredgewidth": 0.0,
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "savefig.facecolor": "white",
    # 42 embeds whole TrueType outlines: editable text, and what journals ask for.
    "pdf.fonttype": 42,
}


@contextmanager
def paper() -> Iterator[None]:
    """Draw and save in this style, whatever the user's own matplotlib settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Empty figure of `width` by `height` millimetres whose layout leaves no text cut off.

    Raises
    ------
    UserError
        If a side is not positive.
    """
    if not (width > 0 and height > 0):
        raise UserError(
            f"A figure of {width:g} by {height:g} mm cannot be drawn: give a width and "
            "a height above 0 under `figures`."
        )
    return Figure(
        figsize=(width / MILLIMETRES_PER_INCH, height / MILLIMETRES_PER_INCH),
        layout=ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0.04, hspace=0.05),
    )


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour of the palette for each name; they repeat beyond six."""
    return dict(zip(names, islice(cycle(PALETTE), len(names)), strict=True))


def markers(names: Sequence[str]) -> dict[str, str]:
    """A marker for each name. Colour and marker together repeat only beyond 42 names."""
    return dict(zip(names, islice(cycle(MARKERS), len(names)), strict=True))


def every(n_points: int, place: int, of: int) -> tuple[int, int]:
    """First marked point and step between marks: long curves get few, none above another's.

    Parameters
    ----------
    n_points : int
        Points of the curve.
    place, of : int
        Number of this curve, and how many curves share the panel.
    """
    if n_points <= ALL_MARKED:
        return (0, 1)
    step = -(-n_points // FEW_MARKS)
    return (place * step // max(of, 1), step)


def curve_with_band(
    axes: Axes, x: ArrayLike, mean: ArrayLike, sd: ArrayLike, colour: str, **line: Any
) -> None:
    """Draw a mean as a line and mean ± SD as a band; where the SD is unknown there is no band.

    Parameters
    ----------
    axes : Axes
    x, mean, sd : array of shape (n_points,)
    colour : str
    **line
        Further properties of the line.
    """
    middle, spread = np.asarray(mean, float), np.asarray(sd, float)
    axes.plot(x, middle, color=colour, **line)
    if np.isfinite(spread).any():
        axes.fill_between(x, middle - spread, middle + spread, color=colour, alpha=0.2, lw=0)


def legend(figure: Figure, entries: Sequence[tuple[str, Line2D]], title: str) -> None:
    """Legend above all panels, in as few rows as fit the width of the figure.

    Parameters
    ----------
    figure : Figure
    entries : sequence of (label, line)
    title : str
    """
    labels, lines = zip(*entries, strict=True)
    room = figure.bbox.width * 0.98
    # Even columns for each number of rows, widest first.
    for columns in sorted({-(-len(lines) // rows) for rows in range(1, len(lines) + 1)})[::-1]:
        made = figure.legend(
            lines,
            labels,
            loc="outside upper center",
            ncols=columns,
            title=title,
            title_fontsize=mpl.rcParams["legend.fontsize"],
        )
        if columns == 1 or made.get_window_extent().width <= room:
            return
        made.remove()


def share_limits(panels: Iterable[Axes]) -> None:
    """Give all panels the vertical limits that hold what is in any of them."""
    every = list(panels)
    lows, highs = zip(*(panel.get_ylim() for panel in every), strict=True)
    for panel in every:
        panel.set_ylim(min(lows), max(highs))


def epoch_axis(axes: Axes) -> None:
    """Ticks at whole epochs."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))


def save(figure: Figure, outputs: Sequence[Path]) -> None:
    """Write the figure to each path as PDF or PNG, whole or not at all.

    The same figure gives the same bytes: no dates and no program versions are written.

    Raises
    ------
    UserError
        If a name ends in neither ``.pdf`` nor ``.png``.
    """
    without = {
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        ".png": {"Software": None},
    }
    for output in outputs:
        if output.suffix not in without:
            raise UserError(f"A figure cannot be written to {output}: name it .pdf or .png.")
    with paper():
        for output in outputs:
            with atomic(output) as temporary:
                figure.savefig(temporary, format=output.suffix[1:], metadata=without[output.suffix])


def save_captioned(figure: Figure, title: str, caption: str, outputs: Sequence[Path]) -> None:
    """Save a figure, and what it shows beside it, for whoever puts it on a page.

    Parameters
    ----------
    title : str
        One line.
    caption : str
    outputs : sequence of Path
        Files ending in .pdf or .png, and one ending in .txt: title, empty line, caption.

    Raises
    ------
    UserError
        If there is no .txt file or more than one, or another ending is unknown.
    """
    texts = [path for path in outputs if path.suffix == ".txt"]
    if len(texts) != 1:
        raise UserError("Give one file ending in .txt for the caption of the figure.")
    save(figure, [path for path in outputs if path.suffix != ".txt"])
    with atomic(texts[0]) as temporary:
        temporary.write_text(f"{title}\n\n{caption}\n", encoding="utf-8")
