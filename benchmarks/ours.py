"""The workflow's own training, as benchmarks measure it: recipes of any size, and single steps."""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow" / "scripts")]


from trajectories.networks import memory  # noqa: E402
from trajectories.study import config  # noqa: E402
from trajectories.study.recipe import Recipe  # noqa: E402
from trajectories.training.objectives.objective import Batch  # noqa: E402
from trajectories.training.precision import arithmetic  # noqa: E402
from trajectories.training.trainer import Trainer  # noqa: E402

IMAGES_A_GROUP = 32

memory.keep_freed()  # as train.py does


def recipe(study: str = "paper", **changes: Any) -> Recipe:
    """The recipe of config/<study>.yaml with some fields changed, and without a probe.

    A batch whose size is changed has groups of 32 images, as published, unless stated otherwise.
    """
    settings = config.read(REPOSITORY / "config" / f"{study}.yaml")
    if "batch_size" in changes:
        changes = {"bn_groups": max(1, changes["batch_size"] // IMAGES_A_GROUP)} | changes
    published = Recipe.from_mapping(config.condition_settings(settings, "moco"))
    return dataclasses.replace(published, **({"probe_images": 0} | changes))


def steps(trainer: Trainer) -> Iterator[None]:
    """Training, epoch after epoch, halted after each step."""
    every = {step: float(step) for step in range(1, trainer.steps_per_epoch + 1)}
    while True:
        for _ in trainer.train_epoch(every):
            yield


def bare_steps(trainer: Trainer, batch: Batch) -> Iterator[None]:
    """The same algorithm on a batch that is already in memory, with nothing recorded."""
    model, optimiser = trainer.model, trainer.optimiser
    while True:
        optimiser.forget_gradients()
        with arithmetic(trainer.recipe.precision, trainer.device):
            for _ in model.learn(batch):
                pass
        optimiser.step()
        model.after_step()
        yield
