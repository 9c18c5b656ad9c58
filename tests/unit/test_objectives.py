"""What holds for every objective of training, and that one more is no more than its file.

The truths are torch's count of operations, the tensors of the states that training saves, and an
objective that is made here: a classifier, of one view and of labels.
"""

import csv
import io
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from training_cases import (
    NO_COLOUR_CHANGE,
    assert_identical,
    epochs,
    labels,
    make_trainer,
    noise_images,
    recipe,
)

from trajectories.errors import UserError
from trajectories.networks import catalogue as networks
from trajectories.networks.backbone import build_backbone
from trajectories.networks.description import Network
from trajectories.seeding import integer
from trajectories.storage import history
from trajectories.storage.history import COLUMNS, read_history, write_history
from trajectories.study import schema
from trajectories.study.recipe import Recipe
from trajectories.training.distributed import Processes
from trajectories.training.objectives import parts, registry
from trajectories.training.objectives.objective import Batch, Objective, build
from trajectories.training.trainer import Trainer

NAMES = list(registry.OBJECTIVES)
EACH = pytest.mark.parametrize("name", NAMES)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


# One list


def test_the_schema_has_the_objectives_that_there_are() -> None:
    keys = schema.load()["properties"]["training"]["properties"]
    assert keys["objective"]["enum"] == NAMES
    named = {name for key in keys.values() for name in key.get("x-objectives", [])}
    assert named <= set(NAMES)


@EACH
def test_an_objective_is_built_by_its_name(name: str) -> None:
    model = build(recipe(objective=name), 1, labels=labels())
    assert type(model).__module__ == f"trajectories.training.objectives.{name}"
    assert isinstance(model, Objective)


def test_another_objective_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"no objective \.\./other in this version: choose among moco"
    ):
        build(recipe(objective="../other"), 1)


# Cost


class Twin(Processes):
    """One of several processes, of which the others have the same rows."""

    def gather(self, rows: Tensor) -> Tensor:
        return torch.cat([rows] * self.size)


def counted(name: str, processes: int, **changes: Any) -> tuple[int, int]:
    """Operations of a step that torch counts, and those that are planned."""
    settings = recipe(objective=name, queue=384, **changes)
    n, size = settings.batch_size, settings.image_size
    model = build(settings, 1, Twin(0, processes), labels(n)).train()
    described = registry.describe(name)
    views = (torch.randn(n // processes, 3, size, size),) * described.views
    with FlopCounterMode(display=False) as counter:
        for _ in model.learn(Batch(views, torch.arange(n), np.arange(n // processes))):
            pass
    network = networks.describe(settings.architecture, settings.stem, size)
    classes = n // 4 if described.labelled else 0
    planned = described.multiply_adds(network, settings, processes, classes)
    return processes * counter.get_total_flops(), 2 * n * planned


@EACH
@pytest.mark.parametrize(
    ("architecture", "batch", "groups", "processes"),
    [
        ("resnet50", 8, 2, 1),
        ("alexnet", 8, 2, 1),
        ("resnet10_narrow", 128, 4, 1),
        ("resnet10_narrow", 128, 4, 2),
        ("resnet10_narrow", 128, 1, 1),
    ],
)
def test_operations_are_those_that_torch_counts(name, architecture, batch, groups, processes):
    """At 64 px batches of 128 images are cut, unless they are one group or shared."""
    sizes = {"image_size": 64, "batch_size": batch, "bn_groups": groups}
    found, planned = counted(name, processes, architecture=architecture, **sizes)
    assert found == planned


def test_a_batch_that_is_cut_costs_simclr_a_pass_more() -> None:
    network = networks.describe("resnet18", "imagenet", 64)
    whole, cut = (
        registry.describe("simclr").multiply_adds(
            network, recipe(image_size=64, batch_size=128, bn_groups=groups)
        )
        for groups in (1, 4)
    )
    head = network.features * (network.features + 16)
    assert cut - whole == 2 * (network.forward_multiply_adds + head)


@EACH
@pytest.mark.parametrize(
    ("architecture", "size"), [("resnet10_narrow", 32), ("resnet18", 32), ("alexnet", 64)]
)
def test_bytes_of_a_training_state(name: str, architecture: str, size: int) -> None:
    changes = {"architecture": architecture, "image_size": size}
    trainer = epochs(make_trainer(objective=name, **changes), 1)
    state = trainer.state()
    tensors = [*state["model"].values(), *state["momentum"].values()]
    network = networks.describe(architecture, "imagenet", size)
    described = registry.describe(name)
    planned = described.state_bytes(network, trainer.recipe, 9 if described.labelled else 0)
    assert planned == sum(tensor.nbytes for tensor in tensors)


# Conditions of one seed


def shown(trainer: Trainer) -> list[tuple[Tensor, ...]]:
    """All batches of the epoch to come: their views, permutations and images."""
    return [
        (*batch.views, batch.permutation, torch.from_numpy(batch.images))
        for batch in trainer._batches()
    ]


@EACH
def test_one_seed_starts_from_one_backbone(name: str) -> None:
    torch.manual_seed(integer(7, "init"))
    expected = build_backbone("resnet10_narrow", "imagenet").state_dict()
    trainers = [make_trainer(seed, objective=name) for seed in (7, 8)]
    found, other = (trainer.backbone() for trainer in trainers)
    assert_identical(found, dict(expected))
    assert not torch.equal(found["conv1.weight"], other["conv1.weight"])


def test_one_seed_shows_the_same_views_in_the_same_order() -> None:
    """In each epoch, whatever was drawn and trained before; some see view 0 alone."""
    trainers = [make_trainer(7, objective=name) for name in NAMES]
    for _ in range(2):
        first, *others = (shown(trainer) for trainer in trainers)
        assert len(first) == 4
        for name, other in zip(NAMES[1:], others, strict=True):
            views = registry.describe(name).views
            assert {len(batch) for batch in other} == {views + 2}
            assert_identical([(*batch[:views], *batch[2:]) for batch in first], other)
        for trainer in trainers:
            epochs(trainer, 1)
    assert not torch.equal(first[0][0], shown(trainers[0])[0][0])
    assert not torch.equal(first[0][0], shown(make_trainer(8))[0][0])


# Cut anywhere


@EACH
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_four_epochs_are_two_and_two_to_the_last_bit(name: str, precision: str) -> None:
    def trainer(workers: int = 0) -> Trainer:
        return make_trainer(workers=workers, objective=name, precision=precision, bn_groups=4)

    whole = epochs(trainer(), 4).state()
    file = io.BytesIO()
    torch.save(epochs(trainer(), 2).state(), file)
    file.seek(0)
    rest = trainer(workers=2)
    rest.restore(torch.load(file, weights_only=True))
    assert_identical(epochs(rest, 2).state(), whole)
    assert len(whole["history"]) == 5
    other = epochs(make_trainer(objective=name, bn_groups=2, precision=precision), 4).state()
    assert not torch.equal(*(next(iter(each["momentum"].values())) for each in (whole, other)))


# One more


class Classifier(Objective):
    """Cross-entropy of the classes of the images, of one view."""

    measured = {"loss": "step", "accuracy": "image"}  # noqa: RUF012

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.n_classes = int(self.labels.max()) + 1
        with self.drawn("init"):
            self.network = nn.Module()
            self.network.backbone = build_backbone(self.recipe.architecture, self.recipe.stem)
            self.network.head = nn.Linear(256, self.n_classes)
        self.steps = 0

    @property
    def trained(self) -> nn.Module:
        return self.network

    def learn(self, batch: Batch) -> Iterator[Tensor]:
        (view,) = batch.views
        targets = torch.from_numpy(self.labels[batch.images].astype(np.int64))
        done = 0
        for part in self.parts(view, self.network):
            target = targets[done : done + len(part)]
            done += len(part)
            scores = self.network.head(self.network.backbone(part).float())
            loss = F.cross_entropy(scores, target) * len(part) / self.recipe.batch_size
            loss.backward()
            yield torch.stack([loss.detach(), (scores.argmax(dim=1) == target).sum()])

    def after_step(self) -> None:
        self.steps += 1

    def expected(self, step: int) -> dict[str, float | int]:
        return {"chance_loss": np.log(self.n_classes), "accuracy_chance": 1 / self.n_classes}

    def plain_state(self) -> dict[str, int]:
        return {"steps": self.steps}

    def restore_plain_state(self, state: Any) -> None:
        self.steps = state["steps"]


class OneView(registry.Description):
    """A description of the classifier, without its head."""

    views = 1

    def multiply_adds(
        self, network: Network, recipe: Recipe, processes: int = 1, n_classes: int = 0
    ) -> int:
        return network.forward_multiply_adds + network.backward_multiply_adds

    def state_bytes(self, network: Network, recipe: Recipe, n_classes: int = 0) -> int:
        return 2 * network.checkpoint_bytes


@pytest.fixture
def classifier(monkeypatch) -> str:
    """The name of an objective that is this one file."""
    monkeypatch.setitem(registry.OBJECTIVES, "classifier", OneView())
    module = SimpleNamespace(OBJECTIVE=Classifier)
    monkeypatch.setitem(sys.modules, "trajectories.training.objectives.classifier", module)
    return "classifier"


def coloured(n: int = 36) -> np.ndarray:
    """Images of a colour for each label, with noise."""
    colours = np.random.default_rng(1).integers(60, 196, (9, 3))[labels(n)]
    return (colours[:, None, None] + noise_images(n) % 40).astype(np.uint8)


def test_another_objective_trains_and_goes_on_to_the_last_bit(classifier, tmp_path) -> None:
    settings = recipe(objective=classifier, augmentation=NO_COLOUR_CHANGE)
    whole, half, rest = (Trainer(settings, 1, coloured(), labels(), CPU) for _ in range(3))
    epochs(whole, 8)
    rest.restore(epochs(half, 3).state())
    assert_identical(epochs(rest, 5).state(), whole.state())
    assert whole.state()["steps"] == 32
    first, last = whole.history[1], whole.history[-1]
    assert last["loss"] < 0.7 * first["loss"]
    assert last["accuracy"] > 3 * last["accuracy_chance"]
    assert (last["contrastive_top1"], last["queue_filled"]) == (None, None)

    write_history(tmp_path / "history.csv", whole.history, history.columns(last))
    rows = read_history(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open() as file:
        columns = next(csv.reader(file))
    assert columns == [*COLUMNS, "accuracy_chance", "accuracy"]
    assert (rows[0]["accuracy"], rows[0]["accuracy_chance"]) == ("", str(1 / 9))
    assert float(rows[-1]["accuracy"]) == last["accuracy"]


def test_an_objective_knows_which_images_it_is_shown(classifier) -> None:
    """Each image of one grey level: the mean of a view tells the number."""
    plain = {**NO_COLOUR_CHANGE, "flip": 0}
    levels = np.arange(36, dtype=np.uint8).reshape(36, 1, 1, 1) * 7
    images = np.broadcast_to(levels, (36, 8, 8, 3)).copy()
    trainer = Trainer(recipe(objective=classifier, augmentation=plain), 1, images, labels(), CPU)
    for batch in trainer._batches():
        (view,) = batch.views
        level = (view[:, 0].mean(dim=(1, 2)) * 0.229 + 0.485) * 255 / 7
        np.testing.assert_allclose(level.numpy(), batch.images, atol=0.1)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("at_once", [2, 4, 8])
def test_groups_are_cut_into_equal_parts(groups: int, at_once: int) -> None:
    together = parts.groups_together(groups, 8, at_once)
    assert groups % together == 0
    assert together == 1 or together * 8 // groups <= at_once
