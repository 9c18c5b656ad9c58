"""Networks of torchvision, timm and one's own are read to the bit as a plain loop with hooks reads.

The truths are forward hooks on the whole network, torchvision's list and its feature extractor.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from activation_cases import weights
from library_cases import write_own
from torch import Tensor, nn
from torchvision.models.feature_extraction import create_feature_extractor
from training_cases import noise_images

from trajectories.errors import UserError
from trajectories.images.inputs import network_input
from trajectories.networks import catalogue
from trajectories.networks.activations import CPU_BATCH, LayerResponses, Responses
from trajectories.networks.backbone import build_backbone
from trajectories.networks.files.matching import Expected
from trajectories.networks.layers import GroupedBatchNorm2d, Im2colConv2d
from trajectories.networks.libraries import torchvision as library

CPU = torch.device("cpu")
REGISTERS = "timm:vit_small_patch14_reg4_dinov2"
# At sizes that are quick; each family of networks has blocks of its own.
FAMILIES = {
    "vgg11": (32, ["features.2", "features.20", "classifier.3"]),
    "convnext_tiny": (32, ["features.1.0.block.5", "features.1", "features.7", "classifier.0"]),
    "vit_b_16": (32, ["conv_proj", "encoder.layers.encoder_layer_3", "encoder.ln"]),
    "swin_t": (64, ["features.1", "features.3.0.mlp", "norm"]),
    "mobilenet_v3_small": (32, ["features.1", "features.12"]),
    REGISTERS: (28, ["patch_embed", "blocks.0", "blocks.11", "norm"]),
}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def require(architecture: str) -> None:
    if architecture.startswith("timm:"):
        pytest.importorskip("timm", reason="timm, which is optional, is not installed")


def by_a_plain_loop(network: nn.Module, layers: list[str], images: Tensor) -> dict[str, np.ndarray]:
    """What hooks see, image by image in the same batches, while the network computes to its end."""
    seen: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    for layer in layers:
        network.get_submodule(layer).register_forward_hook(
            lambda module, args, output, layer=layer: seen[layer].append(output.clone())
        )
    with torch.no_grad():
        for part in images.split(CPU_BATCH):
            network.eval()(part)
    return {layer: torch.cat(parts).numpy() for layer, parts in seen.items()}


@pytest.mark.parametrize("architecture", FAMILIES)
def test_layers_of_a_family_are_read_to_the_bit_in_one_pass(architecture: str) -> None:
    require(architecture)
    size, layers = FAMILIES[architecture]
    images = network_input(noise_images(10, 40), size)
    torch.manual_seed(1)
    network = build_backbone(architecture, "imagenet", size)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    passes = []
    network.register_forward_pre_hook(lambda module, args: passes.append(len(args[0])))
    responses = Responses(network, layers, CPU, memory_format=torch.contiguous_format)
    found = responses(state, images)
    assert passes == [8, 2]
    whole = build_backbone(architecture, "imagenet", size)
    whole.load_state_dict(state)
    expected = by_a_plain_loop(whole, layers, images)
    assert list(found) == layers
    for layer in layers:
        np.testing.assert_array_equal(found[layer], expected[layer], err_msg=layer)
        assert found[layer].std() > 0


@pytest.mark.parametrize(
    ("architecture", "size", "layers"),
    [
        ("resnet18", 32, ["conv1", "bn1", "layer1", "layer2.0.downsample", "layer4", "avgpool"]),
        ("resnet50", 32, ["layer1.0.conv2", "layer3"]),
        ("alexnet", 64, ["features.0", "features.2", "features.10", "avgpool"]),
    ],
)
@pytest.mark.parametrize("recalibrated", [False, True])
def test_hooks_change_no_bit_of_networks_that_are_trained_here(
    architecture: str, size: int, layers: list[str], recalibrated: bool
) -> None:
    """Torchvision's feature extractor, which does without hooks, gives the same bits."""
    images = network_input(noise_images(10, 40), size)
    sample = network_input(noise_images(16, 40, seed=1), size) if recalibrated else None
    state = weights(1, architecture)
    together = Responses(build_backbone(architecture, "imagenet"), layers, CPU, sample)(
        state, images
    )
    for layer in layers:
        alone = LayerResponses(build_backbone(architecture, "imagenet"), layer, CPU, sample)
        np.testing.assert_array_equal(alone(state, images), together[layer])
        network = build_backbone(architecture, "imagenet").to(memory_format=torch.channels_last)
        extractor = create_feature_extractor(
            network,
            {layer: layer},
            tracer_kwargs={"leaf_modules": [GroupedBatchNorm2d, Im2colConv2d]},
        ).eval()
        network.load_state_dict(state)
        with torch.no_grad():
            if sample is not None:
                torch.optim.swa_utils.update_bn([sample], extractor)
                extractor.eval()
            expected = torch.cat([extractor(part)[layer] for part in images.split(CPU_BATCH)])
        np.testing.assert_array_equal(together[layer], expected.numpy(), err_msg=layer)


def test_all_classification_networks_of_torchvision_are_known() -> None:
    theirs = set(torchvision.models.list_models(module=torchvision.models))
    own = set(catalogue.ARCHITECTURES) - {"resnet10_narrow"}
    assert set(library.NAMES) == theirs - own


@pytest.mark.parametrize(
    ("architecture", "head"),
    [
        ("vgg11", "classifier.6"),
        ("convnext_tiny", "classifier.2"),
        ("vit_b_16", "heads.head"),
        ("swin_t", "head"),
        ("densenet121", "classifier"),
        ("squeezenet1_0", "classifier.1"),
        ("shufflenet_v2_x0_5", "fc"),
    ],
)
def test_only_the_classifier_is_left_out(architecture: str, head: str) -> None:
    """A whole network, as torchvision saves it, has these weights beside the backbone's."""
    whole = torchvision.models.get_model(architecture).state_dict()
    expected = Expected.of(architecture, "imagenet")
    assert expected.heads == (head,)
    rest = {name: tensor.shape for name, tensor in whole.items() if not name.startswith(f"{head}.")}
    assert rest == {name: tensor.shape for name, tensor in expected.weights.items()}
    assert len(rest) < len(whole)


def test_recalibration_leaves_dropout_off() -> None:
    images = network_input(noise_images(6, 40), 32)
    sample = network_input(noise_images(8, 40, seed=1), 32)
    state = build_backbone("mobilenet_v3_small", "imagenet").state_dict()
    found = [
        Responses(build_backbone("mobilenet_v3_small", "imagenet"), ["features.4"], CPU, sample)(
            state, images
        )["features.4"]
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*found)


# Networks of one's own


def test_a_function_of_ones_own_builds_the_network(tmp_path, monkeypatch) -> None:
    write_own(tmp_path)
    monkeypatch.setenv("TRAJECTORIES_NETWORKS", str(tmp_path))
    network = build_backbone("mine:vit", "imagenet", 16)
    assert network.image_size == 16
    assert build_backbone("mine:convnext", "imagenet", 16)(torch.zeros(1, 3, 16, 16)).shape == (
        (1, 16, 1, 1)
    )
    assert catalogue.library("mine:vit").files("mine:vit") == [tmp_path / "mine.py"]


@pytest.mark.parametrize(
    ("architecture", "said"),
    [
        ("nowhere:vit", "no module nowhere.*put nowhere.py beside the config"),
        ("mine:vti", "mine.*has no function vti"),
        ("mine:no_network", "gives int, not a torch.nn.Module"),
        ("mine:broken", r"failed \(ValueError: no such width\)"),
        ("unreadable:net", r"unreadable.*cannot be imported \(SyntaxError"),
        ("needy:net", "imports nowhere_to_be_found, which is not installed"),
        ("vit_b_17", "no network vit_b_17: did you mean vit_b_16"),
        ("../etc:passwd", "no network"),
    ],
)
def test_a_network_that_cannot_be_had_gets_one_sentence(
    tmp_path: Path, monkeypatch, architecture: str, said: str
) -> None:
    write_own(tmp_path)
    (tmp_path / "unreadable.py").write_text("def net(:\n")
    (tmp_path / "needy.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.setenv("TRAJECTORIES_NETWORKS", str(tmp_path))
    with pytest.raises(UserError, match=said):
        build_backbone(architecture, "imagenet")


def test_timm_without_timm_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match=r"timm is not installed.*pip install timm"):
        build_backbone("timm:vit_tiny_patch16_224", "imagenet")


@pytest.mark.parametrize("name", ["vit_tiny_patch16", "hf-hub:someone/something", "local-dir:/tmp"])
def test_names_that_timm_lacks_are_not_looked_up_elsewhere(name: str) -> None:
    require("timm:")
    with pytest.raises(UserError, match="has no network"):
        build_backbone(f"timm:{name}", "imagenet")
