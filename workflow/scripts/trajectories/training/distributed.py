"""One network trained by several processes, each on a device of its own.

Every process computes some of the batch-normalisation groups of each batch, all of them on the
same weights. What they share goes through `Processes`, whose methods give back what they are given
where there is one process only. The processes are started as by torchrun, all on one machine, and
all end when one of them does.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

from trajectories.networks.backbone import pick_device

Value = TypeVar("Value")

# The others wait while the first measures and saves, on a file system that may be slow.
_PATIENCE = timedelta(hours=1)
# Seconds in which whoever started the processes ends all others of one that has ended.
_TURN_SECONDS = 5


@dataclass(frozen=True)
class Processes:
    """The processes that train one network, as seen by one of them.

    Attributes
    ----------
    rank : int
        Number of this process, from 0.
    size : int
        How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that measures, saves and reports."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Part of `count` things in a row that is this process's; `size` divides their number."""
        each = count // self.size
        return slice(self.rank * each, (self.rank + 1) * each)

    def gather(self, rows: Tensor) -> Tensor:
        """Rows (n, …) of all processes in the order of their numbers, (size × n, …)."""
        if self.size == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.size)]
        with _together():
            distributed.all_gather(parts, rows)
        return torch.cat(parts)

    def total(self, values: Tensor) -> Tensor:
        """Sum over all processes, the same bits on each."""
        if self.size == 1:
            return values
        total = values.clone()
        with _together():
            distributed.all_reduce(total)
        return total

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by its sum over all processes."""
        if self.size == 1:
            return
        gradients = [each.grad for each in parameters if each.grad is not None]
        total = self.total(torch.cat([gradient.flatten() for gradient in gradients]))
        parts = total.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def from_first(self, make: Callable[[], Value]) -> Value:
        """What `make` gives in the first process, where alone it is called."""
        if self.size == 1:
            return make()
        found = [make() if self.first else None]
        with _together():
            distributed.broadcast_object_list(found)
        return found[0]  # type: ignore[return-value]


ALONE = Processes()


def started() -> bool:
    """Whether this process was started as one of several."""
    return distributed.is_torchelastic_launched()


@contextmanager
def connected(device: str) -> Iterator[tuple[Processes, torch.device]]:
    """Connect to the processes that this one was started with; gives them and its device.

    Parameters
    ----------
    device : str
        As for `backbone.pick_device`; of several processes each takes the GPU of its number.

    Raises
    ------
    UserError
        If this machine has no such device.
    """
    picked = pick_device(device)
    if not started():
        yield ALONE, picked
        return
    _end_with_the_launcher()
    rank = int(os.environ["RANK"])
    if rank > 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the first reports an interrupt
    if picked.type == "cuda":
        picked = pick_device(f"cuda:{os.environ['LOCAL_RANK']}")
        torch.cuda.set_device(picked)
    distributed.init_process_group(
        "nccl" if picked.type == "cuda" else "gloo",
        timeout=_PATIENCE,
        device_id=picked if picked.type == "cuda" else None,
    )
    try:
        yield Processes(rank, distributed.get_world_size()), picked
    except Exception:
        # Each in turn: one that reports its error ends the others, which may have the same error.
        time.sleep(rank * _TURN_SECONDS)
        raise
    distributed.destroy_process_group()


@contextmanager
def _together() -> Iterator[None]:
    """Do something that all processes do together.

    Where another has ended, its own message is the one to read: this process waits to be ended.
    """
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError):
            time.sleep(_TURN_SECONDS)
        raise


def _end_with_the_launcher() -> None:
    """End this process when the one that started it has been killed and can no longer end it."""
    launcher = os.getppid()

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
