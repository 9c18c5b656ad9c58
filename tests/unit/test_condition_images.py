"""Conditions may learn from other images: each set is packed once, and other recipes stay."""

from pathlib import Path
from typing import Any

import pytest

from trajectories.errors import UserError
from trajectories.planning import checks, cost, image_checks, traits
from trajectories.provenance import images_used
from trajectories.study import config

RAW: dict[str, Any] = {
    "experiment": "study",
    "seeds": [1],
    "image_size": 32,
    "images": {"source": "openmoji", "count": 4096, "stored_size": 32},
    "stimuli": {"table": "config/stimuli/openmoji96.csv", "folder": "openmoji"},
    "network": {"architecture": "resnet18", "stem": "small"},
    "training": {
        "epochs": 2,
        "schedule_epochs": 6,
        "segment_epochs": 1,
        "batch_size": 64,
        "queue": 128,
    },
}
PHOTOGRAPHS = {"source": "cifar10", "path": "photographs"}


def resolved(conditions: dict[str, Any], **changes: Any) -> config.Config:
    return config.resolve({**RAW, **changes, "conditions": conditions})


def test_each_set_of_images_has_one_file() -> None:
    study = resolved(
        {
            "plain": {},
            "same": {"images": {}},
            "equal": {"images": {"count": 4096}},
            "photographs": {"images": PHOTOGRAPHS},
            "longer": {"images": PHOTOGRAPHS, "training": {"learning_rate": 0.1}},
            "fewer": {"images": {"count": 512}},
        }
    )
    sets = config.image_sets(study)
    names = [name for name, _ in sets.items()]
    assert names[0] == "dataset.h5"
    assert len(names) == 3
    assert sets["dataset.h5"][1] == ["plain", "same", "equal"]
    assert sets[names[1]][1] == ["photographs", "longer"]
    assert sets[names[1]][0] == study["images"] | PHOTOGRAPHS
    assert sets[names[2]][0]["count"] == 512


def test_the_name_of_a_file_stays_when_conditions_come_and_go() -> None:
    alone = config.image_sets(resolved({"photographs": {"images": PHOTOGRAPHS}}))
    among = config.image_sets(
        resolved({"fewer": {"images": {"count": 512}}, "other": {"images": PHOTOGRAPHS}})
    )
    assert set(alone) < set(among)
    assert "dataset.h5" not in among  # nobody learns from the config's own


def test_the_recipe_of_a_condition_states_its_images() -> None:
    study = resolved({"plain": {}, "fewer": {"images": {"count": 512}}})
    before = resolved({"plain": {}})
    plain, fewer = (config.condition_settings(study, name) for name in ("plain", "fewer"))
    assert plain == config.condition_settings(before, "plain")
    assert fewer == plain | {"images": plain["images"] | {"count": 512}}


def test_images_may_be_those_of_a_condition_alone() -> None:
    study = resolved(
        {"mine": {"images": {**PHOTOGRAPHS, "count": 512}}},
        images=None,
    )
    [(images, _)] = config.image_sets(study).values()
    assert (images["source"], images["storage"]) == ("cifar10", "pixels")
    with pytest.raises(UserError, match="config key `images` is missing"):
        resolved({"mine": {"images": {**PHOTOGRAPHS, "count": 512}}, "other": {}}, images=None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"count": 32}, "more than the 32 training images.*`conditions.other.images.count`"),
        ({"source": "cifar10"}, "`conditions.other.images.path` is missing"),
        ({"path": "photographs"}, "`conditions.other.images.path` is photographs, but `openmoji`"),
        ({"storage": "jpeg"}, "`conditions.other.images.storage` is jpeg"),
        ({"stored_size": None}, "`conditions.other.images.stored_size` is null"),
    ],
)
def test_faults_name_the_key_of_the_condition(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        checks.check_settings(resolved({"plain": {}, "other": {"images": changes}}))


def test_a_fault_of_a_trunk_is_not_told_as_that_of_its_branch() -> None:
    branch = {"from": {"condition": "trunk", "epoch": 1}}
    study = resolved({"branch": branch, "trunk": {"images": {"storage": "jpeg"}}})
    with pytest.raises(UserError, match=r"`conditions\.trunk\.images\.storage` is jpeg"):
        image_checks.check_all_settings(study)


def test_too_few_images_to_recalibrate_on() -> None:
    activations = {"batchnorm": "recalibrated", "recalibration_images": 600}
    study = resolved({"plain": {}, "fewer": {"images": {"count": 512}}}, activations=activations)
    with pytest.raises(UserError, match="more than the 512 training images"):
        checks.check_settings(study)


def test_the_folder_of_each_set_is_looked_for(tmp_path: Path) -> None:
    path = {"source": "cifar10", "path": str(tmp_path / "photographs")}
    study = resolved({"plain": {}, "photographs": {"images": path}})
    with pytest.raises(UserError, match="photographs"):
        image_checks.check_folder(study, tmp_path)
    [_, name] = config.image_sets(study)
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / name).touch()
    image_checks.check_folder(study, tmp_path)


def test_a_lost_set_trains_no_condition_again(tmp_path: Path) -> None:
    study = resolved({"plain": {}, "fewer": {"images": {"count": 512}}})
    [_, name] = config.image_sets(study)
    (tmp_path / "study/fewer/seed-1/checkpoints/epochs-0000-0001").mkdir(parents=True)
    with pytest.raises(UserError, match=f"{name} is missing"):
        image_checks.check_lost(study, tmp_path, ["all"])
    (tmp_path / "study" / name).touch()
    image_checks.check_lost(study, tmp_path, ["all"])


def test_the_cost_counts_the_images_of_each_condition() -> None:
    plain = cost.study_needs(resolved({"plain": {}}), 96)
    half = cost.study_needs(resolved({"half": {"images": {"count": 2048}}}), 96)
    both = cost.study_needs(resolved({"a": {}, "b": {"images": {"count": 2048}}}), 96)
    assert half.all.images * 2 == plain.all.images
    assert both.all.images == plain.all.images + half.all.images
    assert (plain.dataset or 0) + (half.dataset or 0) == both.dataset


def test_a_caveat_of_one_condition_is_told() -> None:
    study = resolved({"photographs": {"images": PHOTOGRAPHS}, "plain": {}})
    assert traits.of_study(study)["caveat"] == traits.of_study(resolved({"plain": {}}))["caveat"]


def test_provenance_takes_any_set_of_the_run(tmp_path: Path) -> None:
    import numpy as np
    from training_cases import noise_images

    from trajectories.images import dataset
    from trajectories.storage import image_record

    for seed, name in enumerate(("dataset.h5", "dataset-0123abcd.h5")):
        label = np.zeros(6, np.int32)
        dataset.write(tmp_path / name, noise_images(6, 8, seed), label, ["a"], {})
    contents = images_used.of_run(tmp_path)[image_record.TRAINING]
    assert len(set(contents.values())) == 2
    for content in contents.values():
        instance = {"condition": "a", "seed": 1, image_record.TRAINING: content}
        images_used.require(tmp_path, [instance])
    with pytest.raises(UserError, match="a seed 1 was made from other training images"):
        images_used.require(tmp_path, [{**instance, image_record.TRAINING: "other"}])
