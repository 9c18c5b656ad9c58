"""The folder of the training images is looked for before the first job, unless they are packed."""

from pathlib import Path

import numpy as np
import pytest
from picture_cases import photograph_tree
from torchvision_cases import write_cifar10, write_cifar100, write_stl10

from trajectories.errors import UserError
from trajectories.images import dataset
from trajectories.images.sources import registry
from trajectories.planning import image_checks
from trajectories.study import config, schema

WRITERS = {
    "folder": photograph_tree,
    "cifar10": write_cifar10,
    "cifar100": write_cifar100,
    "stl10": write_stl10,
}


def settings(source: str, path: Path | None) -> dict[str, object]:
    return {
        "experiment": "study",
        "images": {"source": source, "path": path and str(path)},
        "conditions": {"moco": {"checkpoints": None}},
        "activations": {"batchnorm": "running"},
    }


@pytest.mark.parametrize("source", WRITERS)
def test_a_folder_of_another_kind_is_refused(tmp_path: Path, source: str) -> None:
    config, results = settings(source, tmp_path / "data"), tmp_path / "results"
    with pytest.raises(UserError, match=r"no folder .*data.*images\.path"):
        image_checks.check_folder(config, results)
    (tmp_path / "data").mkdir()
    with pytest.raises(UserError, match=r"images\.path"):
        image_checks.check_folder(config, results)
    WRITERS[source](tmp_path / "data")
    image_checks.check_folder(config, results)


@pytest.mark.parametrize("source", WRITERS)
def test_packed_images_need_no_folder(tmp_path: Path, source: str) -> None:
    packed = tmp_path / "results/study/dataset.h5"
    packed.parent.mkdir(parents=True)
    packed.touch()
    image_checks.check_folder(settings(source, tmp_path / "data"), tmp_path / "results")


def test_the_config_may_name_all_sources_and_no_others() -> None:
    keys = schema.load()["properties"]["images"]["properties"]
    assert set(keys["source"]["enum"]) == set(registry.SOURCES)


def test_another_source_is_refused() -> None:
    with pytest.raises(UserError, match="no source of images imagenet: choose among openmoji"):
        registry.find("imagenet")


def test_openmoji_alone_keeps_clear_of_test_images() -> None:
    found = [name for name in registry.SOURCES if registry.excludes_stimuli({"source": name})]
    assert found == ["openmoji"]
    assert not registry.excludes_stimuli(None)


def test_openmoji_needs_no_folder(tmp_path: Path) -> None:
    image_checks.check_folder(settings("openmoji", None), tmp_path)


def test_lost_training_images_do_not_train_again(tmp_path: Path) -> None:
    config = settings("openmoji", None)
    config["conditions"] = {
        "moco": {"checkpoints": None},
        "own": {"checkpoints": {"folder": "x", "pattern": "{epoch}"}},
    }
    study = tmp_path / "study"
    (study / "own/seed-1/checkpoints/epochs-0000-0002").mkdir(parents=True)
    image_checks.check_lost(config, tmp_path, [])
    (study / "moco/seed-1/checkpoints/epochs-0000-0002").mkdir(parents=True)
    with pytest.raises(UserError, match=r"dataset\.h5 is missing.*target `images`"):
        image_checks.check_lost(config, tmp_path, ["all"])
    image_checks.check_lost(config, tmp_path, ["images"])
    image_checks.check_lost(config, tmp_path, [str(study / "dataset.h5")])
    (study / "dataset.h5").touch()
    image_checks.check_lost(config, tmp_path, [])


# Classes


def learning(source: str, path: Path | None, objective: str = "supervised") -> config.Config:
    """A study with one condition that learns from classes, and one that does not."""
    return config.resolve(
        {
            "experiment": "study",
            "seeds": [1],
            "images": {"source": source, "path": path and str(path), "count": 40},
            "stimuli": {"table": "config/stimuli/openmoji96.csv", "folder": "openmoji"},
            "conditions": {"moco": {}, "other": {"training": {"objective": objective}}},
        }
    )


@pytest.mark.parametrize("objective", ["supervised", "shuffled_labels"])
def test_images_without_classes_are_refused(tmp_path: Path, objective: str) -> None:
    said = f"condition other learns from the classes .*{objective}.* stl10 do not all have one: ch"
    with pytest.raises(UserError, match=said):
        image_checks.check_classes(learning("stl10", tmp_path, objective), tmp_path)
    image_checks.check_classes(learning("stl10", tmp_path, "vicreg"), tmp_path)


def test_images_of_one_class_are_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    image_checks.check_classes(learning("folder", data), tmp_path)  # not there: not known
    for name in ("one", "two", "three"):
        (data / name).mkdir(parents=True)
    (data / "one" / "a.png").touch()
    with pytest.raises(UserError, match="they are all of one: choose other `images`"):
        image_checks.check_classes(learning("folder", data), tmp_path)
    (data / "two" / "a.png").touch()
    image_checks.check_classes(learning("folder", data), tmp_path)


def test_packed_images_of_one_class_are_refused(tmp_path: Path) -> None:
    """Where the folder that they come from is gone; one that is there says what will be packed."""
    data, path = tmp_path / "data", tmp_path / "study" / "dataset.h5"
    path.parent.mkdir()
    images = np.zeros((3, 8, 8, 3), dtype=np.uint8)
    dataset.write(path, images, np.full(3, 3, dtype=np.int32), ["a", "b", "c", "d"], {})
    with pytest.raises(UserError, match="all of one"):
        image_checks.check_classes(learning("folder", data), tmp_path)
    for name in ("one", "two"):
        (data / name).mkdir(parents=True)
        (data / name / "a.png").touch()
    image_checks.check_classes(learning("folder", data), tmp_path)


@pytest.mark.parametrize(
    ("source", "expected"), [("openmoji", 20), ("cifar10", 10), ("cifar100", 100), ("stl10", 0)]
)
def test_classes_are_counted_without_the_images(tmp_path: Path, source: str, expected: int) -> None:
    """Of drawings, two images are of each family."""
    path = None if source == "openmoji" else tmp_path
    assert image_checks.n_classes(learning(source, path), "moco") == expected
