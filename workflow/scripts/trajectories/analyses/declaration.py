"""What an analysis declares: plain values, by which rules plan it and scripts make it.

The package of an analysis holds its declaration, `ANALYSIS`, and imports neither pandas nor
matplotlib: rules read it at each start, and a figure depends on the columns of its tables, not on
the code that computes them.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from types import ModuleType
from typing import Any

from trajectories.errors import UserError
from trajectories.storage.columns import NAMES

Config = Mapping[str, Any]
# Settings of each condition that determine its weights.
Recipes = Mapping[str, Mapping[str, Any]]
When = Callable[[Config, Recipes], bool]
PACKAGE = "trajectories.analyses"


def always(config: Config, recipes: Recipes) -> bool:
    """Planned in every study."""
    return True


@dataclass(frozen=True)
class Figure:
    """A figure of an analysis.

    Attributes
    ----------
    category : str
        Of Snakemake's own report.
    tables : sequence of str
        What it draws.
    settings : mapping of keyword to config path
        What its `draw` is given beside them, such as ``{"confidence": "statistics.confidence"}``.
    reads : sequence of str
        Files of all instances that it draws in the place of tables: ``histories``.
    module : str
        Of the analysis. It holds ``draw(*tables, **settings)`` and, where the figure is captioned,
        ``TITLE`` and ``caption(*tables, **settings)``. The caption for Snakemake's report lies
        beside it: ``caption.rst`` of ``figure.py``, ``caption_cka.rst`` of ``figure_cka.py``.
    rule : str
        Name of its rule; by default ``figure_`` and the name of the figure.
    captioned : bool
        Whether title and caption stand in a file beside the picture.
    when : callable
        Whether the study of a config has the figure.
    """

    category: str
    tables: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    reads: Sequence[str] = ()
    module: str = "figure"
    rule: str = ""
    captioned: bool = True
    when: When = always

    @property
    def caption(self) -> str:
        """File of the caption for Snakemake's own report."""
        return f"{self.module.replace('figure', 'caption', 1)}.rst"


@dataclass(frozen=True)
class Findings:
    """What the module `findings` tells: ``said(*tables, **settings)``, sentences on a condition."""

    tables: Sequence[str]
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """An analysis.

    Attributes
    ----------
    question : str
    docs : str
        Page of the documentation, in ``docs/analyses/``.
    tables : mapping of name to columns
        Files in ``tables/``.
    text : sequence of str
        Columns that hold text.
    reads : sequence of str
        Files of all instances that the module `table` makes them from: some of ``trajectories``,
        ``resamples``, ``displacements``, ``histories``, ``recipes``. Its ``tabulate(**reads,
        **settings)`` gives the tables in the order in which they stand here, then a function that
        writes each of `files`. Empty where rules of their own make the tables.
    settings : mapping of keyword to config path
    files : sequence of str
        Further files that it makes, in the folder of the results.
    shown : mapping of table to category
        Tables that Snakemake's own report shows, with ``caption.rst``.
    figures : mapping of name to Figure
        Files in ``figures/``.
    findings : Findings, optional
    when : callable
        Whether the study of a config has the analysis.
    """

    question: str
    docs: str
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)
    text: Sequence[str] = NAMES
    reads: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()
    shown: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    findings: Findings | None = None
    when: When = always

    def has_figure(self, name: str, config: Config, recipes: Recipes) -> bool:
        """Whether the study of a config has a figure of this analysis."""
        return self.when(config, recipes) and self.figures[name].when(config, recipes)


def load(name: str) -> Analysis:
    """The declaration of an analysis.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    try:
        found: Analysis = module(name).ANALYSIS
    except ModuleNotFoundError as error:
        if error.name != f"{PACKAGE}.{name}":
            raise
        raise UserError(f"There is no analysis {name!r}: name a folder of analyses/.") from error
    return found


def module(name: str, part: str = "") -> ModuleType:
    """The package of an analysis, or a module in it."""
    return importlib.import_module(".".join(filter(None, (PACKAGE, name, part))))


def values(settings: Mapping[str, str], config: Config) -> dict[str, Any]:
    """Settings of an analysis, a figure or findings in the study of a config, by keyword."""
    return {
        keyword: reduce(lambda found, key: found[key], path.split("."), config)
        for keyword, path in settings.items()
    }
