"""Promise: an edit to the code reruns what depends on it, and never trains unasked.

Each is made to a study that has really run, and the jobs that Snakemake plans are compared.
"""

import pytest
from analysis_parts import FIGURE_RULES
from project import Project
from rerun_cases import READ_ONCE, TOLD, TRAINING, edited


@pytest.fixture
def study(finished: Project) -> Project:
    return finished


@pytest.mark.parametrize(
    ("module", "rule"),
    [
        ("analyses/stability/figure", "figure1_stability"),
        ("analyses/categories/figure", "figure2_categories"),
        ("analyses/geometry/figure_path", "figure_path"),
        ("analyses/model_rdms/figure", "figure_model_rdms"),
        ("analyses/schedule/figure", "figure_schedule"),
    ],
)
def test_edited_plotting_code(study: Project, module: str, rule: str) -> None:
    path = study.path / "workflow" / "scripts" / "trajectories" / f"{module}.py"
    with edited(path, '"""', '"""Edited. '):
        assert study.plan().counts() == {rule: 1, **TOLD}


@pytest.mark.parametrize("name", ["speed", "dimension"])
def test_edited_computation_of_one_analysis(study: Project, name: str) -> None:
    """Its figures are drawn anew of new tables alone, and nothing else is made."""
    path = study.path / "workflow/scripts/trajectories/analyses" / name / "table.py"
    figures = [rule for rule, (of, _) in FIGURE_RULES.items() if of == name]
    with edited(path, '"""', '"""Edited. '):
        assert study.plan().counts() == {name: 1, **dict.fromkeys(figures, 1), **TOLD}


def test_edited_metric_code(study: Project) -> None:
    path = study.path / "workflow" / "scripts" / "trajectories" / "rdms" / "similarity.py"
    with edited(path, '"""', '"""Edited. '):
        found = study.plan().counts()
    assert not set(found) & (TRAINING | {"extract", "rdm", "trajectory"})
    assert found["stability"] == 2


@pytest.mark.parametrize(
    "module",
    [
        "training/objectives/moco",
        "training/trainer",
        "training/augment",
        "networks/backbone",
        "networks/checkpoints",
    ],
)
def test_edited_training_code_trains_only_on_demand(study: Project, module: str) -> None:
    path = study.path / "workflow" / "scripts" / "trajectories" / f"{module}.py"
    with edited(path, '"""', '"""Edited. '):
        assert not set(study.plan().counts()) & TRAINING
        forced = study.plan("--forcerun", "train").counts()
    assert (forced["train"], forced["extract"], forced["report"]) == (4, 8, 1)


def test_edited_code_that_all_steps_share_trains_nothing(study: Project) -> None:
    path = study.path / "workflow" / "scripts" / "trajectories" / "errors.py"
    with edited(path, '"""', '"""Edited. '):
        found = study.plan().counts()
    assert found["extract"] == 8
    assert not {"recipe", "train"} & set(found)


def test_a_new_module_of_training_trains_only_on_demand(study: Project) -> None:
    package = study.path / "workflow" / "scripts" / "trajectories"
    module = package / "novelty.py"
    module.write_text('"""New."""\n')
    try:
        for name, old in (
            ("training/trainer", "import math"),
            ("networks/checkpoints", "import pickle"),
        ):
            with edited(package / f"{name}.py", old, f"import trajectories.novelty\n{old}"):
                assert not set(study.plan().counts()) & (TRAINING | READ_ONCE), name
    finally:
        module.unlink()


def test_edited_training_loop_alone_reruns_nothing(study: Project) -> None:
    path = study.path / "workflow" / "scripts" / "trajectories" / "training" / "trainer.py"
    with edited(path, '"""', '"""Edited. '):
        assert study.plan().jobs == []
