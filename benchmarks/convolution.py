"""Convolutions of networks on small images: this project's compared with torch's, on one core.

    python benchmarks/convolution.py                              ResNet-18 at 32 and 64 px, bf16
    python benchmarks/convolution.py --networks resnet50 --sizes 32 --precisions fp32
    python benchmarks/convolution.py --limits --precisions fp32   where im2col is the faster way

For each convolution of the network, as often as it has it: milliseconds forward and backward of a
batch of 64, the least of several alternating rounds. With --limits, also of im2col in more places
than this project uses it, for all convolutions onto at most 16 × 16 pixels. Exits with 1 where ours
takes over 1.2 times as long as torch's for a whole network.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import torch

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow" / "scripts"), str(Path(__file__).parent)]

import machine  # noqa: E402
import rounds  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from trajectories.networks import backbone, convolution  # noqa: E402
from trajectories.training.precision import arithmetic  # noqa: E402

BATCH, ROUNDS = 64, 5
MOST_RATIO = 1.2
Kernel = tuple[int, int, int, int, int, int]
Times = dict[str, tuple[float, float]]
ALWAYS = 10**9
CPU = torch.device("cpu")


class Way(NamedTuple):
    """A convolution, and up to which sizes it is by im2col."""

    convolve: Callable[[Tensor, Tensor, None, int, int], Tensor] = convolution.convolve
    weight_gradient: int = convolution.WEIGHT_GRADIENT_BY_IM2COL
    everything: int = convolution.ALL_BY_IM2COL


WAYS = {"torch": Way(functional.conv2d), "ours": Way()}
FURTHER = {
    "weight's": Way(weight_gradient=ALWAYS, everything=0),
    "all": Way(weight_gradient=ALWAYS, everything=ALWAYS),
}
# Output pixels of the convolutions that are compared with limits.
MOST_PIXELS = 16**2


def kernels(architecture: str, stem: str, size: int) -> Counter[Kernel]:
    """Channels, filters, kernel, stride, padding and input side of the convolutions → how many."""
    network = backbone.build_backbone(architecture, stem).eval()
    found: Counter[Kernel] = Counter()

    def note(layer: nn.Conv2d, inputs: tuple[Tensor], _: Tensor) -> None:
        sides = layer.kernel_size[0], layer.stride[0], int(layer.padding[0]), inputs[0].shape[2]
        found[layer.in_channels, layer.out_channels, *sides] += 1

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(note)
    with torch.no_grad():
        network(torch.zeros(1, 3, size, size))
    return found


def milliseconds(kernel: Kernel, precision: str, ways: dict[str, Way]) -> Times:
    """Forward and backward, by way: the least of the rounds, after one that is not counted."""
    channels, filters, side, stride, padding, height = kernel
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    images = torch.randn(BATCH, channels, height, height).to(kind)
    images = images.contiguous(memory_format=torch.channels_last).requires_grad_(channels > 3)
    weight = torch.randn(filters, channels, side, side)
    weight = weight.contiguous(memory_format=torch.channels_last).requires_grad_()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(1 + ROUNDS):
        for name, way in ways.items():
            convolution.WEIGHT_GRADIENT_BY_IM2COL = way.weight_gradient
            convolution.ALL_BY_IM2COL = way.everything
            began = time.perf_counter()
            with context(way, precision):
                convolved = way.convolve(images, weight, None, stride, padding)
            between = time.perf_counter()
            convolved.backward(torch.ones_like(convolved))
            times[name].append((between - began, time.perf_counter() - between))
            images.grad = weight.grad = None
    return {
        name: (1e3 * min(a for a, _ in some[1:]), 1e3 * min(b for _, b in some[1:]))
        for name, some in times.items()
    }


def context(way: Way, precision: str) -> AbstractContextManager[Any]:
    """Torch's own arithmetic for torch's way, that of training for ours."""
    if way is WAYS["torch"]:
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16")
    return arithmetic(precision, CPU)


def compare(
    architecture: str, stem: str, size: int, precision: str, limits: bool
) -> dict[str, float]:
    """Print the table of a network; the sums by way, ms."""
    ways = WAYS | (FURTHER if limits else {})
    print(f"\n{architecture}, {stem} stem, {size} px, {precision}; ms, forward + backward")
    names = "".join(f"{name:>15}" for name in ways)
    print(f"{'channels → filters, kernel / stride on side':<46}{names}{'torch / ours':>14}")
    total = dict.fromkeys(ways, 0.0)
    for kernel, count in kernels(architecture, stem, size).items():
        channels, filters, side, stride, padding, height = kernel
        if limits and ((height + 2 * padding - side) // stride + 1) ** 2 > MOST_PIXELS:
            continue
        found = milliseconds(kernel, precision, ways)
        for name, parts in found.items():
            total[name] += count * sum(parts)
        shape = f"{count} × {channels} → {filters}, {side} × {side} / {stride} on {height}"
        cells = "".join(f"{a:>7.2f} +{b:>6.2f}" for a, b in found.values())
        print(f"{shape:<46}{cells}{sum(found['torch']) / sum(found['ours']):>12.1f} ×")
    cells = "".join(f"{some:>15.1f}" for some in total.values())
    print(f"{'all':<46}{cells}{total['torch'] / total['ours']:>12.1f} ×")
    return total


def main(arguments: argparse.Namespace) -> int:
    """Print the tables; the exit status is 1 if ours is slower than torch's."""
    torch.set_num_threads(1)
    print(machine.describe(torch.device("cpu")))
    slower = False
    for architecture in arguments.networks:
        for size in arguments.sizes:
            for precision in arguments.precisions:
                total = compare(architecture, arguments.stem, size, precision, arguments.limits)
                name = f"convolution {architecture} {arguments.stem} {size} {precision}"
                rounds.save(arguments.json, name, {"machine": machine.processor(), **total})
                slower |= total["ours"] > MOST_RATIO * total["torch"]
    return int(slower)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", nargs="+", default=["resnet18"])
    parser.add_argument("--stem", choices=("imagenet", "stride2", "small"), default="imagenet")
    parser.add_argument("--sizes", nargs="+", type=int, default=[32, 64])
    parser.add_argument("--precisions", nargs="+", choices=("bf16", "fp32"), default=["bf16"])
    parser.add_argument("--limits", action="store_true", help="im2col in more places, too")
    parser.add_argument("--json", type=Path, help="file to add the numbers to")
    sys.exit(main(parser.parse_args()))
