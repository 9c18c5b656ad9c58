"""The epochs of a segment and its name, for rules and jobs alike."""

from collections.abc import Iterable


def segment_name(start: int, stop: int) -> str:
    """Name of a segment in paths; names sort by time ("epochs-0000-0020")."""
    return f"epochs-{start:04d}-{stop:04d}"


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
