"""Promise: a change reruns what depends on it, and nothing else.

Changes are those of "What reruns when" in docs/running.md. Each is made to a study that
has really run, and the jobs that Snakemake plans are compared.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from analysis_parts import ANALYSES, FIGURE_RULES, OF_SOME
from project import Project
from rerun_cases import READ_ONCE, TOLD, TRAINING, edited


def made_from(read: str) -> set[str]:
    """Rules of the analyses that read these files of all instances, and of their figures."""
    names = {
        name
        for name, analysis in ANALYSES.items()
        if read in analysis.reads and name not in OF_SOME
    }
    figures = {rule for rule, (name, _) in FIGURE_RULES.items() if name in names}
    # No two conditions of the tiny study differ only in their seeds.
    return (names | figures) - {"figure_variance_split"}


# Both measures of an instance are resampled together, and all that is concluded follows.
CONCLUDED = dict.fromkeys(made_from("resamples"), 1)
RESAMPLED = {"resample": 2, "instance_checksums": 2, **CONCLUDED}
# Analyses that read the trajectories of all instances, and nothing that is resampled.
OF_ALL = made_from("trajectories") - set(CONCLUDED)


# Those of a study of several conditions.
COMPARING = {"conditions", "alignment"}


@pytest.fixture
def study(finished: Project) -> Iterator[Project]:
    yield finished
    finished.configure()


def test_nothing_changed(study: Project) -> None:
    assert study.plan().jobs == []


def test_second_run_says_that_there_is_nothing_to_do(study: Project) -> None:
    before = {file: file.stat().st_mtime_ns for file in study.results()}
    done = study.snakemake("--cores", "2")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout
    assert {file: file.stat().st_mtime_ns for file in study.results()} == before


def test_comment_and_order_in_the_config(study: Project) -> None:
    path = study.path / "tiny.yaml"
    lines = path.read_text().replace("seeds:", "# a remark\nseeds:")
    path.write_text(lines)
    assert study.plan().jobs == []


def test_touched_and_freshly_checked_out_files(study: Project) -> None:
    files = [f for part in ("Snakefile", "workflow", "config", "envs") for f in walk(study, part)]
    times = {file: file.stat() for file in files}
    try:
        for file in files:
            file.touch()
        assert study.plan().jobs == []
    finally:
        for file, stat in times.items():
            os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def walk(project: Project, part: str) -> list[Path]:
    path = project.path / part
    return [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]


def test_touched_results(study: Project) -> None:
    for name in ("dataset.h5", "stimuli.h5", "moco/recipe.json"):
        file = study.path / "results" / "tiny" / name
        stat = file.stat()
        file.touch()
        try:
            assert study.plan().jobs == [], name
        finally:
            os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize(
    ("figure", "rule"), [("stability", "figure1_stability"), ("categories", "figure2_categories")]
)
def test_plot_setting(study: Project, figure: str, rule: str) -> None:
    study.configure({"figures": {figure: {"height": 99}}})
    assert study.plan("figures").counts() == {rule: 1, "figures": 1}
    assert study.plan().counts() == {rule: 1, **TOLD}


def test_first_epoch_shown(study: Project) -> None:
    study.configure({"figures": {"first_epoch": 1}})
    assert study.plan().counts() == {"figure1_stability": 1, "figure2_categories": 1, **TOLD}


def test_similarity_measure(study: Project) -> None:
    study.configure({"metrics": {"similarity": "spearman"}})
    expected = {"stability": 2, "aggregate": 1, "figure1_stability": 1, "instance_checksums": 2}
    expected |= {"consistency": 1, "figure_consistency": 1}
    assert study.plan().counts() == expected | RESAMPLED | TOLD


def test_new_reference(study: Project) -> None:
    """Brains and behaviour are compared with what there is; no network is trained for them."""
    lines = (study.path / "config/stimuli/openmoji96.csv").read_text("utf-8").splitlines()[1:]
    names = [line.split(",")[0] for line in lines]
    rows = [[name, *(str(abs(i - j)) for j in range(96))] for i, name in enumerate(names)]
    text = "\n".join(",".join(row) for row in [["", *names], *rows])
    (study.path / "planted.csv").write_text(text, encoding="utf-8")
    study.configure({"references": {"planted": {"file": "planted.csv"}}})
    expected = {"references": 2, "aggregate": 2, "reference_ceilings": 1, "figure_references": 1}
    assert study.plan().counts() == expected | {"instance_checksums": 2} | TOLD


def test_new_category(study: Project) -> None:
    study.configure({"categories": {"bodies": {"within": "body"}}})
    expected = {"categories": 2, "aggregate": 1, "figure2_categories": 1, "instance_checksums": 2}
    expected |= {"nearest_neighbour": 1, "figure_nearest_neighbour": 1}
    assert study.plan().counts() == expected | RESAMPLED | TOLD


def test_resamples_and_their_seed(study: Project) -> None:
    for changes in ({"resamples": 50}, {"seed": 1}):
        study.configure({"statistics": changes})
        assert study.plan().counts() == RESAMPLED | TOLD, changes


def test_confidence(study: Project) -> None:
    study.configure({"statistics": {"confidence": 0.9}})
    assert study.plan().counts() == CONCLUDED | TOLD


def test_margins(study: Project) -> None:
    claims = {"claims": 1, "figure_study_size": 1}
    study.configure({"statistics": {"margins": {"effect": 0.1}}})
    assert study.plan().counts() == claims | TOLD
    study.configure({"statistics": {"margins": {"time": 1.1}}})
    times = {"emergence": 1, "figure_emergence": 1}
    assert study.plan().counts() == claims | times | TOLD


def test_other_category_models(study: Project) -> None:
    study.configure({"models": {"bodies": "body"}})
    assert study.plan().counts() == {"model_rdms": 1, "figure_model_rdms": 1, **TOLD}


def test_new_column_in_the_table_of_test_images(study: Project) -> None:
    table = study.path / "config" / "stimuli" / "openmoji96.csv"
    lines = table.read_text().splitlines()
    text = "\n".join([lines[0] + ",odd", *(f"{line},{i % 2}" for i, line in enumerate(lines[1:]))])
    with edited(table, table.read_text(), text + "\n"):
        found = study.plan().counts()
    assert not set(found) & (TRAINING | READ_ONCE | {"stimuli", "extract", "rdm"})
    assert found["trajectory"] == 2
    assert found["provenance"] == 1


def test_new_layer(study: Project) -> None:
    study.configure({"activations": {"layers": ["layer1", "layer4", "layer2"]}})
    plan = study.plan()
    assert not set(plan.counts()) & (TRAINING | READ_ONCE | {"stimuli", "history"})
    assert plan.counts()["provenance"] == 1
    assert plan.wildcards("extract", "layer") == {"layer2"}
    assert plan.wildcards("rdm", "layer") == {"layer2"}
    assert plan.counts()["extract"] == 4


def test_one_more_seed(study: Project) -> None:
    study.configure({"seeds": [1, 2, 3]})
    plan = study.plan()
    per_instance = (
        "train", "history", "extract", "rdm", "trajectory", "stability", "categories",
        "resample", "displacement", "segment_checksums", "instance_checksums",
    )  # fmt: skip
    for rule in per_instance:
        assert plan.wildcards(rule, "seed") == {"3"}, rule
    assert set(plan.counts()) - set(per_instance) - OF_ALL == {
        "aggregate", "figure1_stability", "figure2_categories", "figure_training", "provenance",
        "report", *CONCLUDED,
    }  # fmt: skip


def test_one_more_condition(study: Project) -> None:
    study.configure({"conditions": {"warm": {"training": {"temperature": 0.5}}}})
    plan = study.plan()
    for rule in ("recipe", "train", "extract", "rdm", "trajectory"):
        assert plan.wildcards(rule, "condition") == {"warm"}, rule
    compared = {rule for rule, (name, _) in FIGURE_RULES.items() if name in COMPARING}
    assert COMPARING | compared <= set(plan.counts())
    assert "dataset" not in plan.counts()


def test_more_epochs_in_a_new_segment(study: Project) -> None:
    study.configure({"training": {"epochs": 3}})
    plan = study.plan()
    for rule in ("train", "extract", "rdm", "segment_checksums"):
        assert plan.wildcards(rule, "start") == {"0002"}, rule
    assert plan.counts()["train"] == 2
    assert not set(plan.counts()) & {"dataset", "recipe", "stimuli"}


def test_batchnorm(study: Project) -> None:
    study.configure({"activations": {"batchnorm": "running"}})
    found = study.plan().counts()
    assert not set(found) & (TRAINING | READ_ONCE | {"history"})
    assert (found["extract"], found["rdm"], found["trajectory"]) == (8, 8, 2)


@pytest.mark.parametrize("key", ["tokens", "maps"])
def test_what_is_kept_of_outputs(study: Project, key: str) -> None:
    study.configure({"activations": {key: "mean"}})
    found = study.plan().counts()
    assert not set(found) & (TRAINING | READ_ONCE | {"history", "stimuli"})
    assert (found["extract"], found["rdm"], found["trajectory"]) == (8, 8, 2)


def test_layers_that_share_a_job(study: Project) -> None:
    study.configure({"activations": {"together": ["layer1", "layer4"]}})
    found = study.plan().counts()
    assert not set(found) & (TRAINING | READ_ONCE | {"history", "stimuli", "extract"})
    assert (found["extract_together"], found["rdm"], found["trajectory"]) == (4, 8, 2)
    layers = ["layer1", "layer4", "layer2", "layer3"]
    study.configure({"activations": {"layers": layers, "together": ["layer2", "layer3"]}})
    plan = study.plan()
    assert plan.counts()["extract_together"] == 4
    assert "extract" not in plan.counts()
    assert plan.wildcards("rdm", "layer") == {"layer2", "layer3"}


def test_how_it_is_computed(study: Project) -> None:
    changes = {"device": "cpu", "gpus_per_seed": 2, "threads": 2, "workers": 1}
    study.configure({"compute": changes})
    assert study.plan().jobs == []


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"learning_rate": 0.02}},
        {"training": {"augmentation": {"flip": 0.0}}},
        {"network": {"embedding": 16}},
        {"images": {"count": 112}},
    ],
    ids=["learning rate", "augmentation", "network", "images"],
)
def test_what_makes_other_weights(study: Project, changes: dict[str, Any]) -> None:
    study.configure(changes)
    found = study.plan().counts()
    assert found.get("dataset", 0) == int("images" in changes)
    assert (found["recipe"], found["train"], found["extract"], found["rdm"]) == (1, 4, 8, 8)
    assert (found["trajectory"], found["aggregate"], found["report"]) == (2, 2, 1)
    assert {rule: found.get(rule) for rule in OF_ALL} == dict.fromkeys(OF_ALL, 1)


def test_other_test_images_are_other_training_images(study: Project) -> None:
    table = study.path / "config" / "stimuli" / "openmoji96.csv"
    with edited(table, "1F34C.svg", "1F40D.svg"):
        found = study.plan().counts()
    assert (found["dataset"], found["stimuli"], found["train"], found["extract"]) == (1, 1, 4, 8)
