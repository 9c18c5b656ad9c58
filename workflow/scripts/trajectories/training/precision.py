"""Whether a processor gains from bfloat16: without instructions for it, torch is slow in it."""

import logging
import time

import torch

log = logging.getLogger("trajectories")

# A product of this side takes milliseconds even where bfloat16 is 50 times slower than float32.
SIDE, REPEATS = 256, 3
# The time of so small a product varies by less.
NOISE = 1.2


def warn_if_slow(precision: str, device: torch.device) -> None:
    """Log a warning if training in this precision is slower on this processor than in fp32.

    Parameters
    ----------
    precision : {"fp32", "bf16"}
    device : torch.device
        Only on a CPU is anything measured.
    """
    if precision != "bf16" or device.type != "cpu":
        return
    ratio = product_seconds(torch.bfloat16) / product_seconds(torch.float32)
    if ratio > NOISE:
        log.warning(
            "`training.precision` is bf16, but on this processor a small matrix product takes %.1f"
            " times as long in bf16 as in fp32: train in fp32, or on a GPU or a processor with"
            " instructions for bf16 (AVX512-BF16, AMX)",
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
