"""The arithmetic of training: float32, or products in bfloat16 on every kind of processor.

Without instructions for bfloat16, torch's own products in it take 50 times as long as in float32.
There, factors are rounded to bfloat16, multiplied and summed in float32, and the sums rounded: what
the instructions do, at little more than the time of float32. So networks of one study can be
trained on different machines.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from trajectories.networks.convolution import convolve

log = logging.getLogger("trajectories")

# Kernels for which torch was built that know no bfloat16, as it names them.
WITHOUT_BFLOAT16 = {"DEFAULT", "NO AVX", "AVX2"}

# What autocast rounds; integers, complex numbers and float64 stay as they are.
ROUNDED = {torch.float32, torch.bfloat16, torch.float16}

# A product of this side takes milliseconds on any processor.
SIDE, REPEATS = 256, 3
# The time of so small a product varies by less.
NOISE = 1.2


@contextmanager
def arithmetic(precision: str, device: torch.device) -> Iterator[None]:
    """Compute what is in the context in this precision.

    Parameters
    ----------
    precision : {"fp32", "bf16"}
        In bf16, as `torch.autocast` does: products in bfloat16, sums of many numbers in float32.
    device : torch.device
        On which it is computed.
    """
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
        if precision == "bf16" and device.type == "cpu" and lacks_bfloat16():
            with ProductsByFloat32():
                yield
        else:
            yield


def lacks_bfloat16() -> bool:
    """Whether torch has no fast products in bfloat16 for this processor."""
    return torch.backends.cpu.get_cpu_capability() in WITHOUT_BFLOAT16


class ProductsByFloat32(TorchFunctionMode):
    """In this context, products under autocast round factors and result, and sum in float32.

    Their gradients are computed the same way. They differ from those of instructions for bfloat16
    by the order of summation, and where a sum of several products is rounded in between.

    What it does not reach is right, and slow: products in the backward pass of a function of one's
    own under autocast, and what torch computes again in a backward pass (checkpointing).
    """

    PRODUCTS = frozenset(
        {
            convolve,
            torch.conv1d, torch.conv2d, torch.conv3d, functional.linear,
            torch.matmul, Tensor.matmul, Tensor.__matmul__, Tensor.__rmatmul__, torch.linalg.matmul,
            torch.mm, Tensor.mm, torch.bmm, Tensor.bmm, torch.inner, Tensor.inner,
            torch.addmm, Tensor.addmm, torch.addbmm, Tensor.addbmm, torch.baddbmm, Tensor.baddbmm,
            torch.einsum, torch.tensordot,
            functional.scaled_dot_product_attention,
        }
    )  # fmt: skip

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call `func`; a product in float32, with its factors and its result rounded."""
        kwargs = kwargs or {}
        # Autocast leaves those with a given output alone, too.
        left = func not in self.PRODUCTS or "out" in kwargs
        if left or not torch.is_autocast_enabled("cpu"):
            return func(*args, **kwargs)
        with torch.autocast("cpu", enabled=False):
            args = tuple(_rounded(each) for each in args)
            kwargs = {name: _rounded(each) for name, each in kwargs.items()}
            result = func(*args, **kwargs)
            return result.bfloat16() if result.dtype == torch.float32 else result


def _rounded(argument: Any) -> Any:
    """The same, rounded to what bfloat16 can hold wherever autocast would round it, as float32."""
    if isinstance(argument, list):
        return [_rounded(each) for each in argument]
    if isinstance(argument, Tensor) and argument.dtype in ROUNDED:
        return argument.bfloat16().float()
    return argument


def warn_if_slow(precision: str, device: torch.device) -> None:
    """Log a warning if training in this precision is slower on this processor than in fp32.

    Parameters
    ----------
    precision : {"fp32", "bf16"}
    device : torch.device
        Only on a CPU with instructions for bfloat16 is anything measured.
    """
    if precision != "bf16" or device.type != "cpu":
        return
    if lacks_bfloat16():
        log.warning(
            "`training.precision` is bf16, but this processor has no instructions for it: products"
            " are rounded as with them, but computed in fp32, which alone would be somewhat faster"
        )
        return
    ratio = product_seconds(torch.bfloat16) / product_seconds(torch.float32)
    if ratio > NOISE:
        log.warning(
            "`training.precision` is bf16, but on this processor a small matrix product takes %.1f"
            " times as long in bf16 as in fp32: train in fp32, or on a GPU or a processor with"
            " faster instructions for bf16 (AVX512-BF16, AMX)",
            ratio,
        )


def product_seconds(kind: torch.dtype) -> float:
    """Seconds that one core takes for a small matrix product, the least of a few."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    left, right = (torch.ones(SIDE, SIDE, dtype=kind) for _ in range(2))
    torch.matmul(left, right)
    seconds = []
    for _ in range(REPEATS):
        began = time.thread_time()
        torch.matmul(left, right)
        seconds.append(time.thread_time() - began)
    torch.set_num_threads(threads)
    return min(seconds)
