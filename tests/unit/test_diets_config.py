"""config/diets.yaml trains every published diet, by the default's recipe but for its length."""

from pathlib import Path
from typing import Any

import pytest

from trajectories.planning import checks
from trajectories.study import config, diets
from trajectories.training.diets.schedule import Diet

ROOT = Path(__file__).parents[2]
DEFAULT, STUDY = (config.read(ROOT / "config" / f"{name}.yaml") for name in ("config", "diets"))
PUBLISHED = {path.stem for path in (ROOT / "workflow" / "diets").glob("*.yaml")}
EPOCHS = STUDY["training"]["epochs"]


# Epochs of the published trainings; 200 where a diet has no length of its own.
LENGTHS = {"catdiet": 30, "blur_steps": 60, "dvd": 150}


def strengths(diet: dict[str, Any], epochs: int, share: float) -> list[tuple[float, float]]:
    """Least and largest strength of each change, when a share of training is over."""
    course = Diet.from_mapping(diet, epochs, 0).seen_at(share * epochs)
    return [strength.limits for strength in course]


def of_the_study(name: str) -> dict[str, Any]:
    training = config.condition_settings(STUDY, name)["training"]
    assert training["schedule_epochs"] == EPOCHS
    return training["diet"]


def test_each_published_diet_has_a_condition() -> None:
    assert set(STUDY["conditions"]) == {"standard"} | PUBLISHED


def test_all_but_the_length_is_the_default() -> None:
    length = dict.fromkeys(("epochs", "schedule_epochs", "segment_epochs"), EPOCHS)
    assert STUDY["training"] == DEFAULT["training"] | length
    for key in ("images", "stimuli", "network", "activations", "categories", "knn"):
        assert STUDY[key] == DEFAULT[key]


@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.4, 0.5, 0.75, 1])
@pytest.mark.parametrize("name", sorted(PUBLISHED - {"deficit"}))
def test_a_diet_is_as_far_as_in_its_own_publication(name: str, share: float) -> None:
    published = diets.spelled(name, None, "training.diet")
    truth = strengths(published, LENGTHS.get(name, 200), share)
    found = strengths(of_the_study(name), EPOCHS, share)
    assert len(found) == len(truth)
    for one, other in zip(found, truth, strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_the_deficit_is_as_strong_as_the_published_one_and_ends_after_a_quarter() -> None:
    [at_first] = strengths(of_the_study("deficit"), EPOCHS, 0)
    assert [at_first] == strengths(diets.spelled("deficit", None, "training.diet"), 200, 0)
    assert strengths(of_the_study("deficit"), EPOCHS, 0.3) == [(1, 1)]


def test_it_passes_the_checks(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    checks.check(STUDY, tmp_path)
