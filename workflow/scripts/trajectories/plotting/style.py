"""The look of all figures: for print, for colour-blind readers, for greyscale copies.

Figures are made from `matplotlib.figure.Figure`, never through pyplot: files are rendered by the
Agg and PDF backends whatever the machine's default is, and no window can open.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from matplotlib.typing import RcKeyType
from numpy.typing import ArrayLike

from trajectories.errors import UserError
from trajectories.storage.files import atomic
from trajectories.study.time_unit import relabelled

# Reports every glyph that it embeds.
logging.getLogger("fontTools").setLevel(logging.WARNING)

MILLIMETRES_PER_INCH = 25.4
_LARGEST_STAMP = 24  # points
# Up to so many points all are marked; a longer curve carries a few marks.
ALL_MARKED, FEW_MARKS = 25, 9

REFERENCE = "0.45"
TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
BEFORE = 0.4
"""Decades that the time before the first checkpoint after 0 takes."""

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
        band(axes, x, middle - spread, middle + spread, colour, line.get("linestyle", "-"))


def band(
    axes: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike, colour: str, line: Any = "-"
) -> None:
    """Fill between two curves, palely, with edges that show where bands overlap."""
    axes.fill_between(
        x, low, high, facecolor=to_rgba(colour, 0.13), edgecolor=to_rgba(colour, 0.6), lw=0.35,
        ls=line,
    )  # fmt: skip


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
    """Ticks at whole epochs; where curves have checkpoints within epoch 1, a logarithmic axis.

    It is linear from 0 to the first checkpoint after it. All panels that share the axis have the
    scale of what is drawn in them so far.
    """
    first, last = _drawn(axes)
    if not first < 1:
        whole_epochs(axes)
        return
    axes.set_xscale("symlog", linthresh=first, linscale=BEFORE)
    shown = [tick for tick in TICKS if first <= tick <= last]
    axes.xaxis.set_major_locator(FixedLocator([0, *(shown or [first])]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda epoch, _: f"{epoch:g}"))


def whole_epochs(axes: Axes) -> None:
    """Ticks at whole epochs of a linear axis."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))


def _drawn(axes: Axes) -> tuple[float, float]:
    """The first epoch above 0 that curves have, and the last; infinity and 0 if there is none."""
    found = [
        np.asarray(line.get_xdata(), float)
        for panel in axes.get_shared_x_axes().get_siblings(axes)
        for line in panel.get_lines()
        # Not the lines across a panel.
        if line.get_transform() == panel.transData
    ]
    epochs = np.concatenate(found) if found else np.empty(0)
    epochs = epochs[epochs > 0]
    return (float(epochs.min()), float(epochs.max())) if epochs.size else (np.inf, 0.0)


def count_time_in(figure: Figure, time: Mapping[str, Any]) -> None:
    """Write the unit of a study's time wherever a figure speaks of epochs.

    Parameters
    ----------
    time : mapping
        `unit` and `label`, as in the config.
    """
    for text in figure.findobj(Text):
        if isinstance(text, Text) and "epoch" in text.get_text():
            text.set_text(relabelled(text.get_text(), time))


def save(figure: Figure, outputs: Sequence[Path], stamp: str | None = None) -> None:
    """Write the figure to each path as PDF or PNG, whole or not at all.

    The same figure gives the same bytes: no dates and no program versions are written.

    Parameters
    ----------
    figure : Figure
    outputs : sequence of Path
    stamp : str, optional
        A watermark across the figure.

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
        if stamp is not None:
            _watermark(figure, stamp)
        for output in outputs:
            with atomic(output) as temporary:
                figure.savefig(temporary, format=output.suffix[1:], metadata=without[output.suffix])


def _watermark(figure: Figure, stamp: str) -> None:
    """Write a stamp across a figure, over all panels and as large as fits its width."""
    text = figure.text(
        0.5, 0.5, stamp, ha="center", va="center", color="#b00020", alpha=0.4, zorder=1000,
        fontsize=_LARGEST_STAMP,
    )  # fmt: skip
    text.set_in_layout(False)
    room = 0.9 * figure.bbox.width / text.get_window_extent().width
    text.set_fontsize(_LARGEST_STAMP * min(room, 1))


def save_captioned(
    figure: Figure, title: str, caption: str, outputs: Sequence[Path], stamp: str | None = None
) -> None:
    """Save a figure, and what it shows beside it, for whoever puts it on a page.

    Parameters
    ----------
    title : str
        One line.
    caption : str
    outputs : sequence of Path
        Files ending in .pdf or .png, and one ending in .txt: title, empty line, caption.
    stamp : str, optional
        A watermark across the figure, which the caption repeats.

    Raises
    ------
    UserError
        If there is no .txt file or more than one, or another ending is unknown.
    """
    texts = [path for path in outputs if path.suffix == ".txt"]
    if len(texts) != 1:
        raise UserError("Give one file ending in .txt for the caption of the figure.")
    save(figure, [path for path in outputs if path.suffix != ".txt"], stamp)
    if stamp is not None:
        caption = f"{caption} ({stamp[0].upper()}{stamp[1:]}.)"
    with atomic(texts[0]) as temporary:
        temporary.write_text(f"{title}\n\n{caption}\n", encoding="utf-8")
