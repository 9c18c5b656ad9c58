"""Each result that Snakemake's own report shows has a caption, and captions have no errors.

The truths are the rules' text, docutils, and the shipped configs.
"""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import analysis_parts
import jinja2
import pytest
from docutils.core import publish_parts

from trajectories.study import config

HOME = Path(__file__).parents[2]
WORKFLOW = HOME / "workflow"
FOLDER = "scripts/trajectories/analyses"
CAPTIONS = {str(path.relative_to(WORKFLOW)): path for path in sorted(WORKFLOW.rglob("*.rst"))}


def named_in_rules() -> set[str]:
    texts = [path.read_text("utf-8") for path in (WORKFLOW / "rules").glob("*.smk")]
    named = {name for text in texts for name in re.findall(r'"([\w/]+/\w+\.rst)"', text)}
    assert len(named) >= 4
    return named


def declared() -> set[str]:
    """Captions of the figures of all analyses, and of tables that are shown."""
    figures = [
        f"{FOLDER}/{name}/{figure.caption}"
        for name, analysis in analysis_parts.ANALYSES.items()
        for figure in analysis.figures.values()
    ]
    shown = [name for name, analysis in analysis_parts.ANALYSES.items() if analysis.shown]
    assert len(figures) >= 15
    assert len(figures) == len({*figures})
    return {*figures, *(f"{FOLDER}/{name}/caption.rst" for name in shown)}


def test_each_result_that_is_shown_has_a_caption_and_each_caption_a_result() -> None:
    assert named_in_rules() | declared() | {"report/workflow.rst"} == CAPTIONS.keys()


@pytest.mark.parametrize("name", CAPTIONS)
@pytest.mark.parametrize("file", ["config", "constant_rate", "cifar10", "paper"])
def test_captions_render(name: str, file: str) -> None:
    text = rendered(name, config.read(HOME / "config" / f"{file}.yaml"))
    strict = {"halt_level": 2, "report_level": 5}
    body = publish_parts(text, writer="html", settings_overrides=strict)["body"]
    assert body.startswith("<p>")
    assert "system-message" not in body
    assert len(re.sub("<.*?>", "", body)) > 40


@pytest.mark.parametrize("name", CAPTIONS)
def test_captions_speak_of_the_unit_of_time_of_the_study(name: str) -> None:
    settings = config.read(HOME / "config" / "config.yaml")
    time = {"unit": "images", "label": "Images seen (millions)"}
    text = rendered(name, settings | {"time": time})
    assert "epoch" not in text
    if name == "report/workflow.rst":
        assert "Time is counted in images (Images seen (millions))." in text


def rendered(name: str, settings: dict[str, Any]) -> str:
    """A caption as Snakemake fills it in."""
    snakemake = SimpleNamespace(
        config=settings, output=SimpleNamespace(table="tables/stability.csv")
    )
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(CAPTIONS[name].read_text("utf-8")).render(snakemake=snakemake)
