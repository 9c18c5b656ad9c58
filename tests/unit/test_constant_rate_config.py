"""config/constant_rate.yaml is the default but for one condition, whose rate stays the same."""

from pathlib import Path

import pytest

from trajectories.planning import checks
from trajectories.study import config
from trajectories.study.recipe import recipe_digest
from trajectories.training.trainer import cosine_rate

FOLDER = Path(__file__).parents[2] / "config"
DEFAULT, CONTROL = (config.read(FOLDER / f"{name}.yaml") for name in ("config", "constant_rate"))


def test_all_but_the_condition_is_the_default() -> None:
    assert CONTROL["experiment"] != DEFAULT["experiment"]
    same = CONTROL | {"experiment": DEFAULT["experiment"], "conditions": DEFAULT["conditions"]}
    assert same == DEFAULT
    control, default = (config.condition_settings(each, "moco") for each in (CONTROL, DEFAULT))
    assert recipe_digest(control) == recipe_digest(default)


def test_the_control_differs_in_the_schedule_alone_and_its_rate_is_constant() -> None:
    settings = {name: config.merged(CONTROL, name) for name in CONTROL["conditions"]}
    assert list(settings) == ["moco", "constant_rate"]
    horizons = [each["training"].pop("schedule_epochs") for each in settings.values()]
    assert settings["moco"] == settings["constant_rate"]
    training = settings["moco"]["training"]
    rates = [
        [cosine_rate(training["learning_rate"], epoch, horizon) for horizon in horizons]
        for epoch in range(training["epochs"])
    ]
    falling, constant = zip(*rates, strict=True)
    assert constant == pytest.approx([training["learning_rate"]] * 16, rel=1e-9)
    assert falling[-1] < 0.02 * constant[-1]


def test_it_passes_the_checks(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(FOLDER.parent)
    assert checks.check(CONTROL, tmp_path) == checks.check(DEFAULT, tmp_path)
