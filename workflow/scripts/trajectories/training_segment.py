"""One segment of training as a job: start or resume, train, save, hand over.

Snakemake deletes the declared outputs of a job that fails. So a segment is trained in a folder
of its own, `unfinished/`, that no rule declares; a job that died finds it and goes on after the
last epoch it finished. The folder bears the recipe's digest: another recipe starts afresh beside
it and overwrites nothing.
"""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from trajectories import diagnostics, history
from trajectories.checkpoints import checkpoint_name, load_state, save_checkpoint, save_state
from trajectories.cli import progress
from trajectories.errors import UserError
from trajectories.files import publish
from trajectories.training import Trainer

log = logging.getLogger("trajectories")


@dataclass(frozen=True)
class TrainingSegment:
    """A run of epochs trained by one job, and where its results go.

    Attributes
    ----------
    start, stop : int
        Epochs trained before it and after it.
    previous_state : Path or None
        State at `start`; None when training starts from scratch.
    checkpoints : Path
        Folder of the segment's checkpoints and its `history.csv`; must not exist yet.
    state : Path
        State at `stop`.
    unfinished : Path
        Folder for work that may be cut off.
    """

    start: int
    stop: int
    previous_state: Path | None
    checkpoints: Path
    state: Path
    unfinished: Path


def train_segment(trainer: Trainer, segment: TrainingSegment, description: str) -> None:
    """Train from `segment.start` to `segment.stop`, or go on where a former try was cut off.

    Of several processes the first reads and writes; the others train with it.

    The checkpoints, the state and the history are the same to the last bit whether or not, and
    wherever, training was cut.

    Parameters
    ----------
    trainer : Trainer
        Freshly made.
    segment : TrainingSegment
    description : str
        What the progress lines call it.

    Raises
    ------
    UserError
        If the checkpoints exist already, or a state does not fit.
    TrainingFailedError
        If the loss is not finite or the embeddings collapse; `unfinished` keeps the last good
        state.
    """
    if not trainer.processes.first:
        trainer.join()
        while trainer.epoch < segment.stop:
            for _ in trainer.train_epoch(_extra_steps(trainer)):
                pass
        return
    if segment.checkpoints.exists():
        raise UserError(
            f"{segment.checkpoints} exists already: move it away before training this segment again"
        )
    name = f"epochs-{segment.start:04d}-{segment.stop:04d}-{trainer.recipe.digest[:12]}"
    work = segment.unfinished / name
    rolling = work / "state.pt"
    _resume(trainer, segment, rolling)
    trainer.join()

    if not rolling.exists():
        if trainer.epoch == 0:
            trainer.record_untrained()
            _checkpoint(trainer, work, 0)
        # So that there is a good state to keep even if the first epoch fails.
        save_state(rolling, trainer.state())
    done = trainer.epoch - segment.start
    with progress(segment.stop - segment.start, description, "epoch", done) as bar:
        while trainer.epoch < segment.stop:
            for epoch in trainer.train_epoch(_extra_steps(trainer)):
                _checkpoint(trainer, work, epoch)
            row = trainer.history[-1]
            weights = trainer.model.state_dict().values()
            diagnostics.check_health(trainer.epoch, trainer.seed, row, weights, rolling)
            _checkpoint(trainer, work, trainer.epoch)
            save_state(rolling, trainer.state())
            bar.set_postfix_str(history.summary(row), refresh=False)
            bar.update()

    first = 0 if segment.start == 0 else segment.start + 1
    rows = [row for row in trainer.history if (row["epoch"] or 0) >= first]
    history.write_history(work / "checkpoints" / "history.csv", rows)
    # The work stays until both results have their public names: a cut in between loses nothing.
    publish(rolling, segment.state)
    publish(work / "checkpoints", segment.checkpoints)
    # The state goes first: one without its checkpoints would be taken for finished work.
    rolling.unlink()
    shutil.rmtree(work)


def _resume(trainer: Trainer, segment: TrainingSegment, rolling: Path) -> None:
    seed, digest = trainer.seed, trainer.recipe.digest
    if rolling.exists():
        trainer.restore(load_state(rolling, seed=seed, recipe_digest=digest))
        log.info("going on after epoch %d, where a former job was cut off", trainer.epoch)
        return
    if segment.previous_state is not None:
        state = load_state(segment.previous_state, seed=seed, recipe_digest=digest)
        trainer.restore(state)
    elif segment.start > 0:
        raise UserError(
            f"training from epoch {segment.start} needs the state there: give --previous-state"
        )
    if trainer.epoch != segment.start:
        raise UserError(
            f"state {segment.previous_state} is at epoch {trainer.epoch}, not {segment.start}:"
            " delete it and start the workflow again"
        )


def _extra_steps(trainer: Trainer) -> dict[int, float]:
    """Steps of the first epoch after which an additional checkpoint is wanted."""
    if trainer.epoch > 0:
        return {}
    fractions = trainer.recipe.extra_checkpoints
    return {max(1, round(part * trainer.steps_per_epoch)): part for part in fractions}


def _checkpoint(trainer: Trainer, work: Path, epoch: float) -> None:
    save_checkpoint(
        work / "checkpoints" / checkpoint_name(epoch),
        trainer.backbone(),
        epoch=epoch,
        step=trainer.step,
        seed=trainer.seed,
        recipe_digest=trainer.recipe.digest,
    )
