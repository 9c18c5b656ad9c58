"""What analyses declare fits their code, the config and each other; mistakes get a sentence.

The truths are the signatures of the functions, the folders, and the shipped config.
"""

import inspect
import subprocess
import sys
from collections import Counter
from pathlib import Path

import analysis_scripts
import pytest
from analysis_parts import ANALYSES, FIGURE_RULES, TABLE_RULES

from trajectories.analyses import declaration, registry
from trajectories.errors import UserError
from trajectories.study import config

HOME = Path(__file__).parents[2]
FOLDER = HOME / "workflow/scripts/trajectories/analyses"
SETTINGS = config.read(HOME / "config" / "config.yaml")
FIGURES = [(name, figure) for name, analysis in ANALYSES.items() for figure in analysis.figures]


def parameters(function) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_folders_that_declare_an_analysis_are_those_of_the_registry() -> None:
    texts = {path.parent.name: path.read_text("utf-8") for path in FOLDER.glob("*/__init__.py")}
    declaring = [name for name, text in texts.items() if "ANALYSIS = " in text]
    assert sorted(registry.NAMES) == sorted(declaring)
    # A folder of none is the code of a rule of its own.
    assert texts.keys() - declaring == {"movie"}


def test_no_two_make_the_same() -> None:
    tables = [table for analysis in ANALYSES.values() for table in analysis.tables]
    figures = [figure for _, figure in FIGURES]
    for names in (tables, figures, [*TABLE_RULES, *FIGURE_RULES]):
        assert max(Counter(names).values()) == 1
    assert len(FIGURE_RULES) == len(FIGURES)


def test_declarations_are_plain_values() -> None:
    """Planning waits for none of the libraries that compute."""
    text = (
        "import sys; from trajectories.analyses import registry; registry.analyses();"
        "print({'numpy', 'pandas', 'matplotlib', 'torch', 'h5py'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=FOLDER.parents[1], capture_output=True, text=True
    )
    assert done.stdout == "set()\n", done.stderr


@pytest.mark.parametrize("name", TABLE_RULES)
def test_tables_are_made_from_what_is_declared(name: str) -> None:
    analysis = ANALYSES[name]
    tabulate = declaration.module(name, "table").tabulate
    assert parameters(tabulate) == [*analysis.reads, *analysis.settings]
    assert declaration.values(analysis.settings, SETTINGS).keys() == analysis.settings.keys()
    assert {*analysis.shown} <= {*analysis.tables}


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_figures_are_drawn_from_what_is_declared(name: str, figure: str) -> None:
    declared = ANALYSES[name].figures[figure]
    module = declaration.module(name, declared.module)
    n_drawn = len(declared.tables) + len(declared.reads)
    functions = [module.draw, module.caption] if declared.captioned else [module.draw]
    for function in functions:
        found = parameters(function)
        assert found[n_drawn : n_drawn + len(declared.settings)] == [*declared.settings]
        assert len(found) == n_drawn + len(declared.settings) or not declared.captioned
    assert not declared.captioned or module.TITLE
    assert {*declared.tables} <= {*ANALYSES[name].tables}
    declaration.values(declared.settings, SETTINGS)


@pytest.mark.parametrize("name", [name for name in ANALYSES if ANALYSES[name].findings])
def test_findings_are_told_from_what_is_declared(name: str) -> None:
    findings = ANALYSES[name].findings
    found = parameters(declaration.module(name, "findings").said)
    assert len(found) == len(findings.tables) + len(findings.settings)
    assert found[len(findings.tables) :] == [*findings.settings]
    assert {*findings.tables} <= {*ANALYSES[name].tables}


def test_an_unknown_analysis_is_refused() -> None:
    with pytest.raises(UserError, match=r"no analysis 'hindsight': name a folder of analyses/\."):
        declaration.load("hindsight")


@pytest.mark.parametrize(
    ("reads", "settings", "told"),
    [
        ({}, {"confidence": 0.95}, "speed is made from --resamples: give these files."),
        ({"resamples": []}, {"confidence": 0.95}, "speed is made from --resamples: give these"),
        ({"resamples": ["a.h5"]}, {}, "give an object with confidence (`statistics.confidence`"),
        ({"resamples": ["a.h5"]}, {"trust": 1}, "an object with confidence (`statistics"),
        (
            {"resamples": ["none.h5"], "recipes": ["none.json"]},
            {"confidence": 0.95},
            "There is no file none.h5",
        ),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path, reads, settings, told: str) -> None:
    done = analysis_scripts.tabulate("speed", tmp_path, reads, settings, check=False)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_tables_of_another_name_are_refused(tmp_path) -> None:
    command = [sys.executable, str(HOME / "workflow/scripts/draw.py"), "dimension", "cka"]
    command += ["--tables", "dimension.csv", "--output", "cka.pdf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "--tables names dimension.csv: give cka.csv." in done.stderr


def test_a_figure_that_there_is_not_is_refused(tmp_path) -> None:
    command = [sys.executable, str(HOME / "workflow/scripts/draw.py"), "dimension", "size"]
    command += ["--output", "size.pdf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "dimension has no figure 'size': name one of dimension, cka." in done.stderr
