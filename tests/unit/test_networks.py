"""What is said of a network without torch is what torchvision builds."""

from functools import cache

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.hooks import RemovableHandle

from trajectories.networks import catalogue as networks
from trajectories.networks.backbone import build_backbone

CASES = [(name, stem) for name in networks.ARCHITECTURES for stem in ("imagenet", "small")]


@cache
def build(architecture: str, stem: str) -> nn.Module:
    """The torchvision network, without memory for its weights."""
    with torch.device("meta"):
        if architecture == "resnet10_narrow":
            return build_backbone(architecture, stem)
        network = torchvision.models.get_model(architecture, weights=None)
        if stem == "small":
            network.conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
            network.maxpool = nn.Identity()
        network.fc = nn.Identity()
    built: nn.Module = network
    return built


def observed_shapes(network: nn.Module, image_size: int) -> dict[str, tuple[int, ...]]:
    """Output shape of each module, by forward hooks."""
    shapes: dict[str, tuple[int, ...]] = {}

    def watch(name: str, module: nn.Module) -> RemovableHandle:
        def note(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            shapes[name] = tuple(output.shape[1:])

        return module.register_forward_hook(note)

    hooks = [watch(name, m) for name, m in network.named_modules() if name not in ("", "fc")]
    network.eval()(torch.empty(1, 3, image_size, image_size, device="meta"))
    for hook in hooks:
        hook.remove()
    return shapes


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_modules_and_their_output_shapes(architecture: str, stem: str) -> None:
    # 75 is odd at every stage: all roundings of sides count.
    described = networks.describe(architecture, stem, 75)
    assert described.shapes == observed_shapes(build(architecture, stem), 75)


@pytest.mark.parametrize("stem", ["imagenet", "small"])
@pytest.mark.parametrize("image_size", [32, 224])
def test_output_shapes_at_usual_sizes(stem: str, image_size: int) -> None:
    described = networks.describe("resnet18", stem, image_size)
    assert described.shapes == observed_shapes(build("resnet18", stem), image_size)


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_parameters_and_bytes_of_a_checkpoint(architecture: str, stem: str) -> None:
    network, described = build(architecture, stem), networks.describe(architecture, stem, 64)
    assert described.features == network(torch.empty(2, 3, 64, 64, device="meta")).shape[1]
    assert described.parameters == sum(p.numel() for p in network.parameters())
    floats = [b for b in network.buffers() if b.is_floating_point()]
    assert described.statistics == sum(b.numel() for b in floats)
    assert described.counters == len(list(network.buffers())) - len(floats)
    assert described.checkpoint_bytes == sum(t.nbytes for t in network.state_dict().values())


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_multiply_adds_are_those_that_torch_counts(architecture: str, stem: str) -> None:
    described = networks.describe(architecture, stem, 75)
    with FlopCounterMode(display=False) as counter:
        build(architecture, stem).eval()(torch.empty(1, 3, 75, 75, device="meta"))
    assert 2 * sum(described.multiply_adds.values()) == counter.get_total_flops()


@pytest.mark.parametrize("architecture", ["resnet18", "resnet34", "resnet50", "resnet101"])
def test_multiply_adds_are_those_that_torchvision_states(architecture: str) -> None:
    described = networks.describe(architecture, "imagenet", 224)
    classifier = 1000 * described.features
    stated = torchvision.models.get_model_weights(architecture).DEFAULT
    # In units of 10⁹, with the classifier, at 224 pixels.
    assert stated.meta["_ops"] == pytest.approx(
        (sum(described.multiply_adds.values()) + classifier) / 1e9, abs=5e-4
    )


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_multiply_adds_of_a_backward_pass_are_those_that_torch_counts(architecture, stem) -> None:
    network, described = build(architecture, stem), networks.describe(architecture, stem, 75)
    output = network.train()(torch.empty(2, 3, 75, 75, device="meta"))
    with FlopCounterMode(display=False) as counter:
        output.sum().backward()
    assert 2 * 2 * described.backward_multiply_adds == counter.get_total_flops()


def test_units_of_the_published_layers() -> None:
    # Tousi et al.: ResNet-50 at 224 pixels.
    described = networks.describe("resnet50", "imagenet", 224)
    assert described.units("layer1") == 802_816
    assert described.units("layer4") == 100_352


@pytest.mark.parametrize(("stem", "stride"), [("imagenet", 32), ("small", 8)])
def test_the_smallest_image_is_one_pixel_of_the_last_stage(stem: str, stride: int) -> None:
    assert networks.smallest_image(stem) == stride
    last = [networks.describe("resnet18", stem, stride * n).shapes["layer4"] for n in (1, 2, 3)]
    assert last == [(512, n, n) for n in (1, 2, 3)]


@pytest.mark.parametrize(("architecture", "stem"), [("vgg16", "imagenet"), ("resnet18", "large")])
def test_other_networks_are_refused(architecture: str, stem: str) -> None:
    with pytest.raises(KeyError):
        networks.describe(architecture, stem, 224)
