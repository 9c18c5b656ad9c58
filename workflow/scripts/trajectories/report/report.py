"""The report: everything to look at, in one HTML file that loads nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import yaml
from PIL import Image

from trajectories.analyses import key_numbers
from trajectories.analyses.categories import figure as figure_categories
from trajectories.analyses.diagnostics import figure as figure_training
from trajectories.analyses.stability import figure as figure_stability
from trajectories.errors import UserError
from trajectories.report import contact_sheet, explorer_page
from trajectories.report import facts as report_facts
from trajectories.report import provenance as report_provenance
from trajectories.report.study import Study
from trajectories.storage import tables
from trajectories.storage.files import atomic

NARROW = 1200  # pixels


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
            facts=report_facts.facts(study),
            figures=_figures(study, pictures),
            sheet=contact_sheet.described(study.test_images),
            n_test_images=len(study.test_images),
            tables=_tables(study),
            caveats=report_facts.caveats(study),
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


def _explorer(study: Study, template: Path) -> explorer_page.Part | None:
    if study.explorer is None:
        return None
    return explorer_page.read(template.parent / "explorer", study.explorer)


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
            "image": contact_sheet.inline(path.read_bytes()),
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
        "The paper's claims, as statements that can be true or false, decided by intervals over"
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
