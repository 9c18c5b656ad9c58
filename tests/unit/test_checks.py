"""What cannot work is refused before any job, in one sentence that names key or file and mend."""

from pathlib import Path
from typing import Any

import pytest
from check_cases import TABLE, right_config

from trajectories.errors import UserError
from trajectories.planning import checks
from trajectories.study import config
from trajectories.study.config import Config


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Any]:
    return right_config(tmp_path)


def resolve_with(raw: dict[str, Any], path: str, value: object) -> Config:
    *blocks, leaf = path.split(".")
    block = raw
    for name in blocks:
        block = block.setdefault(name, {})
    block[leaf] = value
    return config.resolve(raw)


def refusal(settings: Config, results: Path) -> str:
    with pytest.raises(UserError) as caught:
        checks.check(settings, results)
    message = str(caught.value)
    assert "\n" not in message
    assert not results.exists()
    return message


def test_a_right_config_passes_without_a_warning(raw: dict[str, Any], tmp_path: Path) -> None:
    assert checks.check(config.resolve(raw), tmp_path / "results") == []
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("activations.layers", ["layer1", "layer5"], ["`activations.layers`", "layer5", "layer4"]),
        ("activations.layers", ["fc"], ['"fc"', "resnet18", "conv1", "avgpool"]),
        ("activations.layers", ["layer1.0.conv3"], ["layer1.0.conv1"]),
        ("activations.layers", ["layer1.0.relu"], ["several times", "write layer1.0,"]),
        ("network.architecture", "resnet20", ["no network resnet20", "did you mean resnet"]),
        ("conditions.a.network", {"architecture": "vit_b_61"}, ["`conditions.a.network.arch"]),
        (
            "conditions.a.network",
            {"architecture": "vit_b_16", "stem": "imagenet"},
            ["`conditions.a.network.architecture`", "cannot be trained here", "resnet50"],
        ),
        ("network.preprocessing", {"size": 64}, ["`network.preprocessing`", "moco is trained"]),
        (
            "activations.layers",
            {"early": {"alexnet": "avgpool"}},
            [
                "`activations.layers.early`",
                "no module of resnet18",
                "`resnet18: <name of the module>`",
            ],
        ),
        (
            "activations.layers",
            {"early": {"moco": "layer5"}},
            ["`activations.layers.early`", '"layer5"', "layer4"],
        ),
        ("activations.together", ["layer1", "layer2"], ["`activations.together`", "layer2"]),
        ("network.architecture", "alexnet", ["`network.stem` is small", "alexnet", "imagenet"]),
        (
            "conditions.a.network",
            {"architecture": "alexnet"},
            ["`network.stem` is small", "alexnet does not have"],
        ),
        (
            "categories",
            {"tools": {"within": "tool"}},
            ["`categories.tools`", "tool", "face, animal"],
        ),
        ("categories", {"dogs": {"within": "animal &"}}, ["`categories.dogs`", "animal &"]),
        ("categories", {"few": {"within": "animal & ~face"}}, ["`categories.few`", "at least 2"]),
        ("models", {"tools": "tool"}, ["`models`", "'tools'", "'tool'", "face, animal"]),
        ("models", {"all": "face | ~face"}, ["`models`", "'all'", "one side"]),
        ("models", {"a": "face", "b": "~face"}, ["`models`", "'b'", "leave it out"]),
        ("training.queue", 100, ["`training.queue`", "100", "`batch_size` (32)", "96"]),
        ("training.bn_groups", 3, ["`training.batch_size`", "`bn_groups` (3)", "33"]),
        ("training.bn_groups", 32, ["`training.bn_groups`", "one image", "16"]),
        (
            "compute.gpus_per_seed",
            3,
            ["`compute.gpus_per_seed`", "`training.bn_groups` (2)", "1, 2"],
        ),
        (
            "compute",
            {"gpus_per_seed": 2, "device": "cuda:1"},
            ["`compute.gpus_per_seed`", "cuda:1"],
        ),
        ("training.queue", 512, ["`training.queue`", "512 training images", "480"]),
        ("training.queue", 1024, ["`training.queue`", "`images.count`"]),
        ("training.batch_size", 1024, ["`training.batch_size`", "512 training images"]),
        ("training.epochs", 5, ["`training.epochs`", "`schedule_epochs` (4)"]),
        ("training.probe_images", 600, ["`training.probe_images`", "600", "512"]),
        (
            "training.extra_checkpoints",
            [0.01],
            ["`training.extra_checkpoints`", "0.01", "16 steps"],
        ),
        ("training.extra_checkpoints", [0.5, 0.51], ["0.51", "same as 0.5"]),
        ("training.extra_checkpoints", [0.99], ["0.99", "same as 1"]),
        ("training.extra_checkpoints", [0.12345], ["0.12345", "three decimals"]),
        ("training.augmentation.crop_scale", [1, 0.2], ["`training.augmentation.crop_scale`"]),
        (
            "training.augmentation.blur.sigma",
            [2, 1],
            ["`training.augmentation.blur.sigma`", "[2, 1]"],
        ),
        ("images.path", "photos", ["`images.path`", "photos", "openmoji"]),
        ("images.source", "folder", ["`images.path` is missing", "folder"]),
        ("images.source", "cifar10", ["`images.path` is missing", "cifar10"]),
        ("images.storage", "jpeg", ["`images.storage`", "openmoji", "pixels"]),
        ("images.stored_size", None, ["`images.stored_size`", "null", "pixels"]),
        ("image_size", 7, ["`image_size`", "7 pixels", "at least 8"]),
        ("figures.first_epoch", 4, ["`figures.first_epoch`", "at most 3"]),
        ("figures.stability.y_limits", [1, 1], ["`figures.stability.y_limits`", "[1, 1]"]),
        ("conditions.odd.training.queue", 100, ["`conditions.odd.training.queue`"]),
        ("conditions.odd.training.epochs", 9, ["`conditions.odd.training.epochs`"]),
        # The queue of 128 keys is for nobody.
        (
            "training.objective",
            "simclr",
            ["`training.queue` is 128", "simclr has no such key", "`training.objective` to moco"],
        ),
        (
            "conditions.odd.training",
            {"objective": "simclr", "key_momentum": 0.9},
            [
                "`conditions.odd.training.key_momentum` is 0.9",
                "`conditions.odd.training.objective`",
            ],
        ),
    ],
)
def test_settings_that_cannot_work(
    raw: dict[str, Any], tmp_path: Path, path: str, value: object, said: list[str]
) -> None:
    message = refusal(resolve_with(raw, path, value), tmp_path / "results")
    for words in said:
        assert words in message


def test_keys_of_an_objective_may_stand_beside_a_condition_that_has_another(
    raw: dict[str, Any], tmp_path: Path
) -> None:
    raw["conditions"] = {"moco": {}, "simclr": {"training": {"objective": "simclr"}}}
    assert checks.check(config.resolve(raw), tmp_path) == []
    # The default says nothing either, and a queue that is not there needs no images.
    del raw["training"]["queue"]
    del raw["conditions"]["moco"]
    assert checks.check(config.resolve(raw), tmp_path) == []


def test_batch_normalisation_over_the_whole_batch_is_right_without_keys(
    raw: dict[str, Any], tmp_path: Path
) -> None:
    """The warning is about keys that are computed apart from their queries."""
    raw["training"] |= {"objective": "simclr", "bn_groups": 1}
    del raw["training"]["queue"]
    assert checks.check(config.resolve(raw), tmp_path) == []


def test_an_image_smaller_than_the_stride_of_the_network(
    raw: dict[str, Any], tmp_path: Path
) -> None:
    raw["network"]["stem"] = "imagenet"
    assert checks.check(resolve_with(raw, "image_size", 32), tmp_path) == []
    message = refusal(resolve_with(raw, "image_size", 31), tmp_path / "results")
    assert "at least 32 or choose the stem `small`" in message


@pytest.fixture
def alexnet(raw: dict[str, Any]) -> dict[str, Any]:
    """A config that is right for a network without batch normalisation."""
    raw["network"] = {"architecture": "alexnet"}
    raw["training"]["bn_groups"] = 1
    raw["activations"] = {"layers": ["features.2", "features", "avgpool"]}
    return raw | {"image_size": 63, "images": raw["images"] | {"stored_size": 64}}


def test_alexnet_passes_without_a_warning(alexnet: dict[str, Any], tmp_path: Path) -> None:
    assert checks.check(config.resolve(alexnet), tmp_path / "results") == []


def test_an_image_too_small_for_alexnet(alexnet: dict[str, Any], tmp_path: Path) -> None:
    message = refusal(resolve_with(alexnet, "image_size", 62), tmp_path / "results")
    assert "62 pixels, too small for `network.architecture` alexnet" in message
    assert message.endswith("make it at least 63")


def test_layers_of_alexnet(alexnet: dict[str, Any], tmp_path: Path) -> None:
    settings = resolve_with(alexnet, "activations.layers", ["layer4"])
    message = refusal(settings, tmp_path / "results")
    assert '"layer4", which alexnet lacks: choose among features, avgpool' in message


def test_groups_without_batch_normalisation_are_warned_about(
    alexnet: dict[str, Any], tmp_path: Path
) -> None:
    alexnet["compute"] = {"gpus_per_seed": 2}
    alexnet["training"]["bn_groups"] = 2
    assert checks.check(config.resolve(alexnet), tmp_path) == []
    settings = resolve_with(alexnet, "training.bn_groups", 4)
    [warning] = checks.check(settings, tmp_path)
    assert "`training.bn_groups` is 4, but alexnet has no batch normalisation" in warning
    assert warning.endswith("write 2")


def test_recalibration_needs_the_images_only_where_it_is_wanted(
    raw: dict[str, Any], tmp_path: Path
) -> None:
    settings = resolve_with(raw, "activations.recalibration_images", 513)
    assert checks.check(settings, tmp_path) == []
    settings = resolve_with(raw, "activations.batchnorm", "recalibrated")
    message = refusal(settings, tmp_path / "results")
    assert "`activations.recalibration_images` is 513" in message


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("training.bn_groups", 1, "`training.bn_groups` is 1"),
        ("images.stored_size", 24, "`images.stored_size` is 24"),
        ("conditions.one.training.bn_groups", 1, "`conditions.one.training.bn_groups` is 1"),
    ],
)
def test_what_is_seldom_meant_is_warned_about(
    raw: dict[str, Any], tmp_path: Path, path: str, value: object, said: str
) -> None:
    (warning,) = checks.check(resolve_with(raw, path, value), tmp_path)
    assert said in warning


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_forced_gpu_is_warned_about_where_there_is_none(
    raw: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    raw["compute"] = {"device": device}
    settings = config.resolve(raw)
    monkeypatch.setattr(checks.sys, "platform", "linux")
    monkeypatch.setattr(checks, "_driver_files", lambda: [])
    [warning] = checks.check(settings, tmp_path / "results")
    assert f"`compute.device` is {device}, but this machine has no NVIDIA GPU" in warning
    monkeypatch.setattr(checks, "_driver_files", lambda: [Path("/dev/nvidia0")])
    assert checks.check(settings, tmp_path / "results") == []


def test_a_missing_table(raw: dict[str, Any], tmp_path: Path) -> None:
    settings = resolve_with(raw, "stimuli.table", str(tmp_path / "none.csv"))
    assert "none.csv" in refusal(settings, tmp_path / "results")


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("vehicle", "write `categories: {vehicle: {within: vehicle}}`, or others of its columns"),
        (None, "has no column for a category: add one, such as `face`"),
    ],
)
def test_the_usual_categories_need_their_columns(
    raw: dict[str, Any], tmp_path: Path, column: str | None, said: str
) -> None:
    del raw["categories"]
    rows = [line.split(",")[:3] for line in TABLE.splitlines()]
    rows[0][2] = column or ""
    table = "\n".join(",".join(row if column else row[:2]) for row in rows)
    (tmp_path / "table.csv").write_text(table, encoding="utf-8")
    assert said in refusal(config.resolve(raw), tmp_path / "results")
    if column:
        settings = resolve_with(raw, "categories", {"vehicle": {"within": "vehicle"}})
        assert checks.check(settings, tmp_path / "results") == []


def test_a_missing_test_image(raw: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "c.png").unlink()
    assert "c.png" in refusal(config.resolve(raw), tmp_path / "results")


def test_a_test_image_cut_short(raw: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "b.png"
    file.write_bytes(file.read_bytes()[:40])
    assert "b.png" in refusal(config.resolve(raw), tmp_path / "results")


def test_test_images_wait_for_their_job_where_nothing_can_open_them(
    raw: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    (warning,) = checks.check(config.resolve(raw), tmp_path)
    assert "PIL cannot be imported" in warning


def test_a_file_in_the_place_of_the_results(raw: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "results").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="results is a file where the results need a folder"):
        checks.check(config.resolve(raw), tmp_path / "results")


def test_a_place_that_cannot_be_written_to(
    raw: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by permissions: they do not hold for an administrator, who may run the tests.
    monkeypatch.setattr("os.access", lambda path, mode, **_: path != tmp_path)
    assert f"{tmp_path} is not writable" in refusal(config.resolve(raw), tmp_path / "results")
