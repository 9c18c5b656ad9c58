"""The report: everything to look at, in one HTML file that loads nothing."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from PIL import Image

from trajectories import (
    explorer_page,
    figure_categories,
    figure_stability,
    figure_training,
    key_numbers,
    report_provenance,
    tables,
)
from trajectories.errors import UserError
from trajectories.figure_data import names
from trajectories.files import atomic

SHEET_COLUMNS = 16
SHEET_PIXELS = 800_000  # of all test images together
NARROW = 1200  # pixels
SMOOTH = Image.Resampling.LANCZOS


@dataclass(frozen=True)
class Study:
    """What a report is about.

    Attributes
    ----------
    config : mapping
        Complete configuration, as `config.resolve` gives it; `compute` may be missing.
    stability, categories : DataFrame
        Tables of all instances.
    history : DataFrame or None
        From `figure_data.read_histories`; None where no network was trained.
    test_images : uint8 array of shape (n_stimuli, size, size, 3)
    credits : sequence of str
        Where the images come from, under what licence, as it must be shown.
    claims : DataFrame or None
        What was decided of the paper's claims, with the columns of `analyses.claims.COLUMNS`.
    explorer : mapping or None
        From `explorer.build`; None leaves the explorer out.
    """

    config: Mapping[str, Any]
    stability: pd.DataFrame
    categories: pd.DataFrame
    history: pd.DataFrame | None
    test_images: NDArray[np.uint8]
    credits: Sequence[str]
    claims: pd.DataFrame | None = None
    explorer: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Pictures:
    """PNG files of the figures; that of training is missing where no network was trained.

    Those of `captioned` have a file beside them that ends in .txt: title, empty line, caption.
    """

    stability: Path
    categories: Path
    training: Path | None = None
    captioned: Sequence[Path] = ()


def write(
    path: Path, study: Study, pictures: Pictures, provenance: Mapping[str, Any], template: Path
) -> None:
    """Write the report, or nothing at all.

    Parameters
    ----------
    provenance : mapping
        As `provenance.collect` gives it.
    template : Path
        A Jinja template; all values are escaped. The explorer's files lie in a folder `explorer`
        beside it.

    Raises
    ------
    UserError
        If a picture or the template cannot be read.
    """
    try:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(template.parent),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        page = environment.get_template(template.name).render(
            experiment=study.config["experiment"],
            facts=facts(study),
            figures=_figures(study, pictures),
            sheet=_sheet(study.test_images),
            n_test_images=len(study.test_images),
            tables=_tables(study),
            caveats=caveats(study),
            config=yaml.safe_dump(dict(study.config), sort_keys=False, allow_unicode=True),
            made_with=report_provenance.made_with(provenance),
            listed_files=report_provenance.listed_files(provenance),
            n_more_files=report_provenance.n_more_files(provenance),
            credits=study.credits,
            explorer=_explorer(study, template),
        )
    except (OSError, jinja2.TemplateError) as error:
        raise UserError(f"The report cannot be made ({error}): make that file again.") from error
    with atomic(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def facts(study: Study) -> dict[str, str]:
    """What was run, as names and values."""
    config = study.config
    network, images, readout = config["network"], config["images"], config["activations"]
    epochs = study.stability.groupby("condition", sort=False)["next_epoch"].max()
    own = own_checkpoints(study)
    trained = sorted({f"{epochs[name]:g}" for name in epochs.index if name not in own}, key=float)
    side = config["image_size"]
    made = {}
    if trained:
        made = {
            "Training": f"{' / '.join(trained)} epochs on {images['count']:,} images"
            f" ({images['source']}), {side} × {side} pixels",
            "Network": f"{network['architecture']}, {network['stem']} stem,"
            f" {network['embedding']}-dimensional embedding",
        }
    if own:
        made["Own checkpoints"] = "; ".join(
            f"{name}: {settings['architecture']}, {settings['stem']} stem, up to epoch"
            f" {epochs[name]:g}, from {settings['folder']}/{settings['pattern']}"
            for name, settings in own.items()
        )
    return {
        "Conditions": ", ".join(
            name + _changed(config["conditions"][name])
            for name in names(study.stability, "condition")
        ),
        "Seeds": ", ".join(str(seed) for seed in sorted(study.stability["seed"].unique())),
        **made,
        "Layers": ", ".join(names(study.stability, "layer")),
        "Test images": f"{len(study.test_images)}, from {config['stimuli']['table']}",
        "Categories": "; ".join(
            f"{name}: {_compared(rule)}" for name, rule in config["categories"].items()
        ),
        "Batch normalisation": f"{readout['batchnorm']} statistics",
        "Similarity of RDMs": config["metrics"]["similarity"],
    }


def own_checkpoints(study: Study) -> dict[str, dict[str, Any]]:
    """Network and files of the conditions that were not trained here, by name."""
    return {
        name: {**study.config["network"], **condition["network"], **condition["checkpoints"]}
        for name, condition in study.config["conditions"].items()
        if condition["checkpoints"] is not None
    }


def caveats(study: Study) -> list[str]:
    """What the results do not show, in this study."""
    n = study.stability.groupby("condition")["seed"].nunique().min()
    own = own_checkpoints(study)
    trained = len(own) < len(study.config["conditions"])
    said = []
    if trained and study.config["images"]["source"] == "openmoji":
        said.append(
            "These networks are small and learned from drawings. The study demonstrates the"
            " pipeline and is no evidence about brains."
        )
    said += _of_schedules(study.config)
    if own:
        said.append(
            f"How the networks of {' and '.join(own)} were trained is not known here. If their"
            " learning rate fell, late changes are small whatever was learned; if they were not"
            " saved after every epoch, steps between checkpoints are longer and of other size."
        )
    said += [
        "Similarity of consecutive epochs mixes the speed, the amplitude and the noise of change."
        " A layer that is stable early has not necessarily finished learning.",
        "Dissimilarity is often larger between than within categories in an untrained network too."
        " Only its growth from epoch 0 speaks of learning.",
    ]
    untrained = (study.categories["epoch"] == 0).any()
    if study.config["activations"]["batchnorm"] == "running" and untrained:
        said.append(
            "Untrained networks were read out with batch normalisation statistics that no image"
            " has set, so values at epoch 0, and steps from it, may be artefacts."
        )
    if n == 1:
        said.append("There is one network instance, so nothing is known about variation.")
    else:
        said.append(
            f"SDs are over {n} network instances, and themselves uncertain by about"
            f" {1 / np.sqrt(2 * (n - 1)):.0%}. All instances saw the same test images: an SD says"
            " nothing about other images."
        )
    return said


def contact_sheet(images: NDArray[np.uint8]) -> bytes:
    """All test images in rows of 16, as a PNG.

    Parameters
    ----------
    images : uint8 array of shape (n_images, size, size, 3)
    """
    n, size = images.shape[:2]
    columns = min(n, SHEET_COLUMNS)
    rows = -(-n // columns)
    sheet = np.full((rows * columns, size, size, 3), 128, np.uint8)
    sheet[:n] = images
    pixels = sheet.reshape(rows, columns, size, size, 3).swapaxes(1, 2)
    file = io.BytesIO()
    Image.fromarray(pixels.reshape(rows * size, columns * size, 3)).save(file, "png")
    return file.getvalue()


def smaller(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The images, reduced where all of them together have more pixels than `SHEET_PIXELS`."""
    n, size = images.shape[:2]
    side = max(1, isqrt(SHEET_PIXELS // n))
    if size <= side:
        return images
    return np.stack(
        [np.asarray(Image.fromarray(image).resize((side, side), SMOOTH)) for image in images]
    )


def _sheet(images: NDArray[np.uint8]) -> dict[str, Any]:
    shown = smaller(images)
    size, side = images.shape[1], shown.shape[1]
    return {
        "image": _inline(contact_sheet(shown)),
        "side": side,
        "columns": min(len(images), SHEET_COLUMNS),
        "size": "at the size at which the networks see them"
        if side == size
        else f"at {side} × {side} pixels; the networks see them at {size} × {size}",
    }


def _explorer(study: Study, template: Path) -> explorer_page.Part | None:
    if study.explorer is None:
        return None
    return explorer_page.read(template.parent / "explorer", study.explorer)


def _of_schedules(config: Mapping[str, Any]) -> list[str]:
    """What a falling learning rate does to late changes, and in which conditions it falls."""
    conditions = config["conditions"]
    trained = [name for name in conditions if conditions[name]["checkpoints"] is None]
    falling = []
    for name in trained:
        training = config["training"] | (conditions[name]["training"] or {})
        # Over a tenth of its cosine, a rate falls by 2%.
        if 10 * training["epochs"] > training["schedule_epochs"]:
            falling.append(name)
    if not falling:
        return []
    staying = [name for name in trained if name not in falling]
    everywhere = len(falling) == len(conditions)
    return [
        ("The" if everywhere else f"In {' and '.join(falling)} the")
        + " learning rate falls along a cosine, so late changes are small whatever is learned:"
        " late stability is partly the schedule's."
        + (f" In {' and '.join(staying)} it stays." if staying else "")
    ]


def _changed(condition: Mapping[str, Any]) -> str:
    """Settings of its own that a condition has, in brackets, as in `training.queue: 64`."""
    own: list[str] = []

    def collect(settings: Mapping[str, Any], path: str) -> None:
        for key, value in settings.items():
            if isinstance(value, Mapping):
                collect(value, f"{path}{key}.")
            else:
                own.append(f"{path}{key}: {value}")

    # Networks that were not trained here are told elsewhere.
    if condition["checkpoints"] is None:
        collect({key: condition[key] or {} for key in ("network", "training")}, "")
    return f" ({', '.join(own)})" if own else ""


def _compared(rule: Mapping[str, str]) -> str:
    within, between = rule["within"], rule.get("between", "")
    rest = between in ("", f"~({within})")
    return f"{within} against {'the rest' if rest else between}"


def _figures(study: Study, pictures: Pictures) -> list[dict[str, Any]]:
    first = study.config["figures"]["first_epoch"]
    measure = study.config["metrics"]["similarity"]
    stability, categories = (
        tables.summarise(table) for table in (study.stability, study.categories)
    )
    shown = [
        (
            "Figure 1",
            "Stability of representations during learning",
            pictures.stability,
            figure_stability.caption(stability, measure, first),
        ),
        (
            "Figure 2",
            "Dissimilarity within and between categories during learning",
            pictures.categories,
            figure_categories.caption(categories, first),
        ),
    ]
    if study.history is not None and pictures.training is not None:
        caption = figure_training.caption(study.history)
        shown.append(("Training", "Diagnostics of learning", pictures.training, caption))
    for path in pictures.captioned:
        title, _, caption = path.with_suffix(".txt").read_text(encoding="utf-8").partition("\n\n")
        shown.append((path.stem.replace("_", " ").capitalize(), title, path, caption.strip()))
    return [
        {
            "number": number,
            "title": title,
            "image": _inline(path.read_bytes()),
            "caption": caption,
            "narrow": _is_narrow(path),
        }
        for number, title, path, caption in shown
    ]


def _tables(study: Study) -> list[key_numbers.TextTable]:
    first = study.config["figures"]["first_epoch"]
    shown = [
        key_numbers.stability(study.stability, first),
        key_numbers.categories(study.categories),
    ]
    if study.history is not None:
        shown.append(key_numbers.training(study.history))
    if study.claims is not None:
        shown.append(_decided(study.claims))
    return shown


def _decided(claims: pd.DataFrame) -> key_numbers.TextTable:
    """Verdicts on the paper's claims, each with the sentence that gives its numbers."""
    caption = (
        "The paper's claims as statements that can be true or false, decided by intervals over"
        " network instances and test images (docs/analyses/statistics.md)."
    )
    head = ("condition", "statement", "verdict", "measured")
    columns = claims[["condition", "statement", "verdict", "sentence"]]
    rows = tuple(tuple(map(str, row)) for row in columns.itertuples(index=False))
    return key_numbers.TextTable(caption, head, rows)


def _is_narrow(path: Path) -> bool:
    """Whether a figure is as wide as one column of a journal."""
    with Image.open(path) as picture:
        return picture.width < NARROW


def _inline(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
