"""The epochs of a segment, and names in paths, for rules and jobs alike."""

from collections.abc import Iterable, Sequence


def segment_name(start: int, stop: int) -> str:
    """Name of a segment in paths; names sort by time ("epochs-0000-0020")."""
    return f"epochs-{start:04d}-{stop:04d}"


def checkpoint_name(epoch: float) -> str:
    """File name of the checkpoint at `epoch`; names sort by time ("epoch-0003.000.pt")."""
    return f"epoch-{epoch:08.3f}.pt"


def last_epoch(name: str) -> int:
    """Last epoch of a segment of this name."""
    return int(name.rpartition("-")[2])


def checkpoint_epochs(start: int, stop: int, extra_checkpoints: Iterable[float]) -> list[float]:
    """Epochs of the checkpoints that a segment saves, increasing.

    A segment holds the checkpoints after its own training, start < epoch ≤ stop; the first
    segment also holds epoch 0, the untrained network.

    Parameters
    ----------
    start, stop : int
        Epochs trained before and after the segment.
    extra_checkpoints : iterable of float
        Further epochs on the same axis: 0.25 is a quarter through the first epoch.
    """
    wanted = {float(epoch) for epoch in range(start + 1, stop + 1)}
    wanted |= {float(epoch) for epoch in extra_checkpoints if start < epoch <= stop}
    return sorted(wanted | ({0.0} if start == 0 else set()))


def compared(epochs: Sequence[float]) -> list[float]:
    """Epochs of which each is compared with the next: where change is measured.

    The whole ones, so that all steps of a series are alike; of a series that has fewer than two, as
    one that counts in months, all.

    Parameters
    ----------
    epochs : sequence of float
        Of all checkpoints of one network instance, increasing.
    """
    whole = [float(epoch) for epoch in epochs if float(epoch).is_integer()]
    return whole if len(whole) > 1 else [float(epoch) for epoch in epochs]
