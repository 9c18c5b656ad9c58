"""Sentences on RDMs and responses say of planted tables what was planted."""

from pathlib import Path

import pandas as pd
import pytest
from analysis_parts import ANALYSES

from trajectories.analyses import conditions
from trajectories.analyses.consistency import findings as consistency
from trajectories.analyses.consistency import table as consistency_table
from trajectories.analyses.dimension import findings as dimension
from trajectories.analyses.dimension import table as dimension_tables
from trajectories.analyses.geometry import findings as geometry
from trajectories.analyses.geometry import table as geometry_tables
from trajectories.analyses.model_rdms import findings as model_rdms
from trajectories.analyses.model_rdms import table as models_table
from trajectories.analyses.nearest_neighbour import findings as nearest_neighbour
from trajectories.analyses.nearest_neighbour import table as neighbours_table
from trajectories.analyses.references import findings as references
from trajectories.analyses.references import table as references_table
from trajectories.report import findings
from trajectories.storage import columns, tables

NAN = float("nan")
EPOCHS = (0.0, 1.0, 2.0)


def courses(values: list[list[float]], columns: tuple[str, ...], *middle: object) -> list[tuple]:
    """A row for each seed and epoch of layer `late`: identity, `middle`, value."""
    return [
        ("moco", seed, "late", epoch, *middle, value)
        for seed, course in enumerate(values)
        for epoch, value in zip(EPOCHS, course, strict=True)
    ]


def path(values: list[list[float]]) -> list[str]:
    """What is said where similarity to the last RDM takes this course in each network."""
    to_final = pd.DataFrame(
        [(*row, 0.0) for row in courses(values, ())], columns=list(geometry_tables.TO_FINAL)
    )
    similarity = pd.DataFrame(
        [
            ("moco", one, other, epoch, epoch, "same", value, 0.01, 2)
            for one, other in (("early", "late"), ("late", "early"))
            for epoch, value in zip(EPOCHS, (0.7, 0.9, 0.5), strict=True)
        ],
        columns=list(geometry_tables.SIMILARITY),
    )
    axes = pd.DataFrame({"axis": ["x", "y", "z"], "share": [0.4, 0.2, 0.1]})
    return geometry.said(to_final, similarity, axes)


def test_a_way_that_first_leads_off_is_told_from_one_that_does_not() -> None:
    off, layers, axes = path([[0.5, 0.3, 1.0], [0.5, 0.2, 1.0], [0.3, 0.4, 1.0]])
    assert (
        "the correlation first falls, to 0.30\u00a0±\u00a00.10 at epoch 1 (in 2 of 3 networks)"
        in off
    )
    straight, *_ = path([[0.5, 0.6, 1.0], [0.5, 0.7, 1.0]])
    assert "correlates 0.50\u00a0±\u00a00.00 with the last (epoch 2)" in straight
    assert straight.endswith("on average, no later RDM correlates less.")
    assert layers == (
        "RDMs of early and late of the same network correlate 0.70\u00a0±\u00a00.01 before training"
        " and 0.50\u00a0±\u00a00.01 at epoch 2."
    )
    assert axes == "Two axes hold 60% of the variance of all states."


def test_consistency_is_that_of_the_table() -> None:
    rows = [
        ("moco", "late", epoch, mean, sd, 0.6, 0.8, 3)
        for epoch, mean, sd in ((0.0, 0.5, 0.1), (1.0, 0.4, NAN), (2.0, 0.7, 0.1), (3.0, 0.3, 0.1))
    ]
    table = pd.DataFrame(rows, columns=list(consistency_table.CONSISTENCY))
    [sentence] = consistency.said(table)
    assert (
        "correlate 0.500\u00a0±\u00a00.100 before training, 0.400 at epoch 1, 0.300\u00a0±"
        in sentence
    )
    assert sentence.endswith("the noise ceiling is then 0.600 to 0.800.")
    assert consistency.said(table[:1])[0].count("before training") == 1
    [alone] = consistency.said(table.assign(mean=NAN))
    assert alone == "A single network cannot be compared with others."


def test_models_are_weighed_as_in_the_table() -> None:
    rows = []
    for model, weight in (("faces", 0.2), ("bodies", 0.0), ("animacy", 0.3)):
        rows += courses([[0.0, 0.0, weight]] * 2, (), model)
    frame = [(*row, 0.01, 0.1) for row in rows]
    for seed, course in enumerate([[0.1, 0.2, 0.05], [0.1, 0.2, 0.15]]):
        frame += [
            ("moco", seed, "late", epoch, models_table.CONSTANT, 0.5, NAN, explained)
            for epoch, explained in zip(EPOCHS, course, strict=True)
        ]
    table = pd.DataFrame(frame, columns=list(models_table.TABLE))
    [sentence] = model_rdms.said(table)
    assert (
        "explain 10.0\u00a0±\u00a00.0% of the variance over pairs before training and 10.0"
        in sentence
    )
    assert "(less in 1 of 2 networks)" in sentence
    assert sentence.endswith(
        "Weights then: animacy 0.300\u00a0±\u00a00.000 and faces 0.200\u00a0±\u00a00.000;"
        " none for bodies."
    )
    [nothing] = model_rdms.said(table[table["model"] == models_table.CONSTANT])
    assert nothing == "There are no category models of these test images."


@pytest.mark.parametrize(
    ("course", "said"),
    [
        (
            [20.0, 5.0, 10.0],
            "is 20.0 before training, is lowest at epoch 1 (5.0), and ends at 10.0.",
        ),
        (
            [5.0, 20.0, 10.0],
            "is 5.0 before training, is highest at epoch 1 (20.0), and ends at 10.0.",
        ),
        ([5.0, 7.0, 10.0], "is 5.0 before training, and ends at 10.0."),
    ],
)
def test_the_course_of_dimension_is_that_planted(course: list[float], said: str) -> None:
    table = pd.DataFrame(courses([course], ()), columns=list(dimension_tables.DIMENSION))
    [sentence] = dimension.of_states(table)
    assert said in sentence


def test_alignment_is_that_of_first_and_last() -> None:
    rows = [
        ("moco", layer, one, other, 1.0 if one == other else value, 0.02, 3)
        for layer, value in (("early", 0.8), ("late", 0.4))
        for one in EPOCHS
        for other in EPOCHS
    ]
    [sentence] = dimension.of_cka(pd.DataFrame(rows, columns=list(dimension_tables.CKA)))
    assert sentence == (
        "Linear CKA of the untrained network with the last is 0.80\u00a0±\u00a00.02 in early and"
        " 0.40\u00a0±\u00a00.02 in late."
    )


def test_neighbours_are_counted_where_they_improve() -> None:
    values = [[0.5, 0.0, 0.7], [0.5, 0.0, 0.4], [0.5, 0.0, 0.9]]
    rows = [(*row, 0.25) for row in courses(values, (), "faces")]
    table = pd.DataFrame(rows, columns=list(neighbours_table.NEAREST_NEIGHBOUR))
    [sentence] = nearest_neighbour.said(table, {"faces": {"within": "face"}})
    assert "late 50\u00a0±\u00a00% before training, 67\u00a0±\u00a025% at epoch 2" in sentence
    assert sentence.endswith("(more in 2 of 3 networks); chance is 25%.")


def test_references_are_told_with_their_ceiling_or_without() -> None:
    rows = courses([[0.1, 0.4, 0.2]], (), "brain") + courses([[0.1, 0.2, 0.3]], (), "monkey")
    table = pd.DataFrame(rows, columns=list(columns.REFERENCES))
    ceilings = pd.DataFrame(
        [("brain", 4, 0.5, 0.6), ("monkey", 1, NAN, NAN)], columns=list(references_table.CEILINGS)
    )
    brain, monkey, lacking = references.said(table, ceilings)
    assert brain == (
        "Similarity to brain: late 0.10 before training, 0.20 at epoch 2, highest at epoch 1"
        " (0.40); noise ceiling 0.50 to 0.60."
    )
    assert monkey == "Similarity to monkey: late 0.10 before training, 0.30 at epoch 2."
    assert lacking.startswith("No noise ceiling is known for monkey,")
    assert len(references.said(table, ceilings.assign(lower=0.5, upper=0.6))) == 2


def test_an_analysis_tells_of_its_condition_and_says_nothing_of_others(tmp_path) -> None:
    row = ("moco", "late", 0.0, 0.5, 0.1, 0.6, 0.8, 3)
    table = pd.DataFrame([row], columns=list(consistency_table.CONSISTENCY))
    tables.write(tmp_path / "consistency.csv", table)
    assert len(findings.told("consistency", tmp_path, "moco", {})) == 1
    assert findings.told("consistency", tmp_path, "other", {}) == []


def test_a_comparison_is_told_of_both_conditions(tmp_path) -> None:
    row = {"condition": "blur", "other_condition": "clear", "layer": "late", "n_seeds": 0}
    for name, wanted in conditions.TABLES.items():
        table = pd.DataFrame([row]).reindex(columns=list(wanted))
        tables.write(tmp_path / f"{name}.csv", table)
    config = {"statistics": {"confidence": 0.95}}
    said = ["blur and clear have no epoch in common."]
    assert findings.told("conditions", tmp_path, "blur", config) == said
    assert findings.told("conditions", tmp_path, "clear", config) == said
    assert findings.told("conditions", tmp_path, "grey", config) == []


@pytest.mark.parametrize("name", [name for name, each in ANALYSES.items() if each.findings])
def test_a_table_without_rows_has_nothing_to_tell(name: str, tmp_path: Path) -> None:
    for table in ANALYSES[name].findings.tables:
        tables.write(
            tmp_path / f"{table}.csv", pd.DataFrame(columns=list(ANALYSES[name].tables[table]))
        )
    assert findings.told(name, tmp_path, "moco", {}) == []
    found = {path.stem: path for path in tmp_path.glob("*.csv")}
    assert findings.of_study(found, ["moco"], {})[name] == {"moco": []}
