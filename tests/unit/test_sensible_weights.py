"""Imported weights whose values no training leaves are refused; those of any training pass."""

from pathlib import Path
from typing import Any

import checkpoint_cases as cases
import pytest
import torch
import torchvision
from torch import Tensor

from trajectories.errors import UserError
from trajectories.networks import imported_weights, sensible_weights
from trajectories.networks.files.matching import Expected

CONV, SCALE = "layer1.0.conv1.weight", "layer2.0.bn1.weight"
MEAN, VARIANCE = "layer2.0.bn1.running_mean", "layer2.0.bn1.running_var"


@pytest.fixture(scope="module")
def expected() -> Expected:
    return Expected.of(cases.ARCHITECTURE, cases.STEM)


def read(path: Path, expected: Expected, changes: dict[str, Any]) -> dict[str, Tensor]:
    torch.save({**cases.encoder(6).state_dict(), **changes}, path)
    return imported_weights.read(path, expected)[0]


def weight(name: str) -> Tensor:
    found: Tensor = cases.encoder(6).state_dict()[name].clone()
    return found


STRANGE: dict[str, tuple[str, Tensor, str]] = {
    "zeros": (CONV, torch.zeros_like(weight(CONV)), "are 0 throughout"),
    "ones": (CONV, torch.ones_like(weight(CONV)), "are 1 throughout"),
    "minus": (CONV, torch.full_like(weight(CONV), -0.5), "are -0.5 throughout"),
    "tiny": (CONV, weight(CONV) * 1e-20, "are at most "),
    "int8": (CONV, (weight(CONV) * 100).to(torch.int8), "are int8"),
    "int64": (CONV, (weight(CONV) * 100).long(), "are int64"),
    "bool": (CONV, weight(CONV) > 0, "are bool"),
    "complex": (CONV, weight(CONV) * 1j, "are complex64"),
    "whole numbers": (CONV, (weight(CONV) * 100).round(), "are whole numbers throughout"),
    "sparse": (CONV, weight(CONV).to_sparse(), "are sparse"),
    "huge": (CONV, weight(CONV) * 1e12, "are as large as "),
    "beyond float32": (CONV, weight(CONV).double() * 1e60, "are not finite"),
    "one huge": (
        SCALE,
        torch.cat([weight(SCALE)[:-1], torch.tensor([1e9])]),
        "are as large as 1e+09",
    ),
    "mean": (MEAN, torch.full_like(weight(MEAN), 1e20), "are as large as 1e+20"),
    "negative": (VARIANCE, -weight(VARIANCE), "are negative variances, such as -"),
    "one negative": (
        VARIANCE,
        torch.cat([weight(VARIANCE)[:-1], torch.tensor([-1e-3])]),
        "are negative variances, such as -0.001",
    ),
    "no variance": (VARIANCE, torch.zeros_like(weight(VARIANCE)), "are variances of 0 throughout"),
    "nan": (VARIANCE, torch.full_like(weight(VARIANCE), torch.nan), "are not finite"),
}


@pytest.mark.filterwarnings("ignore:Validating sparse")
@pytest.mark.parametrize("kind", STRANGE)
def test_values_that_no_training_leaves_are_refused(tmp_path, expected, kind: str) -> None:
    name, value, reason = STRANGE[kind]
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(UserError) as caught:
        read(path, expected, {name: value})
    message = str(caught.value)
    assert str(path) in message
    assert f"weights in {name} that {reason}" in message
    assert "\n" not in message
    assert "more" not in message


def test_a_network_of_zeros_is_refused_by_the_first_of_its_weights(tmp_path, expected) -> None:
    zeros = {name: torch.zeros_like(each) for name, each in expected.weights.items()}
    with pytest.raises(UserError, match=r"weights in conv1\.weight that are 0 .* and \d+ other"):
        read(tmp_path / "checkpoint.pt", expected, zeros)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_all_formats_of_floating_point_pass(tmp_path, expected, dtype: torch.dtype) -> None:
    found = read(tmp_path / "checkpoint.pt", expected, {CONV: weight(CONV).to(dtype)})
    torch.testing.assert_close(found[CONV], weight(CONV).to(dtype).float(), rtol=0, atol=0)


def test_what_training_may_leave_passes(tmp_path, expected) -> None:
    dead = weight(CONV)
    dead[:-1] = 0  # filters that died
    rare = weight(VARIANCE)
    rare[:-1] = 0
    changes = {
        CONV: dead,
        SCALE: torch.zeros_like(weight(SCALE)),  # zero_init_residual
        MEAN: weight(MEAN) * 1e4,  # inputs of 0 to 255
        VARIANCE: rare * 1e9,
        "layer2.0.bn1.num_batches_tracked": torch.tensor(1234.5),  # an average of states
    }
    assert len(read(tmp_path / "checkpoint.pt", expected, changes)) == len(expected.weights)


@pytest.mark.parametrize(
    "network",
    [
        lambda: torchvision.models.resnet50(zero_init_residual=True),
        torchvision.models.alexnet,
    ],
)
def test_untrained_networks_have_sensible_weights(network) -> None:
    assert sensible_weights.faults(network().state_dict()) == {}
