"""The questions of a report, each with its claims, figures, findings and numbers together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import pandas as pd

from trajectories.analyses import registry
from trajectories.analyses.claims import SHOWN, TITLES
from trajectories.analyses.key_numbers import TextTable
from trajectories.report.answers import verdicts
from trajectories.report.answers.verdicts import Answer
from trajectories.report.figures import Shown
from trajectories.statistics.verdicts.statement import IMAGES

COMPARED = ("conditions", "critical_period", "alignment")
"""Where there are several conditions, what sets them apart is what was asked."""
FIRST = (*COMPARED, "stability", "categories", "speed", "schedule", "emergence")
"""Then the paper's two figures, and what its claims are about; all others as in the registry."""
QUESTIONS = {"claims": "How large must a study be to decide the claims?"}
"""Where that of an analysis has its answer at the top of the page."""
FURTHER = "further"


@dataclass(frozen=True)
class Numbers:
    """The answer to a claim in a condition, with the sentences that give its numbers."""

    answer: Answer
    sentences: Sequence[str]
    """Of each statement, for these images."""
    of_others: Sequence[str]
    """For other images too."""


@dataclass(frozen=True)
class Section:
    """A question and what answers it.

    Attributes
    ----------
    name : str
        Its anchor.
    question : str
    claims : sequence of (name, title, numbers of each condition)
    figures : sequence of (number, Shown)
        Numbered as they follow each other on the page.
    findings : mapping of condition to sentences
        Under an empty name those that all conditions share.
    tables : sequence of TextTable
    """

    name: str
    question: str
    claims: Sequence[tuple[str, str, Sequence[Numbers]]] = ()
    figures: Sequence[tuple[int, Shown]] = ()
    findings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tables: Sequence[TextTable] = ()


def sections(
    figures: Sequence[Shown],
    claims: pd.DataFrame | None,
    findings: Mapping[str, Mapping[str, Sequence[str]]],
    tables: Mapping[str, Sequence[TextTable]],
    confidence: float,
) -> list[Section]:
    """Questions in the order of the page, those to which the study has an answer.

    Parameters
    ----------
    figures : sequence of Shown
        With the name of the analysis that each belongs to.
    claims : DataFrame or None
        With the columns of `analyses.claims.COLUMNS`.
    findings : mapping of analysis to mapping of condition to sentences
    tables : mapping of analysis to tables
    confidence : float
        Of the intervals of claims.
    """
    analyses = registry.analyses()
    order = [*FIRST, *(name for name in analyses if name not in FIRST), FURTHER]
    number = count(1)
    found = [
        Section(
            name,
            QUESTIONS.get(name, analyses[name].question if name in analyses else "And further?"),
            _claims(name, claims, confidence),
            [(next(number), figure) for figure in figures if figure.analysis == name],
            _shared(findings.get(name, {})),
            tables.get(name, ()),
        )
        for name in order
    ]
    return [each for each in found if each.claims or each.figures or each.findings or each.tables]


def figures_of_claims(found: Sequence[Section]) -> dict[str, int]:
    """The number of the figure that shows what a claim is about, by the claim's name."""
    return {
        name: section.figures[0][0]
        for section in found
        for name, *_ in section.claims
        if section.figures
    }


def _claims(
    analysis: str, table: pd.DataFrame | None, confidence: float
) -> list[tuple[str, str, list[Numbers]]]:
    if table is None:
        return []
    return [
        (str(name), TITLES.get(str(name), str(name)), _numbers(part, confidence))
        for name, part in table.groupby("claim", sort=False)
        if SHOWN.get(str(name), FURTHER) == analysis
    ]


def _numbers(claim: pd.DataFrame, confidence: float) -> list[Numbers]:
    return [
        Numbers(
            verdicts.answer(str(condition), part, confidence),
            *(part.loc[part["images"] == images, "sentence"].tolist() for images in IMAGES),
        )
        for condition, part in claim.groupby("condition", sort=False)
    ]


def _shared(by_condition: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Findings by condition; once, without its name, what all of several conditions share."""
    said = {name: sentences for name, sentences in by_condition.items() if sentences}
    if len(by_condition) > 1 and len({tuple(each) for each in said.values()}) == 1:
        return {"": next(iter(said.values()))}
    return said
