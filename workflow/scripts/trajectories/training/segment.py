"""One segment of training as a job: start or resume, train, save, hand over.

Snakemake deletes the declared outputs of a job that fails. So a segment is trained in a folder
of its own, `unfinished/`, that no rule declares; a job that died finds it and goes on after the
last epoch it finished. The folder bears the recipe's digest: another recipe starts afresh beside
it and overwrites nothing. A lock on `unfinished/` keeps a second job from training the same
instance.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trajectories.cli import progress
from trajectories.errors import UserError
from trajectories.networks import checkpoints
from trajectories.networks.checkpoints import (
    DamagedError,
    checkpoint_name,
    load_checkpoint,
    load_state,
    require_checkpoints,
    save_checkpoint,
    save_state,
)
from trajectories.provenance import machine, provenance
from trajectories.storage import history, leftovers
from trajectories.storage.files import publish
from trajectories.storage.lock import Lock, exclusive
from trajectories.study.epochs import checkpoint_epochs
from trajectories.training import diagnostics, unfinished
from trajectories.training.trainer import Trainer

log = logging.getLogger("trajectories")


@dataclass(frozen=True)
class TrainingSegment:
    """A run of epochs trained by one job, and where its results go.

    Attributes
    ----------
    start, stop : int
        Epochs trained before it and after it.
    previous_state : Path or None
        State at `start`, of a branch that of its trunk; None when training starts from scratch.
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
        If another job trains this instance, if the checkpoints exist already, or if a state does
        not fit.
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
    with exclusive(segment.unfinished / "lock", str(segment.unfinished.parent)) as lock:
        if segment.checkpoints.exists():
            raise UserError(
                f"{segment.checkpoints} already exists: move it away before training this segment"
                " again"
            )
        work = unfinished.work_folder(
            segment.unfinished, segment.start, segment.stop, trainer.recipe.digest
        )
        leftovers.remove(segment.unfinished, everyones=True)
        _resume(trainer, segment, work)
        _note_origin(trainer, work)
        trainer.join()
        # This job would not run if Snakemake did not know the segment before it to be done.
        unfinished.clear(segment.unfinished, [f"epochs-*-{segment.start:04d}"])
        _train(trainer, segment, work, lock, description)
        _publish(trainer, segment, work, lock)


def _train(
    trainer: Trainer, segment: TrainingSegment, work: Path, lock: Lock, description: str
) -> None:
    """Train to the end of the segment, and save what is to be published."""
    rolling = work / unfinished.STATE
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
                lock.check()
                _checkpoint(trainer, work, epoch)
            row = trainer.history[-1]
            weights = trainer.model.state_dict().values()
            remedy = trainer.model.remedy
            diagnostics.check_health(trainer.epoch, trainer.seed, row, weights, rolling, remedy)
            lock.check()
            _checkpoint(trainer, work, trainer.epoch)
            save_state(rolling, trainer.state())
            _write_history(trainer, segment, work / unfinished.HISTORY)
            bar.set_postfix_str(history.summary(row), refresh=False)
            bar.update()


def _publish(trainer: Trainer, segment: TrainingSegment, work: Path, lock: Lock) -> None:
    """Give the results their public names, beside those that they have in the work."""
    _write_history(trainer, segment, work / "checkpoints" / "history.csv")
    lock.check()
    # The work stays until a later job takes up the results: see `unfinished`.
    publish(work / unfinished.STATE, segment.state)
    publish(work / "checkpoints", segment.checkpoints)
    unfinished.mark_published(work)


def _write_history(trainer: Trainer, segment: TrainingSegment, path: Path) -> None:
    """Write the segment's part of the history."""
    first = 0 if segment.start == 0 else segment.start + 1
    rows = [row for row in trainer.history if (row["epoch"] or 0) >= first]
    history.write_history(path, rows, history.columns(rows[-1]))


def _note_origin(trainer: Trainer, work: Path) -> None:
    """Say beside the checkpoints with what they are made: the code of training may change since."""
    origin = {
        "commit": provenance.commit(Path(__file__).parent),
        "machine": provenance.machine(),
        **machine.describe(trainer.device),
        "versions": checkpoints.provenance(),
    }
    provenance.note_origin(work / "checkpoints" / provenance.ORIGIN, origin)


def _resume(trainer: Trainer, segment: TrainingSegment, work: Path) -> None:
    if (work / unfinished.STATE).exists():
        try:
            state = _load_state(trainer, work / unfinished.STATE, trainer.recipe.digest)
            _verify_checkpoints(trainer, segment.start, state["epoch"], work / "checkpoints")
        except DamagedError as error:
            place = unfinished.set_aside(work)
            log.warning(
                "%s: the work is set aside in %s, and the segment is trained again",
                error.fault,
                place,
            )
        else:
            trainer.restore(state)
            _tell_of_another_machine(trainer, state)
            if trainer.epoch < segment.stop:
                log.info(
                    "resuming after epoch %d, where an earlier job was interrupted", trainer.epoch
                )
            else:
                log.info("an earlier job trained to epoch %d: publishing its work", trainer.epoch)
            return
    if segment.previous_state is not None:
        # Of a branch, the state of its trunk.
        digest = trainer.recipe.digest_at(segment.start)
        others = trainer.recipe.other_images_at(segment.start)
        state = _load_state(trainer, segment.previous_state, digest, others)
        trainer.restore(state)
        _tell_of_another_machine(trainer, state)
    elif segment.start > 0:
        raise UserError(
            f"training from epoch {segment.start} needs the state there: give --previous-state"
        )
    if trainer.epoch != segment.start:
        raise UserError(
            f"state {segment.previous_state} is at epoch {trainer.epoch}, not {segment.start}:"
            " delete it and start the workflow again"
        )


def _load_state(
    trainer: Trainer, path: Path, digest: str, other_images: bool = False
) -> dict[str, Any]:
    return load_state(
        path,
        seed=trainer.seed,
        recipe_digest=digest,
        needed=trainer.model.plain_state(),
        training_images=None if other_images else trainer.images.content,
    )


def _verify_checkpoints(trainer: Trainer, start: int, stop: int, folder: Path) -> None:
    """Make sure that the checkpoints of a former job are all there and whole."""
    seed, digest = trainer.seed, trainer.recipe.digest
    epochs = checkpoint_epochs(start, stop, trainer.recipe.extra_checkpoints)
    for path, epoch in zip(require_checkpoints(folder, epochs), epochs, strict=True):
        load_checkpoint(path, epoch=epoch, seed=seed, recipe_digest=digest)


def _tell_of_another_machine(trainer: Trainer, state: dict[str, Any]) -> None:
    """Log what else than in `state` this job computes with, as it may round otherwise."""
    here = {"versions": checkpoints.provenance(), "machine": machine.describe(trainer.device)}
    different = [
        difference
        for kind in here
        if kind in state  # states of former versions name no machine
        for difference in machine.differences(state[kind], here[kind])
    ]
    if different:
        log.warning(
            "epochs up to %d were trained elsewhere (%s): sums may be rounded differently from here"
            " on, so the result may differ from that of one machine in the last bits",
            trainer.epoch,
            "; ".join(different),
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
        training_images=trainer.images.content,
    )
