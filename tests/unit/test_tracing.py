"""What torch finds out of a network, against what gradients and hooks show; and how it is kept."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from library_cases import odd, write_own
from torch import nn

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.networks.libraries import described, tracing
from trajectories.networks.libraries.described import DescribedNetwork
from trajectories.networks.libraries.library import Built, Library
from trajectories.networks.reading import ReadNetwork

PREPROCESSING = {
    "size": 16, "resize": "whole", "interpolation": "bilinear", "mean": [0.5] * 3, "sd": [0.5] * 3,
}  # fmt: skip
FAULTS = {
    "normalise": "uses no weights up to it, so that it never changes",
    "again": "applies it several times",
    "pair": "gets a tuple, not one tensor, from it",
    "unused": "never calls it",
    "tokens_first": "gets what has no axis of images from it",
}


@pytest.fixture
def odd_network(monkeypatch) -> DescribedNetwork:
    library = Library("odd", ("torch",), lambda _: True, lambda _: [],
                      lambda _, size: Built(odd(), (), PREPROCESSING))  # fmt: skip
    monkeypatch.setattr(catalogue, "library", lambda _: library)
    # As it is read back from its file.
    return DescribedNetwork.of(json.loads(json.dumps(tracing.describe("odd", None))))


def test_layers_have_their_shapes_and_faults(odd_network) -> None:
    assert odd_network.faults == FAULTS
    assert odd_network.shapes["first"] == (4, 4, 4)
    assert odd_network.shapes["last"] == (5,)
    assert not odd_network.has_batchnorm
    assert odd_network.checkpoint_bytes == sum(t.nbytes for t in odd().state_dict().values())
    assert odd_network.preprocessing == PREPROCESSING


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("again", "applies again several times"),
        ("pair", "pair gives a tuple, not one tensor"),
        ("unused", "never uses unused"),
        ("absent", "no layer absent"),
    ],
)
def test_a_layer_that_cannot_be_read_is_refused_at_its_forward_pass(layer: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        ReadNetwork(odd(), [layer, "last"])(torch.zeros(2, 3, 16, 16))


def test_the_weights_of_a_layer_are_those_that_gradients_reach(odd_network) -> None:
    network = odd()
    for layer in ("first", "last"):
        seen = []
        hook = network.get_submodule(layer).register_forward_hook(
            lambda module, args, output, seen=seen: seen.append(output)
        )
        network(torch.randn(2, 3, 16, 16))
        hook.remove()
        grads = torch.autograd.grad(seen[0].sum(), list(network.parameters()), allow_unused=True)
        reached = {name for (name, _), g in zip(network.named_parameters(), grads, strict=True)
                   if g is not None}  # fmt: skip
        assert set(odd_network.weights_up_to(layer)) == reached


@pytest.mark.parametrize("architecture", ["vit_b_16", "swin_t", "regnet_y_400mf", "inception_v3"])
def test_networks_are_described_as_their_hooks_see_them(architecture: str) -> None:
    found = DescribedNetwork.of(tracing.describe(architecture, None))
    built = catalogue.library(architecture).build(architecture, None)
    side = found.content["size"]
    shapes: dict[str, tuple[int, ...]] = {}

    def watch(name: str, module: nn.Module) -> None:
        module.register_forward_hook(
            lambda _module, _args, output: (
                shapes.update({name: tuple(output.shape[1:])})
                if isinstance(output, torch.Tensor)
                else None
            )
        )

    for name, module in built.network.named_modules():
        watch(name, module)
    with torch.no_grad():
        built.network.eval()(torch.zeros(1, 3, side, side))
    sound = {name: shape for name, shape in found.shapes.items() if name not in found.faults}
    assert sound == {name: shapes[name] for name in sound}
    assert len(sound) > 20
    assert found.tokens.patches == (196 if architecture == "vit_b_16" else None)


def test_a_size_that_a_network_cannot_take_is_refused() -> None:
    with pytest.raises(UserError, match="inception_v3 takes no images of 16 × 16 pixels"):
        tracing.describe("inception_v3", 16)


# Kept, and read without torch


@pytest.fixture
def own(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TRAJECTORIES_NETWORKS", str(tmp_path))
    catalogue.describe.cache_clear()
    return write_own(tmp_path)


def describe() -> DescribedNetwork:
    return described.describe("mine:vit", 16, catalogue.library("mine:vit"))


def test_a_description_is_made_once_in_a_process_of_its_own(own, monkeypatch) -> None:
    first = describe()
    assert first.shapes["encoder.ln"] == (5, 16)
    assert first.tokens.prefix == 1
    monkeypatch.setattr(described, "find_spec", lambda name: None)  # torch is not needed any more
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("described again"))
    assert describe() == first


def test_without_torch_and_description_the_mend_is_named(own, monkeypatch) -> None:
    monkeypatch.setattr(described, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"mine:vit can be described only where torch.*make layers"):
        describe()


@pytest.mark.parametrize("change", ["the module", "a version"])
def test_a_change_describes_again(own, monkeypatch, change: str) -> None:
    monkeypatch.setattr(described, "_made", lambda *_: {
        "versions": described.versions(("torch", "torchvision")), "layers": {}, "size": 16,
    })  # fmt: skip
    assert describe().shapes == {}
    monkeypatch.setattr(described, "_made", lambda *_: pytest.fail("as it should"))
    describe()
    if change == "the module":
        own.write_text(own.read_text() + "\n# another\n")
    else:
        monkeypatch.setattr(described, "version", lambda name: "0")
    with pytest.raises(pytest.fail.Exception, match="as it should"):
        describe()


def test_a_mistake_of_the_users_comes_through_in_one_sentence(own) -> None:
    with pytest.raises(UserError, match=r"mine:broken.*failed \(ValueError: no such width\)"):
        described.describe("mine:broken", 16, catalogue.library("mine:broken"))


def test_planning_imports_no_torch() -> None:
    scripts = Path(described.__file__).parents[3]
    code = (
        "import sys; from trajectories.planning import checks, traits;"
        " from trajectories.planning.conditions import extraction;"
        " print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
