"""Histories of training as TensorBoard reads them, made from files and never by training itself."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from trajectories.errors import UserError
from trajectories.status.instances import Progress, Row


def write(networks: Sequence[Progress], folder: Path) -> int:
    """Write a run for each network that has a history, in the place of that of an earlier export.

    Parameters
    ----------
    networks : sequence of Progress
        As `instances.trained` gives them.
    folder : Path
        Where TensorBoard is to look; runs are `<condition>/seed-<seed>` in it.

    Returns
    -------
    int
        Number of runs.

    Raises
    ------
    UserError
        If the package tensorboard is not installed, or no network has a history yet.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UserError(
            "the package tensorboard is not installed: install it beside torch, with"
            " `pip install tensorboard`"
        ) from error
    begun = [each for each in networks if each.rows]
    if not begun:
        raise UserError("no network has ended an epoch yet: wait for the first")
    for each in begun:
        run = folder / each.condition / f"seed-{each.seed}"
        # Nothing else: whoever names a folder of results by mistake loses nothing.
        for earlier in run.glob("events.out.tfevents.*"):
            earlier.unlink()
        with SummaryWriter(str(run)) as writer:
            for name, value, epoch in scalars(each.rows):
                writer.add_scalar(name, value, epoch)
    return len(begun)


def scalars(rows: Sequence[Row]) -> Iterator[tuple[str, float, int]]:
    """What was measured: name, value and epoch, by which TensorBoard orders."""
    for row in rows:
        for name, value in row.items():
            if name != "epoch" and value is not None:
                yield f"training/{name}", value, round(row["epoch"] or 0)
