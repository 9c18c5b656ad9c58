"""Sentences about a category name the images that it is compared with, as `between` says."""

import ast
import re
from pathlib import Path

import claim_cases
import pandas as pd
import pytest
from claim_cases import Study

from trajectories.analyses.claims import table as claims
from trajectories.analyses.nearest_neighbour import NEAREST_NEIGHBOUR
from trajectories.analyses.nearest_neighbour import findings as nearest_neighbour
from trajectories.rdms import categories
from trajectories.statistics.verdicts.statement import Rules

PACKAGE = Path(claims.__file__).parents[2]
REST = re.compile(r"\bthe rest\b|\b(all|every) others?\b|\bothers\b", re.IGNORECASE)
# Of what else a sentence may speak as the rest.
OTHERWISE = {
    "alignment": "other seeds",
    "consistency": "other network instances",
    "geometry": "other axes",
    "model_rdms": "other models",
}


@pytest.mark.parametrize("between", [None, "", "~face", "~(face)", " ~ ( (face) ) "])
def test_all_others_are_the_rest(between: str | None) -> None:
    definition = {"within": "face"} | ({} if between is None else {"between": between})
    assert categories.compared_with(definition) == "the rest"


@pytest.mark.parametrize("between", ["animal", "animal & ~face", "~face & animal", "~(face | a)"])
def test_other_images_are_named(between: str) -> None:
    found = categories.compared_with({"within": "face", "between": between})
    assert found == f'the images "{between}"'


def test_claims_name_them() -> None:
    curves, whole = claim_cases.with_overall(Study(n=2), 20)
    said = {}
    for between in ("~face", "animal & ~face"):
        definitions = {"faces": {"within": "face", "between": between}}
        rates = claim_cases.CONSTANT
        families = claims.asked(curves, whole, rates, Rules(), definitions)
        found = claims.decided("moco", families, Rules())
        said[between] = [claim.sentence for claim in found]
    named = [sentence for sentence in said["animal & ~face"] if '"animal & ~face"' in sentence]
    assert len(named) >= 5
    assert not [sentence for sentence in said["animal & ~face"] if REST.search(sentence)]
    rest = [s.replace('the images "animal & ~face"', "the rest") for s in said["animal & ~face"]]
    assert rest == said["~face"]


def test_nearest_neighbours_name_them() -> None:
    rows = [("moco", 1, "late", epoch, "faces", 0.5, 0.25) for epoch in (0, 1)]
    table = pd.DataFrame(rows, columns=list(NEAREST_NEIGHBOUR))
    definition = {"within": "face", "between": "animal"}
    [sentence] = nearest_neighbour.said(table, {"faces": definition})
    assert 'nearest neighbour among faces and the images "animal" is also of faces' in sentence


def sentences(file: Path) -> list[str]:
    """Text of a file that a reader of results may see: no docstrings."""
    if file.suffix == ".rst":
        return [file.read_text(encoding="utf-8")]
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", 0), list)]
    docs = {id(b[0].value) for b in bodies if b and isinstance(b[0], ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [str(node.value) for node in texts if id(node) not in docs and node.value]


def test_no_other_sentence_speaks_of_the_rest() -> None:
    files = [*PACKAGE.glob("analyses/*/*.py"), *PACKAGE.glob("analyses/*/*.rst")]
    assert len(files) > 50
    found = {
        f"{file.parent.name}/{file.name}": text
        for file in files
        if file.parent.name not in OTHERWISE
        for text in sentences(file)
        if " " in text and REST.search(text)
    }
    assert found == {}
