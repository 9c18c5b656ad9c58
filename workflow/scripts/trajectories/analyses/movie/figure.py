"""A movie of RDMs over training: the mean over network instances, one frame per checkpoint.

One frame is in memory at a time, whatever the number of checkpoints and instances.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from trajectories.errors import UserError
from trajectories.plotting import figure_data, palette, style
from trajectories.rdms import trajectory
from trajectories.rdms.trajectory import Trajectory
from trajectories.storage.files import atomic
from trajectories.study import time_unit

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

COLOURS = "viridis"
SIDE = 288  # px of an RDM, at most; whole pixels for each stimulus, where they fit
MOST_BYTES = 9_500_000  # of the file
MOST_FLAGS = 6
DURATION, LAST_DURATION = 250, 2500  # milliseconds
_DPI = 144
_LEFT, _TOP, _RIGHT, _GAP = 16, 96, 14, 74  # px
_STRIP, _STEP = 11, 16  # px; width of a flag's strip, and from one to the next
_DIAGONAL = (160, 160, 160)


@dataclass(frozen=True)
class Trajectories:
    """Open trajectories of all instances of a study, which agree in layers and stimuli."""

    instances: Mapping[str, Sequence[Trajectory]]
    layers: tuple[str, ...]
    epochs: tuple[float, ...]
    flags: Mapping[str, NDArray[np.bool_]]
    n_stimuli: int

    @property
    def panels(self) -> list[tuple[str, str]]:
        """Condition and layer of each RDM in a frame, row by row."""
        return [(condition, layer) for condition in self.instances for layer in self.layers]

    def mean_rdm(self, condition: str, layer: str, epoch: float) -> Floats:
        """Mean over the instances of a condition, of shape (n_stimuli, n_stimuli)."""
        total = np.zeros(self.n_stimuli * (self.n_stimuli - 1) // 2)
        for each in self.instances[condition]:
            [index] = np.flatnonzero(each.epoch == epoch)
            total += each.rdms[layer][index]
        rdm = np.zeros((self.n_stimuli, self.n_stimuli))
        rdm[np.triu_indices(self.n_stimuli, 1)] = total / len(self.instances[condition])
        return rdm + rdm.T


@contextmanager
def opened(paths: Sequence[Path]) -> Iterator[Trajectories]:
    """Open `trajectory.h5` of all instances.

    Raises
    ------
    UserError
        If a file is damaged, if layers or stimuli differ, or no epoch is in all.
    """
    with ExitStack() as stack:
        found = [stack.enter_context(trajectory.opened(path)) for path in paths]
        first = found[0]
        instances: dict[str, list[Trajectory]] = {}
        for path, each in zip(paths, found, strict=True):
            if [*each.rdms] != [*first.rdms] or each.stimulus != first.stimulus:
                raise UserError(
                    f"{path} has different layers or test images from {paths[0]}: give instances of"
                    " one study."
                )
            instances.setdefault(str(each.attributes["condition"]), []).append(each)
        epochs = reduce(np.intersect1d, [each.epoch for each in found])
        if not epochs.size:
            raise UserError("The instances have no epoch in common: leave some out.")
        yield Trajectories(
            instances=instances,
            layers=tuple(first.rdms),
            epochs=tuple(epochs.tolist()),
            flags=first.flags,
            n_stimuli=len(first.stimulus),
        )


def write(
    path: Path,
    study: Trajectories,
    stamp: str | None = None,
    time: Mapping[str, Any] = time_unit.EPOCHS,
) -> int:
    """Write the movie as GIF, with a watermark if there is one; return the number of frames.

    Frames are labelled by `time`, the block of the config.
    """
    epochs = shown_epochs(study)
    order = grouped(study.flags, study.n_stimuli)
    limits = colour_limits(study, epochs)
    still = background(study, order, limits)
    palette = _palette(still)
    drawn = (
        stamped(frame(study, epoch, order, limits, still, time), stamp).quantize(
            palette=palette, dither=Image.Dither.NONE
        )
        for epoch in epochs
    )
    durations = [DURATION] * (len(epochs) - 1) + [LAST_DURATION]
    with atomic(path) as temporary:
        next(drawn).save(
            temporary, "gif", save_all=True, append_images=drawn, duration=durations, loop=0
        )
    return len(epochs)


def shown_epochs(study: Trajectories) -> tuple[float, ...]:
    """All epochs, or as many of them as keep the file small, the first and the last included."""
    most = max(2, int(MOST_BYTES / frame_bytes(study)))
    if len(study.epochs) <= most:
        return study.epochs
    chosen = np.unique(np.linspace(0, len(study.epochs) - 1, most).round().astype(int))
    return tuple(study.epochs[index] for index in chosen)


def frame_bytes(study: Trajectories) -> float:
    """Bytes that a frame takes at most: those of random RDMs, which GIF packs worst."""
    side = _side(study.n_stimuli)
    packed = 1.3 / np.sqrt(max(1, side // study.n_stimuli))  # per pixel; equal neighbours pack well
    return float(len(study.panels) * side**2 * packed)


def grouped(flags: Mapping[str, NDArray[np.bool_]], n_stimuli: int) -> NDArray[np.intp]:
    """Order of the stimuli that groups those with the same flags.

    Groups, and stimuli in them, keep the order in which the table has them.
    """
    rows = list(zip(*flags.values(), strict=True)) if flags else [()] * n_stimuli
    place = {row: index for index, row in enumerate(dict.fromkeys(rows))}
    return np.argsort([place[row] for row in rows], kind="stable")


def colour_limits(study: Trajectories, epochs: Sequence[float]) -> dict[str, tuple[float, float]]:
    """Lowest and highest dissimilarity on the colour scale of each layer, the same at all epochs.

    The 1st and 99th percentile of each frame's pairs, at their extremes.
    """
    pairs = np.triu_indices(study.n_stimuli, 1)
    limits = {}
    for layer in study.layers:
        edges = [
            np.percentile(study.mean_rdm(condition, layer, epoch)[pairs], [1, 99])
            for condition in study.instances
            for epoch in epochs
        ]
        low, high = np.min(edges), np.max(edges)
        limits[layer] = (float(low), float(high if high > low else low + 1))
    return limits


def frame(
    study: Trajectories,
    epoch: float,
    order: NDArray[np.intp],
    limits: Mapping[str, tuple[float, float]],
    still: Image.Image,
    time: Mapping[str, Any] = time_unit.EPOCHS,
) -> Image.Image:
    """One frame: the RDMs of a checkpoint on the background."""
    picture = still.copy()
    side = _side(study.n_stimuli)
    for index, (condition, layer) in enumerate(study.panels):
        rdm = study.mean_rdm(condition, layer, epoch)[np.ix_(order, order)]
        coloured = Image.fromarray(colours(rdm, limits[layer]))
        larger = side >= study.n_stimuli
        how = Image.Resampling.NEAREST if larger else Image.Resampling.BOX
        picture.paste(coloured.resize((side, side), how), _corner(study, index))
    said, size = time_unit.moment(epoch, time), 18
    while size > 6 and _font(size).getlength(said) > 0.6 * picture.width:
        size -= 1
    ImageDraw.Draw(picture).text((8, 8), said, (0, 0, 0), _font(size))
    return picture


def stamped(picture: Image.Image, stamp: str | None) -> Image.Image:
    """A frame with a watermark across it, in colours that the palette of the movie has."""
    if stamp is not None:
        width, height = picture.size
        size = 48
        while size > 6 and _font(size).getlength(stamp) > 0.94 * width:
            size -= 1
        place, edge = (width / 2, height / 2), max(1, size // 12)
        ImageDraw.Draw(picture).text(
            place, stamp, (0, 0, 0), _font(size), "mm", stroke_width=edge, stroke_fill=(255,) * 3
        )
    return picture


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), size)


def colours(rdm: Floats, limits: tuple[float, float]) -> Pixels:
    """RGB of shape (n, n, 3); the diagonal is grey, as it is not a dissimilarity of two images."""
    low, high = limits
    shades: Pixels = mpl.colormaps[COLOURS](np.clip((rdm - low) / (high - low), 0, 1), bytes=True)
    rgb = shades[..., :3].copy()
    np.einsum("iic->ic", rgb)[:] = _DIAGONAL
    return rgb


def background(
    study: Trajectories, order: NDArray[np.intp], limits: Mapping[str, tuple[float, float]]
) -> Image.Image:
    """All of a frame that stays: titles, category flags beside the RDMs, colour bars."""
    side, flags = _side(study.n_stimuli), list(study.flags)[:MOST_FLAGS]
    x, y = _corner(study, len(study.panels) - 1)
    width, height = x + side + _RIGHT, y + side + _GAP
    with style.paper():
        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)

        def axes(left: int, top: int, wide: int, high: int) -> Any:
            place = (left / width, 1 - (top + high) / height, wide / width, high / height)
            return figure.add_axes(place)

        n_each = sorted({len(each) for each in study.instances.values()})
        said = figure_data.instances(n_each[0], n_each[-1])
        figure.text(1 - _RIGHT / width, 1 - 20 / height, f"Mean, {said}", ha="right", va="center")
        for index, (condition, layer) in enumerate(study.panels):
            left, top = _corner(study, index)
            several = len(study.instances) > 1
            title = f"{condition}, {layer}" if several else layer
            figure.text((left + side / 2) / width, 1 - (top - 10) / height, title, ha="center")
            bar = axes(left, top + side + 8, side, 8)
            ends = (*limits[layer], 0, 1)
            ramp = np.linspace(0, 1, 256)[None]
            bar.imshow(ramp, aspect="auto", cmap=COLOURS, extent=ends)
            bar.set_yticks([])
            bar.set_xlabel("dissimilarity (1 − Pearson $r$)")
            if left == _corner(study, 0)[0]:
                colour = palette.colours(flags, "category")
                for strip, name in enumerate(flags):
                    at = _LEFT + strip * _STEP
                    member = axes(at, top, _STRIP, side)
                    shade = np.ones((study.n_stimuli, 1, 3))
                    shade[study.flags[name][order]] = mpl.colors.to_rgb(colour[name])
                    member.imshow(shade, aspect="auto", interpolation="nearest")
                    member.set_axis_off()
                    where = ((at + _STRIP / 2) / width, 1 - (top - 4) / height)
                    figure.text(*where, name, rotation=90, ha="center", va="bottom", fontsize=5.5)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=_DPI)
    return Image.open(drawn).convert("RGB")


def _side(n_stimuli: int) -> int:
    """Pixels of an RDM: as many for each stimulus, or fewer than one."""
    return n_stimuli * (SIDE // n_stimuli) if n_stimuli <= SIDE else SIDE


def _corner(study: Trajectories, index: int) -> tuple[int, int]:
    """Left upper corner of an RDM in a frame."""
    row, column = divmod(index, len(study.layers))
    side = _side(study.n_stimuli)
    strips = min(len(study.flags), MOST_FLAGS) * _STEP
    return _LEFT + strips + 6 + column * (side + 30), _TOP + row * (side + _TOP + _GAP // 2)


def _palette(still: Image.Image) -> Image.Image:
    """256 colours for all frames: those of RDMs, and the most frequent of the background."""
    shades: Pixels = mpl.colormaps[COLOURS](np.linspace(0, 1, 160), bytes=True)[:, :3]
    found = still.quantize(colors=94, dither=Image.Dither.NONE).getpalette() or []
    others = np.reshape(found, (-1, 3))
    # Whatever is nearly white would be taken for white.
    others = others[others.min(axis=1) < 245]
    listed = [*_DIAGONAL, 255, 255, 255, *shades.ravel().tolist(), *others.ravel().tolist()]
    palette = Image.new("P", (1, 1))
    palette.putpalette(listed)
    return palette
