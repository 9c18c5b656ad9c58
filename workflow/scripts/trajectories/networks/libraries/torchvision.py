"""Torchvision's classification networks, but for those that are described without torch."""

from typing import TYPE_CHECKING, Any

from trajectories.networks.libraries import without_compiler
from trajectories.networks.libraries.library import Built, Library

if TYPE_CHECKING:
    from torch import nn

# A test compares them with torchvision's own list.
NAMES = (
    "convnext_tiny",
    "convnext_small",
    "convnext_base",
    "convnext_large",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
    "efficientnet_b0",
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b3",
    "efficientnet_b4",
    "efficientnet_b5",
    "efficientnet_b6",
    "efficientnet_b7",
    "efficientnet_v2_s",
    "efficientnet_v2_m",
    "efficientnet_v2_l",
    "googlenet",
    "inception_v3",
    "maxvit_t",
    "mnasnet0_5",
    "mnasnet0_75",
    "mnasnet1_0",
    "mnasnet1_3",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "mobilenet_v3_small",
    "regnet_x_400mf",
    "regnet_x_800mf",
    "regnet_x_1_6gf",
    "regnet_x_3_2gf",
    "regnet_x_8gf",
    "regnet_x_16gf",
    "regnet_x_32gf",
    "regnet_y_400mf",
    "regnet_y_800mf",
    "regnet_y_1_6gf",
    "regnet_y_3_2gf",
    "regnet_y_8gf",
    "regnet_y_16gf",
    "regnet_y_32gf",
    "regnet_y_128gf",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
    "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0",
    "shufflenet_v2_x1_5",
    "shufflenet_v2_x2_0",
    "squeezenet1_0",
    "squeezenet1_1",
    "swin_t",
    "swin_s",
    "swin_b",
    "swin_v2_t",
    "swin_v2_s",
    "swin_v2_b",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "vgg11_bn",
    "vgg13_bn",
    "vgg16_bn",
    "vgg19_bn",
    "vit_b_16",
    "vit_b_32",
    "vit_l_16",
    "vit_l_32",
    "vit_h_14",
)

# Classifiers that help early layers to learn, and are not used afterwards.
_AUXILIARY = {"googlenet": ("aux1", "aux2"), "inception_v3": ("AuxLogits",)}


def build(architecture: str, size: int | None) -> Built:
    """Build an untrained network without its last layer of weights, the classifier."""
    from torch import nn

    models = without_compiler.models()
    weights: Any = models.get_model_weights(architecture)
    described = weights.DEFAULT.transforms()
    size = size or int(described.crop_size[0])
    options: dict[str, Any] = {}
    if architecture.startswith("vit_"):
        options = {"image_size": size}
    elif architecture.startswith("maxvit_"):
        options = {"input_size": (size, size)}
    elif architecture in _AUXILIARY:
        options = {"aux_logits": False, "init_weights": False}
    network: nn.Module = models.get_model(architecture, weights=None, **options)
    head = _last_with_weights(network)
    owner, _, name = head.rpartition(".")
    setattr(network.get_submodule(owner), name, nn.Identity())
    preprocessing = {
        "size": int(described.crop_size[0]),
        "resize": int(described.resize_size[0]),
        "interpolation": described.interpolation.value,
        "mean": tuple(described.mean),
        "sd": tuple(described.std),
    }
    return Built(network, (head, *_AUXILIARY.get(architecture, ())), preprocessing)


def _last_with_weights(network: "nn.Module") -> str:
    weighted: list[str] = [name for name, module in network.named_modules() if module._parameters]
    return weighted[-1]


LIBRARY = Library(
    title="torchvision",
    packages=("torch", "torchvision"),
    has=NAMES.__contains__,
    files=lambda architecture: [],
    build=build,
)
