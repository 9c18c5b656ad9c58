"""Batches that are loaded by other processes, whatever ends these."""

import os
import shutil
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from multiprocessing import queues
from multiprocessing.process import BaseProcess
from pathlib import Path

from torch import Tensor
from torch.utils.data import DataLoader, Dataset, get_worker_info

from trajectories.errors import UserError
from trajectories.failures import GOES_ON, no_memory

# Batches that a process holds ready, or works on; and those that training itself still holds.
_AHEAD, _HELD = 2, 2
# Seconds until a process that has closed its connections has ended.
_GRACE = 5
SHARED_MEMORY = Path("/dev/shm")


class Careful(Dataset[Tensor | UserError]):
    """Batches, of which each that cannot be loaded is the error that came of it.

    Raised in a process of its own, an error would lose its one sentence among the lines of a
    traceback. Batches are put into shared memory here: an error of a queue's own thread, which
    would do so otherwise, leaves training waiting for ever.

    Parameters
    ----------
    batches : Dataset of Tensor
    """

    def __init__(self, batches: Dataset[Tensor]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        """Number of batches."""
        return len(self.batches)  # type: ignore[arg-type]

    def __getitem__(self, index: int) -> Tensor | UserError:
        """Batch number `index`, or what is wrong with it."""
        elsewhere = get_worker_info() is not None
        try:
            batch = self.batches[index]
            return batch.share_memory_() if elsewhere else batch
        except UserError as error:
            return error
        except Exception as error:
            if not elsewhere:
                raise
            return no_memory(error) or UserError(
                f"batch {index} cannot be loaded by a process of its own"
                f" ({_in_one_line(error)}): give /dev/shm more room if it is full, or set config"
                f" key `compute.workers` to 0, which shows the error in full; {GOES_ON}"
            )


def load(batches: Dataset[Tensor], workers: int, pin_memory: bool) -> Iterator[Tensor]:
    """All batches in their order.

    Parameters
    ----------
    batches : Dataset of Tensor
    workers : int
        Processes that load them; none, if 0.
    pin_memory : bool
        Whether to put them where a GPU can copy them from while it computes.

    Raises
    ------
    UserError
        If a batch cannot be loaded, or a process that loads them has ended.
    """
    loader: DataLoader[Tensor | UserError] = DataLoader(
        Careful(batches),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=_AHEAD if workers else None,
        pin_memory=pin_memory,
        worker_init_fn=_end_with_what_is_lost if workers else None,
    )
    loaders: Collection[BaseProcess] = ()
    try:
        with _no_interruptions():
            iterator = iter(loader)
        # The standard library lists only those that are still alive.
        loaders = getattr(iterator, "_workers", ())
        while True:
            batch = next(iterator)
            if isinstance(batch, UserError):
                raise batch
            yield batch
    except StopIteration:
        return
    except (OSError, EOFError, RuntimeError) as error:
        if workers == 0:
            raise
        raise no_memory(error) or UserError(_lost(error, loaders)) from error


@contextmanager
def _no_interruptions() -> Iterator[None]:
    """Keep torch from raising the end of a process wherever this one is just then.

    It is noticed within seconds where a batch is waited for.
    """
    former = signal.getsignal(signal.SIGCHLD)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGCHLD) is not former:
            signal.signal(signal.SIGCHLD, former or signal.SIG_DFL)


def _lost(error: Exception, loaders: Collection[BaseProcess]) -> str:
    """What ended processes that load batches, or keeps them from handing batches over."""
    end = time.monotonic() + _GRACE
    while not (codes := [each.exitcode for each in loaders if each.exitcode]):
        if time.monotonic() > end:
            return (
                f"the processes that load batches cannot hand them over ({_in_one_line(error)}):"
                f" lower config key `compute.workers`, which changes no result; {GOES_ON}"
            )
        time.sleep(0.05)
    how = signal.Signals(-codes[0]).name if codes[0] < 0 else f"status {codes[0]}"
    mend = (
        "shared memory was full, so give /dev/shm more room (in a container by --shm-size)"
        if how == "SIGBUS"
        else "if memory ran out, give the job more (on a cluster by resource mem_mb)"
    )
    return (
        f"a process that loads batches has ended ({how}): {mend}, or lower config key"
        f" `compute.workers`, which changes no result; {GOES_ON}"
    )


def require_room(batch_bytes: int, workers: int, processes: int = 1) -> None:
    """Check that shared memory has room for the batches that are loaded ahead.

    Parameters
    ----------
    batch_bytes : int
        Size of a batch as it is loaded.
    workers : int
        Processes that load batches for each of those that train.
    processes : int
        Processes that train.

    Raises
    ------
    UserError
        If it has not.
    """
    if workers == 0 or not SHARED_MEMORY.is_dir():
        return
    needed = processes * (workers * _AHEAD + _HELD) * batch_bytes
    free = shutil.disk_usage(SHARED_MEMORY).free
    if free < needed:
        raise UserError(
            f"{SHARED_MEMORY} has {free / 1e6:.0f} MB free, but batches that {processes * workers}"
            f" processes load ahead take {needed / 1e6:.0f} MB: give it more (in a container by"
            " --shm-size), or lower config key `compute.workers`, which changes no result"
        )


def _end_with_what_is_lost(worker: int) -> None:
    """End a process that cannot hand over a batch: its end is noticed, a lost batch is not."""
    queues.Queue._on_queue_feeder_error = staticmethod(  # type: ignore[attr-defined]
        lambda error, item: os._exit(1)
    )


def _in_one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
