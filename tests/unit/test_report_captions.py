"""Each result that Snakemake's own report shows has a caption, and captions have no errors.

The truths are the rules' text, docutils, and the shipped configs.
"""

import re
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from docutils.core import publish_parts

from trajectories.study import config

HOME = Path(__file__).parents[2]
CAPTIONS = {path.stem: path for path in (HOME / "workflow/report").glob("*.rst")}


def named_in_rules() -> set[str]:
    texts = [path.read_text("utf-8") for path in (HOME / "workflow/rules").glob("*.smk")]
    figures = [name for text in texts for name in re.findall(r'shown_figure\(\s*"(\w+)"', text)]
    results = [
        name
        for text in texts
        for name in re.findall(r'shown\(\s*experiment\("[^"]+"\),\s*"(\w+)"', text)
    ]
    assert len(figures) >= 4
    assert len(results) >= 4
    return {*figures, *results}


def test_each_result_that_is_shown_has_a_caption_and_each_caption_a_result() -> None:
    assert named_in_rules() | {"workflow"} == CAPTIONS.keys()


def test_every_figure_is_shown() -> None:
    texts = [path.read_text("utf-8") for path in (HOME / "workflow/rules").glob("*.smk")]
    rules = [rule for text in texts for rule in re.split(r"^rule ", text, flags=re.M)[1:]]
    figures = [rule for rule in rules if rule.startswith("figure")]
    assert len(figures) >= 15
    hidden = [rule.partition(":")[0] for rule in figures if "shown_figure(" not in rule]
    assert hidden == []


@pytest.mark.parametrize("name", CAPTIONS)
@pytest.mark.parametrize("file", ["config", "constant_rate", "cifar10", "paper"])
def test_captions_render(name: str, file: str) -> None:
    settings = config.read(HOME / "config" / f"{file}.yaml")
    snakemake = SimpleNamespace(
        config=settings, output=SimpleNamespace(table="tables/stability.csv")
    )
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    text = environment.from_string(CAPTIONS[name].read_text("utf-8")).render(snakemake=snakemake)
    strict = {"halt_level": 2, "report_level": 5}
    body = publish_parts(text, writer="html", settings_overrides=strict)["body"]
    assert body.startswith("<p>")
    assert "system-message" not in body
    assert len(re.sub("<.*?>", "", body)) > 40
