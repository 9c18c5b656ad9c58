"""What is said of a network without torch is what torchvision builds."""

from collections import Counter
from functools import cache

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.hooks import RemovableHandle

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.networks.backbone import build_backbone
from trajectories.networks.libraries import torchvision as torchvision_networks
from trajectories.study import schema

CASES = [
    (name, stem) for kind in catalogue.KINDS for name in kind.architectures for stem in kind.stems
]

CLASSIFIERS = {"alexnet": "classifier"}


@cache
def build(architecture: str, stem: str) -> nn.Module:
    """The torchvision network without its classifier, and without memory for its weights."""
    with torch.device("meta"):
        if architecture == "resnet10_narrow":
            return build_backbone(architecture, stem)
        network = torchvision.models.get_model(architecture, weights=None)
        if stem != "imagenet":
            stride = {"small": 1, "stride2": 2}[stem]
            network.conv1 = nn.Conv2d(3, 64, 3, stride, padding=1, bias=False)
            network.maxpool = nn.Identity()
        setattr(network, CLASSIFIERS.get(architecture, "fc"), nn.Identity())
    built: nn.Module = network
    return built


def observed_shapes(network: nn.Module, image_size: int) -> dict[str, tuple[int, ...]]:
    """Output shape of each module, by forward hooks."""
    shapes: dict[str, tuple[int, ...]] = {}

    def watch(name: str, module: nn.Module) -> RemovableHandle:
        def note(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            shapes[name] = tuple(output.shape[1:])

        return module.register_forward_hook(note)

    hooks = [
        watch(name, m)
        for name, m in network.named_modules()
        if name not in ("", "fc", "classifier")
    ]
    network.eval()(torch.empty(1, 3, image_size, image_size, device="meta"))
    for hook in hooks:
        hook.remove()
    return shapes


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_modules_and_their_output_shapes(architecture: str, stem: str) -> None:
    # 75 is odd at every stage of a ResNet: all roundings of sides count.
    described = catalogue.describe(architecture, stem, 75)
    assert described.shapes == observed_shapes(build(architecture, stem), 75)


@pytest.mark.parametrize("stem", ["imagenet", "stride2", "small"])
@pytest.mark.parametrize("image_size", [32, 224])
def test_output_shapes_at_usual_sizes(stem: str, image_size: int) -> None:
    described = catalogue.describe("resnet18", stem, image_size)
    assert described.shapes == observed_shapes(build("resnet18", stem), image_size)


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_parameters_and_bytes_of_a_checkpoint(architecture: str, stem: str) -> None:
    network, described = build(architecture, stem), catalogue.describe(architecture, stem, 64)
    assert described.parameters == sum(p.numel() for p in network.parameters())
    floats = [b for b in network.buffers() if b.is_floating_point()]
    assert described.statistics == sum(b.numel() for b in floats)
    assert described.counters == len(list(network.buffers())) - len(floats)
    assert described.checkpoint_bytes == sum(t.nbytes for t in network.state_dict().values())


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_features_are_the_output_of_the_backbone(architecture: str, stem: str) -> None:
    with torch.device("meta"):
        output = build_backbone(architecture, stem)(torch.empty(2, 3, 64, 64))
    assert output.shape == (2, catalogue.describe(architecture, stem, 64).features)


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_multiply_adds_are_those_that_torch_counts(architecture: str, stem: str) -> None:
    described = catalogue.describe(architecture, stem, 75)
    with FlopCounterMode(display=False) as counter:
        build(architecture, stem).eval()(torch.empty(1, 3, 75, 75, device="meta"))
    assert 2 * sum(described.multiply_adds.values()) == counter.get_total_flops()


@pytest.mark.parametrize("architecture", ["resnet18", "resnet34", "resnet50", "resnet101"])
def test_multiply_adds_are_those_that_torchvision_states(architecture: str) -> None:
    described = catalogue.describe(architecture, "imagenet", 224)
    classifier = 1000 * described.features
    stated = torchvision.models.get_model_weights(architecture).DEFAULT
    # In units of 10⁹, with the classifier, at 224 pixels.
    assert stated.meta["_ops"] == pytest.approx(
        (sum(described.multiply_adds.values()) + classifier) / 1e9, abs=5e-4
    )


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_multiply_adds_of_a_backward_pass_are_those_that_torch_counts(architecture, stem) -> None:
    network, described = build(architecture, stem), catalogue.describe(architecture, stem, 75)
    output = network.train()(torch.empty(2, 3, 75, 75, device="meta"))
    with FlopCounterMode(display=False) as counter:
        output.sum().backward()
    assert 2 * 2 * described.backward_multiply_adds == counter.get_total_flops()


def test_units_of_the_published_layers() -> None:
    # Tousi et al.: ResNet-50 at 224 pixels.
    described = catalogue.describe("resnet50", "imagenet", 224)
    assert described.units("layer1") == 802_816
    assert described.units("layer4") == 100_352


@pytest.mark.parametrize(("stem", "stride"), [("imagenet", 32), ("stride2", 16), ("small", 8)])
def test_the_smallest_image_is_one_pixel_of_the_last_stage(stem: str, stride: int) -> None:
    assert catalogue.find("resnet18").smallest_image(stem) == stride
    last = [catalogue.describe("resnet18", stem, stride * n).shapes["layer4"] for n in (1, 2, 3)]
    assert last == [(512, n, n) for n in (1, 2, 3)]


@pytest.mark.parametrize("size", [63, 64, 66, 67, 70, 71, 224])
def test_alexnet_at_sizes_that_round_otherwise(size: int) -> None:
    described = catalogue.describe("alexnet", "imagenet", size)
    assert described.shapes == observed_shapes(build("alexnet", "imagenet"), size)
    assert described.features == 256


def test_the_smallest_image_of_alexnet_is_the_smallest_that_torchvisions_takes() -> None:
    smallest = catalogue.find("alexnet").smallest_image("imagenet")
    network = build("alexnet", "imagenet").eval()
    network(torch.empty(1, 3, smallest, smallest, device="meta"))
    with pytest.raises(RuntimeError, match="Output size is too small"):
        network(torch.empty(1, 3, smallest - 1, smallest - 1, device="meta"))


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_whether_there_is_batch_normalisation(architecture: str, stem: str) -> None:
    network = build(architecture, stem)
    found = any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert catalogue.describe(architecture, stem, 64).has_batchnorm == found


@pytest.mark.parametrize(("architecture", "stem"), CASES)
def test_modules_that_are_called_several_times(architecture: str, stem: str) -> None:
    calls: Counter[str] = Counter()
    network = build(architecture, stem).eval()
    hooks = [
        module.register_forward_hook(lambda *_, name=name: calls.update([name]))
        for name, module in network.named_modules()
    ]
    network(torch.empty(1, 3, 64, 64, device="meta"))
    for hook in hooks:
        hook.remove()
    described = catalogue.describe(architecture, stem, 64)
    for name in described.shapes:
        assert described.modules[name].repeated == (calls[name] > 1), name


@pytest.mark.parametrize(
    ("architecture", "stem", "said"),
    [
        ("vgg61", "imagenet", "no network vgg61: did you mean .*vgg16"),
        ("vgg16", "small", "stem` is small, which vgg16 does not have: write imagenet"),
        ("resnet18", "large", "stem` is large, which resnet18 does not have: write imagenet or"),
        ("alexnet", "small", "stem` is small, which alexnet does not have: write imagenet"),
    ],
)
def test_other_networks_are_refused(architecture: str, stem: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        catalogue.describe(architecture, stem, 224)
    with pytest.raises(UserError, match=said):
        build_backbone(architecture, stem)


def test_the_config_may_name_all_networks() -> None:
    keys = schema.load()["properties"]["network"]["properties"]
    for name in (*catalogue.ARCHITECTURES, *torchvision_networks.NAMES, "timm:a.b", "mine:vit"):
        schema.validate(name, keys["architecture"])
    for name in catalogue.ARCHITECTURES:
        assert f"`{name}`" in keys["architecture"]["description"]
    stems = {stem for kind in catalogue.KINDS for stem in kind.stems}
    assert set(keys["stem"]["enum"]) == stems
