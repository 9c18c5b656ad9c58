"""Layers by roles: each network's own module, found for conditions and architectures."""

import copy
from typing import Any

import pytest
from library_cases import write_own

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.networks.libraries import own
from trajectories.planning import job_size, traits
from trajectories.planning.conditions import condition_checks, extraction, layers
from trajectories.planning.conditions.condition import Condition
from trajectories.study import config

ROLES = {
    "early": {"resnet18": "layer1", "deep": "layer2", "alexnet": "features.2"},
    "late": {"resnet18": "layer4", "alexnet": "features"},
    "out": "avgpool",
}


def study(**activations: Any) -> config.Config:
    own_files = {"folder": "runs", "pattern": "{epoch}.pt"}
    return config.resolve(
        {
            "experiment": "study",
            "seeds": [1],
            "image_size": 64,
            "stimuli": {"table": "table.csv", "folder": "openmoji"},
            "conditions": {
                "wide": {"network": {"architecture": "resnet18"}, "checkpoints": own_files},
                "deep": {"network": {"architecture": "resnet18"}, "checkpoints": own_files},
                "old": {
                    "network": {
                        "architecture": "alexnet",
                        "preprocessing": {"size": 96, "resize": 100, "mean": [0.5, 0.5, 0.5]},
                    },
                    "checkpoints": own_files,
                },
            },
            "activations": {"layers": ROLES, **activations},
        }
    )


@pytest.mark.parametrize(
    ("condition", "modules"),
    [
        ("wide", ["layer1", "layer4", "avgpool"]),
        ("deep", ["layer2", "layer4", "avgpool"]),  # the condition counts, not its network
        ("old", ["features.2", "features", "avgpool"]),
    ],
)
def test_each_network_has_its_own_modules(condition: str, modules: list[str]) -> None:
    settings = study()
    assert layers.names(settings) == ["early", "late", "out"]
    assert condition_checks.check(settings) == []
    assert extraction.modules(settings, condition, layers.names(settings)) == modules
    assert extraction.flags(settings, condition, ["late"])[:2] == ["--module", modules[1]]


def test_layers_that_are_modules_need_no_further_words() -> None:
    settings = study(layers=["avgpool"])
    assert extraction.modules(settings, "wide", ["avgpool"]) == []
    assert extraction.flags(settings, "wide", ["avgpool"]) == []
    assert extraction.stimuli(settings, "wide") == "stimuli.h5"


def test_a_network_with_its_own_preprocessing_has_its_own_images() -> None:
    settings = study(maps="mean")
    words = extraction.flags(settings, "old", ["out"])
    assert words[-10:] == [
        "--maps", "mean", "--mean", "0.5", "0.5", "0.5", "--sd", "0.229", "0.224", "0.225",
    ]  # fmt: skip
    assert extraction.every_stimuli(settings) == ["stimuli.h5", "stimuli-96-of-100-bilinear.h5"]
    assert Condition.of(settings, "old").describe().shapes["features.0"] == (64, 23, 23)


def test_what_is_read_out_is_what_is_planned() -> None:
    kept = study(maps="mean")
    assert Condition.of(kept, "wide").units("late") == 512
    assert Condition.of(study(), "wide").units("late") == 512 * 2 * 2
    alone, both = (job_size.extraction(study(), "wide", each, 1000).megabytes
                   for each in (["early"], ["early", "late"]))  # fmt: skip
    assert both > alone


def test_only_other_than_usual_preprocessing_is_told() -> None:
    told = traits.of_study(study())["preprocessing"]
    assert told["old"].startswith("96 × 96 pixels, shorter side 100 pixels, central square")
    settings = study()
    del settings["conditions"]["old"]
    assert "preprocessing" not in traits.of_study(settings)
    assert "libraries" not in traits.of_study(settings)


def test_a_crop_larger_than_the_picture_is_refused() -> None:
    settings = study()
    settings["conditions"]["old"]["network"]["preprocessing"]["resize"] = 90
    with pytest.raises(UserError, match=r"preprocessing.resize. is 90, less than the 96 pixels"):
        condition_checks.check(settings)


def test_tokens_of_networks_that_have_none_are_warned_about(tmp_path, monkeypatch) -> None:
    (warning,) = condition_checks.check(study(tokens="cls"))
    assert "`activations.tokens` is cls, but no layer consists of tokens" in warning
    assert warning.endswith("delete it, or set `activations.maps`")
    assert condition_checks.check(study(maps="mean")) == []
    settings = study(layers={"out": {"wide": "avgpool", "deep": "avgpool", "late": "encoder.ln"}})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_own(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings["conditions"].pop("old")
    settings["conditions"]["late"] = copy.deepcopy(settings["conditions"]["wide"])
    settings["conditions"]["late"]["network"] = {"architecture": "mine:vit"}
    settings["activations"] |= {"tokens": "cls", "maps": "mean"}
    settings["image_size"] = 32
    assert condition_checks.check(settings) == []


def test_a_role_for_networks_of_another_kind_is_asked_for() -> None:
    settings = study(layers={"early": {"wide": "layer1"}})
    with pytest.raises(
        UserError, match=r"`activations.layers.early` names no module of resnet18.*deep"
    ):
        condition_checks.check(settings)


def test_names_of_ones_own_modules_are_told_from_others() -> None:
    assert own.LIBRARY.has("mine:vit")
    assert own.LIBRARY.has("package.mine:vit")
    for name in ("mine", "mine:", ":vit", "mine:a.b", "a b:c", "resnet50"):
        assert not own.LIBRARY.has(name)


@pytest.mark.parametrize(
    ("architecture", "changes", "size"),
    [
        ("resnet18", None, 64),
        ("mine:vit", {"resize": 36}, 64),  # as a recipe states it, without what is null
        ("mine:vit", {"size": 48}, 48),
        ("vit_b_16", {"size": None}, None),
        ("timm:vit_tiny_patch16_224", None, None),
        ("vit_b_16", {"size": 48}, 48),
    ],
)
def test_the_size_that_networks_are_built_for(architecture, changes, size) -> None:
    assert catalogue.input_size(architecture, 64, changes) == size
