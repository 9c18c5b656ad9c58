"""The figures of a report: pictures, each with its title, caption, and the analysis it is of."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from trajectories.analyses import registry
from trajectories.analyses.categories import figure as figure_categories
from trajectories.analyses.diagnostics import figure as figure_training
from trajectories.analyses.stability import figure as figure_stability
from trajectories.report import contact_sheet
from trajectories.report.study import Study
from trajectories.storage import tables

NARROW = 1200  # pixels
MOST_ERROR = 0.3
"""Of 255 levels, on average: far below what is seen. Plots have less, photographs more."""
INPUTS = "inputs"
"""The strip of images of conditions with a diet, drawn by a rule of its own."""


@dataclass(frozen=True)
class Pictures:
    """PNG files of the figures; that of training is missing where no network was trained.

    Those of `captioned` have a file beside them that ends in .txt: title, empty line, caption.
    """

    stability: Path
    categories: Path
    training: Path | None = None
    captioned: Sequence[Path] = ()


@dataclass(frozen=True)
class Shown:
    """A figure on the page.

    Attributes
    ----------
    name : str
        Of its file.
    analysis : str
        That it belongs to; of a file that no analysis declares ``further``.
    title, caption : str
    image : str
        A data URL.
    narrow : bool
        Whether it is as wide as one column of a journal.
    """

    name: str
    analysis: str
    title: str
    caption: str
    image: str
    narrow: bool


def shown(study: Study, pictures: Pictures) -> list[Shown]:
    """All figures of a study.

    Raises
    ------
    OSError
        If a picture or its caption cannot be read.
    """
    first = study.config["figures"]["first_epoch"]
    measure = study.config["metrics"]["similarity"]
    stability, categories = (
        tables.summarise(table) for table in (study.stability, study.categories)
    )
    found = [
        _shown(
            "stability",
            pictures.stability,
            "Stability of representations during learning",
            figure_stability.caption(stability, measure, first),
        ),
        _shown(
            "categories",
            pictures.categories,
            "Dissimilarity within and between categories during learning",
            figure_categories.caption(categories, first),
        ),
    ]
    if study.history is not None and pictures.training is not None:
        caption = figure_training.caption(study.history)
        found.append(_shown("diagnostics", pictures.training, "Diagnostics of learning", caption))
    owners = {
        figure: name
        for name, analysis in registry.analyses().items()
        for figure in analysis.figures
    }
    owners[INPUTS] = "diets"
    for path in pictures.captioned:
        title, _, caption = path.with_suffix(".txt").read_text(encoding="utf-8").partition("\n\n")
        found.append(_shown(owners.get(path.stem, "further"), path, title, caption.strip()))
    return found


def _shown(analysis: str, path: Path, title: str, caption: str) -> Shown:
    with Image.open(path) as picture:
        narrow = picture.width < NARROW
        image = contact_sheet.inline(lighter(picture) or path.read_bytes())
    return Shown(path.stem, analysis, title, caption, image, narrow)


def lighter(picture: Image.Image) -> bytes | None:
    """The picture as PNG in 256 colours, a third of the size, or None where that would be seen.

    A report of many conditions has tens of megabytes of figures otherwise.
    """
    full = picture.convert("RGB")
    few = full.quantize(256, dither=Image.Dither.NONE)
    error = np.abs(np.asarray(few.convert("RGB"), np.int16) - np.asarray(full, np.int16))
    if error.mean() > MOST_ERROR:
        return None
    encoded = io.BytesIO()
    few.save(encoded, "PNG", optimize=True)
    return encoded.getvalue()
