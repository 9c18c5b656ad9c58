"""The report: everything to look at, in one HTML file that loads nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from trajectories.analyses import key_numbers
from trajectories.errors import UserError
from trajectories.failures import explained
from trajectories.plotting import labels
from trajectories.report import contact_sheet, figures
from trajectories.report import facts as report_facts
from trajectories.report import provenance as report_provenance
from trajectories.report.answers import headline, sections, verdicts
from trajectories.report.explorer import page as explorer_page
from trajectories.report.figures import Pictures
from trajectories.report.study import Study
from trajectories.status.interim.stamp import stamp
from trajectories.storage import pages
from trajectories.storage.files import atomic


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
    confidence = study.config["statistics"]["confidence"]
    try:
        shown = figures.shown(study, pictures)
        explorer = _explorer(study, template)
    except OSError as error:
        raise explained(error) or UserError(
            f"The report cannot be made ({error}): make that file again."
        ) from error
    claims = _labelled(study)
    found = sections.sections(shown, claims, _findings(study), _tables(study), confidence)
    page = pages.filled(
        template,
        experiment=study.config["experiment"],
        title=headline.title(study),
        sentence=headline.sentence(study),
        claims=[] if claims is None else verdicts.claims(claims, confidence),
        sections=found,
        figures_of_claims=sections.figures_of_claims(found),
        facts=report_facts.facts(study),
        sheet=None if study.test_images is None else contact_sheet.described(study.test_images),
        stimulus=study.stimulus,
        caveats=report_facts.caveats(study),
        config=yaml.safe_dump(dict(study.config), sort_keys=False, allow_unicode=True),
        made_with=report_provenance.made_with(provenance),
        listed_files=report_provenance.listed_files(provenance),
        n_more_files=report_provenance.n_more_files(provenance),
        credits=study.credits,
        explorer=explorer,
        stamp=stamp(study.config),
        published=study.config["published"],
    )
    with atomic(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _explorer(study: Study, template: Path) -> explorer_page.Part | None:
    if study.explorer is None:
        return None
    named = {"experiment": study.config["experiment"]}
    return explorer_page.read(template.parent / "explorer", {**study.explorer, **named})


def _labelled(study: Study) -> pd.DataFrame | None:
    """The decisions on the claims, with labels in the place of names."""
    if study.claims is None:
        return None
    named = study.config["labels"]
    texts = {
        column: [labels.told(str(text), named) for text in study.claims[column]]
        for column in ("statement", "sentence")
    }
    return labels.relabelled(study.claims, named).assign(**texts)


def _findings(study: Study) -> dict[str, dict[str, list[str]]]:
    named = study.config["labels"]
    return {
        analysis: {
            named.get(condition, condition): [labels.told(each, named) for each in sentences]
            for condition, sentences in of_conditions.items()
        }
        for analysis, of_conditions in study.findings.items()
    }


def _tables(study: Study) -> dict[str, Sequence[key_numbers.TextTable]]:
    """Tables of numbers, by the analysis whose question they belong to."""
    named, first = study.config["labels"], study.config["figures"]["first_epoch"]
    stability, categories = (
        labels.relabelled(table, named) for table in (study.stability, study.categories)
    )
    found: dict[str, Sequence[key_numbers.TextTable]] = {
        "stability": [key_numbers.stability(stability, first)],
        "categories": [key_numbers.categories(categories)],
    }
    if study.history is not None:
        found["diagnostics"] = [key_numbers.training(labels.relabelled(study.history, named))]
    return found
