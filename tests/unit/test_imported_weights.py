"""Weights that other code saved are found and taken over to the last bit, or refused by name."""

import argparse
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import checkpoint_cases as cases
import pytest
import torch
import torchvision
from torch import Tensor
from training_cases import assert_identical

from trajectories.errors import UserError
from trajectories.networks import checkpoints, imported_weights
from trajectories.networks.files import matching
from trajectories.networks.files.matching import Expected


@pytest.fixture(scope="module")
def expected() -> Expected:
    return Expected.of(cases.ARCHITECTURE, cases.STEM)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "checkpoint_0007.pth.tar"


def state(change: Callable[[dict[str, Any]], Any] = lambda state: None) -> dict[str, Any]:
    """A state dict as torchvision names it, with a change."""
    content = dict(cases.encoder(6).state_dict())
    change(content)
    return content


def read(path: Path, expected: Expected, prefix: str | None = None) -> dict[str, Tensor]:
    return imported_weights.read(path, expected, prefix)[0]


def refusal(path: Path, expected: Expected, prefix: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        imported_weights.read(path, expected, prefix)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


@pytest.mark.parametrize(
    "save",
    [
        cases.save_plain,
        lambda path: cases.save_plain(path, _use_new_zipfile_serialization=False),
        cases.save_lightning,
        cases.save_distributed,
        lambda path: cases.save_moco(path, 7),
    ],
    ids=["torchvision", "old torch format", "lightning", "distributed", "moco"],
)
def test_weights_are_found_whoever_wrote_them(path, expected, save) -> None:
    original = save(path)
    assert len(original) > 30
    assert_identical(read(path, expected), original)


def test_a_torchvision_network_fits(path) -> None:
    network = torchvision.models.resnet50()
    torch.save(network.state_dict(), path)
    weights = read(path, Expected.of("resnet50", "imagenet"))
    network.fc = torch.nn.Identity()
    assert_identical(weights, dict(network.state_dict()))


def test_checkpoints_of_this_project_are_taken_over(path, expected) -> None:
    original = cases.backbone(cases.encoder(6))
    checkpoints.save_checkpoint(path, original, epoch=0.25, step=3, seed=1, recipe_digest="abc")
    weights, epoch, _ = imported_weights.read(path, expected)
    assert_identical(weights, original)
    assert epoch == 0.25


@pytest.mark.parametrize(
    ("content", "epoch"),
    [
        ({"epoch": 200}, 200),
        ({"epoch": 0.5}, 0.5),
        ({"epoch": "last"}, None),
        ({"epoch": True}, None),
        ({}, None),
    ],
)
def test_a_file_says_from_which_epoch_it_is(path, expected, content, epoch) -> None:
    torch.save({"state_dict": state(), **content}, path)
    assert imported_weights.read(path, expected)[1] == epoch


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        ([""], ""),
        (["module."], "module."),
        (["module.backbone."], "module.backbone."),
        (["module.encoder_k.", "module.encoder_q."], "module.encoder_q."),
        (
            [
                "encoder_q.",
                "encoder_k.",
            ],
            "encoder_q.",
        ),
        (["encoder_k."], "encoder_k."),
    ],
)
def test_the_prefix_is_found(expected, names: list[str], prefix: str) -> None:
    found = [f"{name}{end}" for name in names for end in ("conv1.weight", "layer1.0.conv1.weight")]
    others = ["queue", "predictor.conv1.weight", "module.layer1.1.conv1.weight"]
    match = matching.match({"": dict.fromkeys([*found, *others])}, expected, Path("x"))
    assert match.prefix == prefix


@pytest.mark.parametrize("names", [["student.", "teacher."], ["encoder_q.", "ema.", "encoder_k."]])
def test_several_networks_are_listed(expected, names: list[str]) -> None:
    found = [f"{name}{end}" for name in names for end in ("conv1.weight", "layer1.0.conv1.weight")]
    with pytest.raises(UserError, match=r"contains 2 networks: set `prefix`") as caught:
        matching.match({"": dict.fromkeys(found)}, expected, Path("x"))
    for name in set(names) - {"encoder_k."}:
        assert f'"{name}"' in str(caught.value)


def test_a_given_prefix_decides(path, expected) -> None:
    moco = cases.MoCo()
    torch.save(moco.state_dict(), path)
    assert_identical(read(path, expected, "encoder_k."), cases.backbone(moco.encoder_k))
    message = refusal(path, expected, "module.encoder_k.")
    assert "no `module.encoder_k.conv1.weight`" in message
    assert '"encoder_q." or "encoder_k."' in message


def test_no_network_at_all(path, expected) -> None:
    torch.save({"features.0.weight": torch.ones(2), "features.0.bias": torch.ones(2)}, path)
    message = refusal(path, expected)
    assert "but features.0.weight, features.0.bias:" in message
    assert "torchvision's resnet10_narrow (`conv1.weight`, `layer1.0.conv1.weight`)" in message


@pytest.mark.parametrize("wrapper", ["", "module.encoder_q."])
def test_alexnet_is_found_without_its_classifier(path, wrapper: str) -> None:
    network = torchvision.models.alexnet()
    content = {f"{wrapper}{name}": tensor for name, tensor in network.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": content}, path)
    weights = read(path, Expected.of("alexnet", "imagenet"))
    assert len(weights) == 10
    assert_identical(weights, dict(network.features.state_dict(prefix="features.")))


def test_a_network_of_another_kind(path, expected) -> None:
    torch.save(torchvision.models.alexnet().state_dict(), path)
    assert "but features.0.weight, features.0.bias, features.3.weight:" in refusal(path, expected)
    cases.save_plain(path)
    message = refusal(path, Expected.of("alexnet", "imagenet"))
    assert "torchvision's alexnet (`features.0.weight`, `features.3.weight`), but conv1" in message


def test_batch_counters_alone_may_be_missing(path, expected) -> None:
    def forget(content: dict[str, Any]) -> None:
        for name in [name for name in content if name.endswith("num_batches_tracked")]:
            del content[name]

    torch.save(state(forget), path)
    weights = read(path, expected)
    counters = [tensor for name, tensor in weights.items() if name.endswith("tracked")]
    assert len(counters) == sum(name.endswith("tracked") for name in expected.weights) > 5
    assert all(counter.dtype == torch.int64 and counter == 0 for counter in counters)


def test_every_fault_of_names_and_shapes_is_in_one_sentence(path, expected) -> None:
    def change(content: dict[str, Any]) -> None:
        content["conv1.weight"] = torch.ones(64, 3, 7, 7)
        content["extra.weight"] = content.pop("bn1.weight")
        content["bn1.bias"] = "none"

    torch.save(state(change), path)
    message = refusal(path, expected)
    for words in (
        "lacks bn1.weight",
        "has extra.weight, which the network does not have",
        "no tensor in bn1.bias",
        "conv1.weight of shape (64, 3, 7, 7) instead of (64, 3, 3, 3)",
        "`network.stem`",
    ):
        assert words in message


def test_of_many_faults_ten_are_listed_and_the_rest_counted(path) -> None:
    torch.save(torchvision.models.resnet34().state_dict(), path)
    wanted = torchvision.models.resnet18().state_dict()
    have = torchvision.models.resnet34().state_dict()
    missing = [name for name in wanted if name not in have]
    surplus = [name for name in have if name not in wanted]
    assert not missing
    message = refusal(path, Expected.of("resnet18", "imagenet"))
    assert all(f"has {name}," in message for name in surplus[:10])
    assert f"has {surplus[10]}," not in message
    assert f"and {len(surplus) - 10} more" in message


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_number_formats_become_float32(path, expected, dtype) -> None:
    original = cases.encoder(6).to(dtype).state_dict()
    torch.save(original, path)
    for name, tensor in read(path, expected).items():
        assert tensor.dtype == expected.weights[name].dtype
        assert torch.equal(tensor, original[name].to(tensor.dtype))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_weights_that_are_not_finite(path, expected, value: float) -> None:
    def spoil(content: dict[str, Any]) -> None:
        content["layer2.0.bn1.running_var"] = content["layer2.0.bn1.running_var"].double()
        content["layer2.0.bn1.running_var"][3] = value

    torch.save(state(spoil), path)
    assert "layer2.0.bn1.running_var that are not finite" in refusal(path, expected)


class Hostile:
    """An object whose unpickling makes a file."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.victim),)


@pytest.mark.parametrize("new_format", [True, False])
def test_no_code_in_a_file_is_run(path, expected, tmp_path, new_format: bool) -> None:
    content = {"state_dict": state(), "extra": Hostile(tmp_path / "made")}
    torch.save(content, path, _use_new_zipfile_serialization=new_format)
    assert "mkdir besides its weights, which is not loaded" in refusal(path, expected)
    assert not (tmp_path / "made").exists()


def test_other_objects_are_left_where_they_are_and_named(path, expected) -> None:
    original = state()
    torch.save({"state_dict": original, "args": argparse.Namespace(lr=0.1)}, path)
    weights, _, note = imported_weights.read(path, expected)
    assert_identical(weights, {name: original[name] for name in weights})
    assert "not loaded: argparse.Namespace" in note


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        (b"", ", but empty: copy it again"),
        (b"no weights", ": copy it again, or leave it out"),
        (b"PK\x03\x04 cut", ": copy it again, or leave it out"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1f\n", "run `git lfs pull`"),
        (b"\n<!DOCTYPE html><html>Log in</html>", ", but a web page: download the file"),
    ],
)
def test_what_is_no_torch_file(path, expected, content: bytes, mend: str) -> None:
    path.write_bytes(content)
    message = refusal(path, expected)
    assert "is damaged, or not a file of weights written by torch.save" in message
    assert mend in message


def test_an_archive_of_something_else(path, expected) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("run/last.pth", b"weights")
    assert "but an archive of run/last.pth: unpack it, and name what" in refusal(path, expected)


def test_a_file_cut_short_or_altered(path, expected) -> None:
    cases.save_plain(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1000])
    assert "is damaged" in refusal(path, expected)
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert "is damaged" in refusal(path, expected)


def test_what_is_no_state_dict(path, expected) -> None:
    torch.save([torch.ones(2)], path)
    assert "contains list, not a state dict" in refusal(path, expected)


def test_a_file_that_has_gone(path, expected) -> None:
    assert "is missing" in refusal(path, expected)


def test_only_the_weights_are_written_on(path, expected, tmp_path) -> None:
    """Tensors that are views of one large buffer do not drag it along."""
    large = torch.rand(20_000_000)
    content, start = state(), 0
    for name, tensor in content.items():
        if tensor.is_floating_point():
            content[name] = large[start : start + tensor.numel()].view(tensor.shape)
            start += tensor.numel()
    torch.save(content, path)
    checkpoints.save_checkpoint(
        tmp_path / "slim.pt", read(path, expected), epoch=1, step=None, seed=1, recipe_digest="a"
    )
    size = sum(tensor.numel() * tensor.element_size() for tensor in expected.weights.values())
    assert (tmp_path / "slim.pt").stat().st_size < 1.05 * size < path.stat().st_size / 4
