"""Displacement is that of the weights that a layer depends on, as gradients tell, step by step.

The truths are backpropagation through the whole network, and weights moved by known amounts.
"""

import gc
import json
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from trajectories.errors import UserError
from trajectories.networks import displacement
from trajectories.networks.backbone import build_backbone
from trajectories.networks.catalogue import describe
from trajectories.networks.checkpoints import checkpoint_name, save_checkpoint
from trajectories.storage import tables
from trajectories.storage.columns import DISPLACEMENT
from trajectories.study.recipe import NetworkRecipe

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "displacement.py"
PREFIXES = {"layer1": ["a"], "layer4": ["a", "b"]}


LAYERS = (
    "conv1", "bn1", "relu", "maxpool", "layer1", "layer1.0.conv2", "layer1.0.relu", "layer2.0",
    "layer2.0.bn1", "layer2.0.bn2", "layer2.0.downsample", "layer2.0.downsample.0",
    "layer2.0.downsample.1", "layer4", "avgpool",
)  # fmt: skip
ALEXNET_LAYERS = ("features.0", "features.1", "features.2", "features.8", "features", "avgpool")
NETWORKS = [
    ("resnet10_narrow", "imagenet", LAYERS),
    ("resnet18", "small", LAYERS),
    ("resnet50", "imagenet", LAYERS),
    ("alexnet", "imagenet", ALEXNET_LAYERS),
]


@pytest.mark.parametrize(("architecture", "stem", "layers"), NETWORKS)
def test_the_weights_of_a_layer_are_those_that_gradients_reach(architecture, stem, layers) -> None:
    network = build_backbone(architecture, stem).eval()
    outputs: dict[str, Tensor] = {}
    for layer in layers:
        network.get_submodule(layer).register_forward_hook(
            # A block calls its relu several times: the last one counts.
            lambda module, args, output, layer=layer: outputs.update({layer: output.clone()})
        )
    network(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    names, weights = zip(*network.named_parameters(), strict=True)
    for layer in layers:
        reached = torch.autograd.grad(
            outputs[layer].square().sum(), weights, retain_graph=True, allow_unused=True
        )
        expected = {name for name, each in zip(names, reached, strict=True) if each is not None}
        found = describe(architecture, stem, 64).weights_up_to(layer)
        assert sorted(found) == sorted(expected), layer


def test_weights_moved_by_known_amounts() -> None:
    """By 10% of their length, then at a right angle by twice it, then layer 4 alone by its own."""
    a, b = torch.tensor([3.0, 4.0]), torch.tensor([[0.0], [12.0]])
    across = torch.tensor([-4.0, 3.0])
    series = [
        (0.0, {"a": a, "b": b}),
        (1.0, {"a": 1.1 * a, "b": 1.1 * b}),
        (2.0, {"a": 1.1 * a + 2.2 * across, "b": 1.1 * b}),
        (5.0, {"a": 1.1 * a + 2.2 * across, "b": 2.2 * b}),
    ]
    found = {row[:3]: row[3] for row in displacement.displacements(series, PREFIXES)}
    now = np.sqrt((1.1 * 5) ** 2 + (2.2 * 5) ** 2 + (1.1 * 12) ** 2)
    expected = {
        ("layer1", 0, 1): 0.1, ("layer4", 0, 1): 0.1,
        ("layer1", 1, 2): 2.0, ("layer4", 1, 2): 2 * 5 / 13,
        ("layer1", 2, 5): 0.0, ("layer4", 2, 5): 1.1 * 12 / now,
    }  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_layer_is_as_alone_whatever_others_are_asked_for() -> None:
    generator = torch.Generator().manual_seed(1)
    series = [
        (float(t), {name: torch.randn(7, generator=generator) for name in "abc"}) for t in range(3)
    ]
    prefixes = {"one": ["a"], "two": ["a", "b"], "three": ["a", "b", "c"], "side": ["a", "c"]}
    together = list(displacement.displacements(series, prefixes))
    for layer, names in prefixes.items():
        alone = list(displacement.displacements(series, {layer: names}))
        assert [row for row in together if row[0] == layer] == alone


def test_small_steps_of_half_precision_are_not_lost() -> None:
    large = torch.full((1000,), 100.0, dtype=torch.float16)
    moved = large.clone()
    moved[0] += 1
    [(*_, found)] = displacement.displacements([(0, {"a": large}), (1, {"a": moved})], {"x": ["a"]})
    assert found == pytest.approx(1 / np.sqrt(1000 * 100**2), rel=1e-12)


def test_two_checkpoints_at_a_time_are_in_memory() -> None:
    alive: list[weakref.ref[Tensor]] = []

    def checkpoints():
        for epoch in range(5):
            gc.collect()
            assert sum(each() is not None for each in alive) <= 1
            weights = {"a": torch.ones(3) + epoch}
            alive.append(weakref.ref(weights["a"]))
            yield float(epoch), weights
            del weights

    rows = list(displacement.displacements(checkpoints(), {"layer1": ["a"]}))
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("after", "words"),
    [({}, "epoch 1 has no a"), ({"a": torch.tensor([np.nan, 1])}, "not finite numbers")],
)
def test_weights_without_a_displacement_are_named(after, words) -> None:
    series = [(0.0, {"a": torch.ones(2)}), (1.0, after)]
    with pytest.raises(UserError, match=words):
        list(displacement.displacements(series, {"layer1": ["a"]}))
    zeros = [(0.0, {"a": torch.zeros(2)}), (1.0, {"a": torch.ones(2)})]
    with pytest.raises(UserError, match="layer1 at epoch 0 or 1 are not finite numbers, or all 0"):
        list(displacement.displacements(zeros, {"layer1": ["a"]}))


def test_steps_are_those_between_whole_epochs() -> None:
    assert displacement.whole_steps([0, 0.01, 0.3, 1, 2, 5]) == [(0, 1), (1, 2), (2, 5)]


def test_of_a_series_without_whole_epochs_steps_are_between_all() -> None:
    assert displacement.whole_steps([0.5, 1, 1.5]) == [(0.5, 1), (1, 1.5)]
    with pytest.raises(UserError, match="2 epochs, but there are 1"):
        displacement.whole_steps([0.5])


# The script


@pytest.fixture
def instance(tmp_path) -> dict[str, list]:
    """Checkpoints in two segments, one of them within the first epoch, with a recipe."""
    network = {"architecture": "resnet10_narrow", "stem": "imagenet", "embedding": 32}
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({"image_size": 32, "network": network}))
    torch.manual_seed(0)
    weights = build_backbone("resnet10_narrow", "imagenet").state_dict()
    places = {0.0: "epochs-0000-0001", 0.25: "epochs-0000-0001", 1.0: "epochs-0000-0001",
              2.0: "epochs-0001-0003", 3.0: "epochs-0001-0003"}  # fmt: skip
    for number, (epoch, folder) in enumerate(places.items()):
        moved = {
            # Only the last stage moves, and running statistics, which are no weights.
            name: tensor + (0.01 * number * ("layer4" in name or "running" in name))
            for name, tensor in weights.items()
        }
        path = tmp_path / folder / checkpoint_name(epoch)
        path.parent.mkdir(exist_ok=True)
        digest = NetworkRecipe.read(recipe).digest
        # Of imported checkpoints the step is not known.
        save_checkpoint(path, moved, epoch=epoch, step=None, seed=7, recipe_digest=digest)
    folders = list(dict.fromkeys(tmp_path / folder for folder in places.values()))
    return {"--recipe": [recipe], "--checkpoints": folders, "--epochs": list(places),
            "--layers": ["layer1", "layer4"], "--condition": ["None"], "--seed": [7],
            "--output": [tmp_path / "displacement.csv"]}  # fmt: skip


def run(flags: dict[str, list]) -> "subprocess.CompletedProcess[str]":
    given = [str(text) for name, values in flags.items() for text in (name, *values)]
    return subprocess.run(
        [sys.executable, SCRIPT, *given], capture_output=True, text=True, check=False
    )


def test_own_checkpoints_and_those_within_an_epoch(instance) -> None:
    done = run(instance)
    assert done.returncode == 0, done.stderr
    found = tables.read_columns(instance["--output"][0], DISPLACEMENT)
    assert found["condition"].unique().tolist() == ["None"]
    assert found["seed"].unique().tolist() == [7]
    steps = found[["epoch", "next_epoch"]].drop_duplicates().to_numpy().tolist()
    assert steps == [[0, 1], [1, 2], [2, 3]]
    assert (found.loc[found["layer"] == "layer1", "displacement"] == 0).all()
    values = found.loc[found["layer"] == "layer4", "displacement"].to_numpy()
    # From 0 to 1 passes over the checkpoint between: twice as far.
    assert values[0] == pytest.approx(2 * values[1], rel=0.1)
    assert (values > 0).all()


def test_a_checkpoint_that_is_missing_or_of_another_instance_is_named(instance) -> None:
    (instance["--checkpoints"][1] / checkpoint_name(2)).unlink()
    done = run(instance)
    assert done.returncode == 1
    assert "lack epoch-0002.000.pt" in done.stderr
    done = run({**instance, "--epochs": [0, 1], "--seed": [8]})
    assert "belongs to seed 7, not 8" in done.stderr
    assert len(done.stderr.splitlines()) == 1
