"""The training loop of one network instance."""

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trajectories import seeding
from trajectories.images.training_images import PixelImages, TrainingImages
from trajectories.networks import checkpoints
from trajectories.networks.backbone import to_cpu
from trajectories.provenance import machine
from trajectories.storage import history, image_record
from trajectories.study.recipe import Recipe
from trajectories.training import augment, loading
from trajectories.training.batches import Batches, permutation
from trajectories.training.distributed import ALONE, Processes
from trajectories.training.objectives.objective import Batch, build
from trajectories.training.optimiser import Optimiser
from trajectories.training.precision import arithmetic
from trajectories.training.probe import Probe


class Trainer:
    """One network instance in training, and where it stands.

    Parameters
    ----------
    images : TrainingImages, or uint8 array of shape (n, height, width, 3)
    labels : int array of shape (n,), optional
        Used for the nearest-neighbour diagnostic, and by an objective that learns from them; -1
        without a label.
    workers : int
        Processes that load batches; does not change results.
    processes : Processes
        Those that train this network together, each with a trainer of its own.
    """

    def __init__(
        self,
        recipe: Recipe,
        seed: int,
        images: TrainingImages | NDArray[np.uint8],
        labels: NDArray[np.integer[Any]] | None,
        device: torch.device,
        workers: int = 0,
        processes: Processes = ALONE,
    ) -> None:
        self.recipe, self.seed, self.device, self.workers = recipe, seed, device, workers
        self.processes = processes
        self.images = images if isinstance(images, TrainingImages) else PixelImages(images)
        self.seeds = seeding.Seeds.derive(seed, recipe.fixed_seeds)
        self.model = build(recipe, self.seeds.init, processes, labels).to(device).train()
        self.model.to(memory_format=torch.channels_last)
        self.optimiser = Optimiser(self.model.trained, recipe)
        self.steps_per_epoch = len(images) // recipe.batch_size
        self.epoch = 0
        self.step = 0
        self.history: list[dict[str, float | int | None]] = []
        self._probe: Probe | None = None
        if recipe.probe_images and processes.first:
            augmentation = augment.AugmentationSettings.from_mapping(recipe.augmentation)
            self._probe = Probe.of(
                self.images, labels, recipe.probe_images, recipe.image_size, augmentation, device
            )

    def train_epoch(self, extra: dict[int, float]) -> Iterator[float]:
        """Train one epoch; yields at each step in `extra`, with its epoch number.

        Parameters
        ----------
        extra : dict of int to float
            Steps within the epoch after which a checkpoint is wanted → epoch number.
        """
        model, recipe, processes = self.model, self.recipe, self.processes
        rate = cosine_rate(recipe.learning_rate, self.epoch, recipe.schedule_epochs)
        self.optimiser.rate = rate
        totals = torch.zeros(len(model.measured), dtype=torch.float64, device=self.device)
        began = time.monotonic()

        for index, batch in enumerate(self._batches()):
            self.optimiser.forget_gradients()
            with arithmetic(recipe.precision, self.device):
                for measured in model.learn(batch):
                    totals += measured
            processes.sum_gradients(model.trained.parameters())
            self.optimiser.step()
            model.after_step()
            self.step += 1
            if index + 1 in extra:
                yield extra[index + 1]

        sums = processes.total(totals).tolist()
        trained = self.steps_per_epoch * recipe.batch_size
        number = {"step": self.steps_per_epoch, "image": trained}
        self.epoch += 1
        self._record(
            **{
                column: total / number[each]
                for (column, each), total in zip(model.measured.items(), sums, strict=True)
            },
            learning_rate=rate,
            images_per_second=round(trained / (time.monotonic() - began), 1),
        )

    def require_room(self) -> None:
        """Check that shared memory has room for the batches that are loaded ahead.

        Raises
        ------
        UserError
            If it has not.
        """
        batches = Batches(self.images, self.recipe, self.seeds, self.epoch, self.processes)
        loading.require_room(batches.item_bytes, self.workers, self.processes.size)

    def record_untrained(self) -> None:
        """Add epoch 0 to the history."""
        self._record()

    def backbone(self) -> dict[str, Tensor]:
        """State dict of the trained backbone, in main memory."""
        return to_cpu(self.model.backbone.state_dict())

    def state(self) -> dict[str, Any]:
        """All that training needs to go on, in main memory."""
        content = self.images.content
        return {
            "seed": self.seed,
            "recipe_digest": self.recipe.digest,
            "epoch": self.epoch,
            "step": self.step,
            "model": to_cpu(self.model.state_dict()),
            **self.model.plain_state(),
            "momentum": to_cpu(self.optimiser.momentum()),
            "history": list(self.history),
            "versions": checkpoints.provenance(),
            "machine": machine.describe(self.device),
            **({} if content is None else {image_record.TRAINING: content}),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `checkpoints.load_state` has checked."""
        self.model.load_state_dict(state["model"])
        self.model.restore_plain_state(state)
        self.optimiser.restore(state["momentum"])
        self.epoch, self.step = state["epoch"], state["step"]
        self.history = list(state["history"])

    def join(self) -> None:
        """Take the place where the first process stands, so that all start with equal weights."""
        state = self.processes.from_first(self.state)
        if not self.processes.first:
            self.restore(state)

    def _batches(self) -> Iterator[Batch]:
        """Every batch of the epoch, of each this process's share, on the device."""
        batches = Batches(self.images, self.recipe, self.seeds, self.epoch, self.processes)
        loaded = loading.load(batches, self.workers, pin_memory=self.device.type == "cuda")
        for index, batch in enumerate(loaded):
            there = batch.to(self.device, non_blocking=True)
            views = batches.views(there, index)
            yield Batch(
                tuple(view.contiguous(memory_format=torch.channels_last) for view in views),
                self._permutation(index),
                batches.images_of(index),
            )

    def _permutation(self, index: int) -> Tensor:
        order = permutation(self.seeds, self.epoch, index, self.recipe.batch_size)
        return torch.from_numpy(order).to(self.device)

    def _record(self, **measured: float) -> None:
        row: dict[str, float | int | None] = dict.fromkeys(history.COLUMNS)
        row |= {"epoch": self.epoch, "step": self.step}
        row |= self.model.expected(self.step)
        if self._probe is not None:
            row |= self._probe.measure(self.model.backbone)
        self.history.append({**row, **measured})


def cosine_rate(base: float, epoch: int, horizon: int) -> float:
    """Learning rate of an epoch (counted from 0): a cosine from `base` to 0 at `horizon`."""
    return 0.5 * base * (1 + math.cos(math.pi * epoch / horizon))
