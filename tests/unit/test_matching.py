"""A network is found in a file by its first weights, however few it has."""

import pytest
import torch

from trajectories.errors import UserError
from trajectories.networks import imported_weights
from trajectories.networks.files.matching import Expected


@pytest.mark.parametrize(
    "shapes",
    [
        {"weight": (4, 3), "bias": (4,)},
        {"scale": (4,)},
        {"stem.weight": (4, 3, 3, 3), "norm.weight": (4,)},
        {"stem.weight": (4, 3, 3, 3), "out.weight": (5, 4)},
    ],
)
def test_networks_of_few_weights_are_found_behind_a_prefix(tmp_path, shapes) -> None:
    weights = {name: torch.rand(shape) for name, shape in shapes.items()}
    expected = Expected("mine:small", (), weights)
    torch.save({f"module.{name}": value for name, value in weights.items()}, tmp_path / "a.pt")
    read, *_ = imported_weights.read(tmp_path / "a.pt", expected)
    assert read.keys() == weights.keys()
    assert all(torch.equal(read[name], weights[name]) for name in weights)
    torch.save({"other.kernel": torch.rand(2, 2)}, tmp_path / "b.pt")
    with pytest.raises(UserError, match="has no weights named as in mine:small"):
        imported_weights.read(tmp_path / "b.pt", expected)
