"""A network without torch: its modules, what each takes, gives and holds, and what it costs.

What planning must know of a network before any job, in a process that need not have torch. Tests
hold each description against the network that is built.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

from trajectories.networks.readout import Tokens

Shape = tuple[int, ...]  # of feature maps: channels, height, width

INPUT = ""
"""Name of the image in the place of a module's."""

_FLOAT = 4  # bytes
_COUNTER = 8  # bytes: batch normalisation counts its batches in an int64


@dataclass(frozen=True)
class Module:
    """A module of a network, for one image.

    Attributes
    ----------
    shape : tuple of int
        Of its output; of the last one where the network calls it several times.
    inputs : tuple of str
        Names of the modules whose output it takes.
    weights : mapping of str to int
        Number of values of each parameter, by its name in the module.
    statistics : int
        Number of running means and variances, which batch normalisation alone has.
    multiply_adds : int
        Of a convolution; all else is small beside them.
    repeated : bool
        Whether the network calls it several times.
    """

    shape: Shape
    inputs: tuple[str, ...]
    weights: Mapping[str, int] = field(default_factory=dict)
    statistics: int = 0
    multiply_adds: int = 0
    repeated: bool = False


@dataclass
class Network:
    """A backbone, without its classifier. Each method adds a module and gives its name.

    Attributes
    ----------
    modules : dict of str to Module
        By the names of `named_modules`, in the order of computation. The backbone's output is the
        mean of the last one over positions.
    """

    modules: dict[str, Module]

    @classmethod
    def of_images(cls, size: int) -> "Network":
        """A network that takes square RGB images and has no modules yet."""
        return cls({INPUT: Module((3, size, size), ())})

    def add(
        self, name: str, *inputs: str, shape: Shape | None = None, repeated: bool = False
    ) -> str:
        """Add a module without weights, which keeps the shape of its input unless one is given."""
        shape = shape or self.modules[inputs[0]].shape
        self.modules[name] = Module(shape, inputs, repeated=repeated)
        return name

    def convolution(
        self, name: str, entry: str, channels: int, kernel: int, stride: int, padding: int,
        bias: bool = False,
    ) -> str:  # fmt: skip
        """Add a convolution with a square kernel."""
        entered, *sides = self.modules[entry].shape
        height, width = (output_side(side, kernel, stride, padding) for side in sides)
        taps = prod(
            _taps(side, output, kernel, padding)
            for side, output in zip(sides, (height, width), strict=True)
        )
        weights = {"weight": channels * entered * kernel**2} | ({"bias": channels} if bias else {})
        operations = channels * entered * taps * height * width
        shape = (channels, height, width)
        self.modules[name] = Module(shape, (entry,), weights, multiply_adds=operations)
        return name

    def batchnorm(self, name: str, entry: str) -> str:
        """Add a batch normalisation."""
        shape = self.modules[entry].shape
        weights = {"weight": shape[0], "bias": shape[0]}
        self.modules[name] = Module(shape, (entry,), weights, statistics=2 * shape[0])
        return name

    def pool(self, name: str, entry: str, kernel: int, stride: int, padding: int = 0) -> str:
        """Add a pooling with a square kernel."""
        channels, *sides = self.modules[entry].shape
        shape = (channels, *(output_side(side, kernel, stride, padding) for side in sides))
        return self.add(name, entry, shape=shape)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Output shape of each module for one image: the names that are valid as layers."""
        return {name: module.shape for name, module in self.modules.items() if name != INPUT}

    @cached_property
    def faults(self) -> Mapping[str, str]:
        """Why a module cannot be a layer, by its name: what the network does with it."""
        repeated = (name for name, module in self.modules.items() if module.repeated)
        return dict.fromkeys(repeated, "applies it several times")

    @cached_property
    def multiply_adds(self) -> dict[str, int]:
        """Multiply-adds of each convolution for one image."""
        found = {name: module.multiply_adds for name, module in self.modules.items()}
        return {name: count for name, count in found.items() if count}

    @cached_property
    def parameters(self) -> int:
        """Number of parameters."""
        return sum(sum(module.weights.values()) for module in self.modules.values())

    @cached_property
    def statistics(self) -> int:
        """Number of running means and variances of batch normalisation."""
        return sum(module.statistics for module in self.modules.values())

    @cached_property
    def counters(self) -> int:
        """Number of batch counters, one for each batch normalisation."""
        return sum(module.statistics > 0 for module in self.modules.values())

    @property
    def has_batchnorm(self) -> bool:
        """Whether any module is a batch normalisation."""
        return self.counters > 0

    @property
    def tokens(self) -> Tokens:
        """What the network says of its tokens: of feature maps, nothing."""
        return Tokens()

    @property
    def features(self) -> int:
        """Number of pooled features: channels of the last module."""
        return next(reversed(self.modules.values())).shape[0]

    @property
    def checkpoint_bytes(self) -> int:
        """Size of the tensors of a checkpoint: the backbone's parameters and buffers."""
        return _FLOAT * (self.parameters + self.statistics) + _COUNTER * self.counters

    @property
    def forward_multiply_adds(self) -> int:
        """Multiply-adds of a forward pass of one image."""
        return sum(self.multiply_adds.values())

    @property
    def backward_multiply_adds(self) -> int:
        """Multiply-adds of a backward pass of one image.

        Two products for each of the forward pass, save that the first convolution needs no
        gradient of its input.
        """
        return 2 * self.forward_multiply_adds - next(iter(self.multiply_adds.values()))

    def units(self, layer: str) -> int:
        """Number of activations of a layer for one image."""
        return prod(self.modules[layer].shape)

    def weights_up_to(self, layer: str) -> list[str]:
        """Names of the parameters that the output of a layer depends on; no running statistics."""
        needed = {layer}
        for name in reversed(self.modules):
            if name in needed:
                needed.update(self.modules[name].inputs)
        return [
            f"{name}.{weight}"
            for name, module in self.modules.items()
            if name in needed
            for weight in module.weights
        ]


def output_side(side: int, kernel: int, stride: int, padding: int) -> int:
    """Output side of a convolution or pooling, in px."""
    return (side + 2 * padding - kernel) // stride + 1


def _taps(side: int, output: int, kernel: int, padding: int) -> int:
    """Values of a kernel, along one side, that meet more than padding: others are left out."""
    return min(side, kernel - padding) if output == 1 else kernel
