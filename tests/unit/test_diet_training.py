"""Guards: training with a diet gives the same bits however it is cut and helped; and pairs hold.

The truths are training that was not cut, and training without a diet.
"""

from typing import Any

import numpy as np
import pytest
import torch
from segment_cases import segment_in
from test_training_exact import through_a_file
from training_cases import (
    assert_identical,
    epochs,
    labels,
    make_trainer,
    noise_images,
    recipe,
)

from trajectories.images.inputs import IMAGENET_MEAN, IMAGENET_SD
from trajectories.study import diets, schema
from trajectories.training.batches import Batches
from trajectories.training.diets import draws, pixels, schedule
from trajectories.training.diets.changes import KINDS
from trajectories.training.diets.schedule import Diet
from trajectories.training.distributed import Processes
from trajectories.training.segment import train_segment
from trajectories.training.trainer import Trainer

CPU = torch.device("cpu")
# Every change, at random and over time, with steps in the middle of epochs.
EVERYTHING: dict[str, Any] = {
    "order": "shuffled",
    "changes": [
        {"change": "blur", "at": {0: [4, 20], 1.5: 7}, "share": 0.5},
        {"change": "saturation", "at": {0: 0, 3: 1}, "between": "linear"},
        {"change": "contrast", "at": {0: [0.2, 0.4], 2: 1}},
        {"change": "brightness", "at": {0: [0.2, 1.4]}},
        {"change": "resolution", "at": {0.5: 0.25, 2.25: 1}},
        {"change": "spectrum", "at": {0: 0.01}, "share": 0.3},
        {"change": "field", "at": {0: [0.4, 1]}},
        {"change": "noise", "at": {0: 0.05}},
        {"change": "flip", "at": {0: {0: 0.5, 1: 0.5}}},
    ],
}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def spelled(diet: Any) -> Any:
    return diets.spelled(diet, None, "training.diet")


def trainer_of(diet: Any, seed: int = 1, workers: int = 0, **changes: Any) -> Trainer:
    own = {} if diet is None else {"diet": spelled(diet)}
    return make_trainer(seed, workers, **own, **changes)


def test_four_epochs_are_two_and_two_to_the_last_bit() -> None:
    whole = epochs(trainer_of(EVERYTHING), 4)
    rest = trainer_of(EVERYTHING)
    rest.restore(through_a_file(epochs(trainer_of(EVERYTHING), 2).state()))
    assert_identical(epochs(rest, 2).state(), whole.state())


def test_segments_are_one_training(tmp_path) -> None:
    first, second = segment_in(tmp_path, 0, 2), segment_in(tmp_path, 2, 4)
    train_segment(trainer_of(EVERYTHING), first, "first")
    train_segment(trainer_of(EVERYTHING), second, "second")
    parts = torch.load(second.state, weights_only=True)
    assert_identical(parts["model"], epochs(trainer_of(EVERYTHING), 4).state()["model"])


def test_the_number_of_workers_changes_nothing() -> None:
    alone, helped = (epochs(trainer_of(EVERYTHING, workers=workers), 2) for workers in (0, 2))
    assert_identical(alone.state(), helped.state())


@pytest.mark.parametrize("objective", ["moco", "simclr"])
def test_processes_see_their_part_of_what_one_sees(objective: str) -> None:
    own = recipe(diet=spelled(EVERYTHING), objective=objective)
    trainer = Trainer(own, 1, noise_images(), labels(), CPU)
    for epoch, index in ((0, 1), (2, 3)):
        views = {}
        for rank, size in ((0, 1), (0, 2), (1, 2)):
            processes = Processes(rank, size)
            batches = Batches(trainer.images, own, trainer.seeds, epoch, processes)
            for view, images in enumerate(batches.views(batches[index], index)):
                places = batches.places(index, view)
                views[size, view] = views.get((size, view), {}) | dict(
                    zip(places.tolist(), images, strict=True)
                )
        for view in range(2):
            assert views[1, view].keys() == views[2, view].keys() == set(range(own.batch_size))
            for place, image in views[1, view].items():
                assert torch.equal(image, views[2, view][place])


def views_of(diet: Any, epoch: int = 0, index: int = 0, **changes: Any) -> list[torch.Tensor]:
    """The views of a batch, in [0, 1]."""
    trainer = trainer_of(diet, **changes)
    batches = Batches(trainer.images, trainer.recipe, trainer.seeds, epoch)
    sd, mean = torch.tensor(IMAGENET_SD).view(3, 1, 1), torch.tensor(IMAGENET_MEAN).view(3, 1, 1)
    return [view * sd + mean for view in batches.views(batches[index], index)]


def test_a_diet_changes_the_finished_views_and_nothing_else() -> None:
    """What is seen with a diet is what is seen without, changed by the diet."""
    diet = {"changes": [{"change": "blur", "at": {0: 14, 1.5: 7}}]}
    for epoch, index, sigma in ((0, 0, 14), (1, 1, 14), (1, 2, 7), (3, 0, 7)):
        plain = views_of(None, epoch, index)
        for view, other in zip(views_of(diet, epoch, index), plain, strict=True):
            drawn = draws.Drawn("blur", np.full(len(view), float(sigma)), np.zeros(len(view)))
            expected = pixels.apply(other.clone(), [drawn], 224)
            torch.testing.assert_close(view, expected, rtol=0, atol=1e-5)


def test_an_image_has_one_strength_in_both_views_but_noise_of_each() -> None:
    """Brightness 0 in half of the images: black in both views, or in none."""
    dark = {"changes": [{"change": "brightness", "at": {0: {0: 0.5, 1: 0.5}}}]}
    seen_dark = []
    for index in range(4):
        trainer = trainer_of(dark)
        batches = Batches(trainer.images, trainer.recipe, trainer.seeds, 0)
        black = [view.abs().amax((1, 2, 3)) < 0.01 for view in views_of(dark, index=index)]
        assert torch.equal(black[0], black[1])
        assert [list(batches.places(index, view)) for view in (0, 1)] == [list(range(8))] * 2
        seen_dark += black[0].tolist()
    assert 0 < sum(seen_dark) < len(seen_dark)
    noise = {"changes": [{"change": "brightness", "at": {0: 0}}, {"change": "noise", "at": {0: 1}}]}
    one, other = views_of(noise)
    assert all(not torch.equal(*pair) for pair in zip(one, other, strict=True))


def test_conditions_are_paired() -> None:
    """Weights, order of images, permutations and augmentation are those of training without."""
    plain, fed = trainer_of(None), trainer_of(EVERYTHING)
    assert_identical(plain.backbone(), fed.backbone())
    assert_identical(plain.state()["model"], fed.state()["model"])
    for epoch in (0, 3):
        one, other = (Batches(t.images, t.recipe, t.seeds, epoch) for t in (plain, fed))
        for index in range(4):
            assert one.batches[index].tolist() == other.batches[index].tolist()
            assert torch.equal(one[index], other[index])
            for view in (0, 1):
                first, second = one.parameters(index, view), other.parameters(index, view)
                for name, value in vars(first).items():
                    assert np.array_equal(value, getattr(second, name))


def test_a_diet_that_changes_nothing_gives_the_weights_of_none() -> None:
    nothing = {
        "changes": [{"change": name, "at": {0: kind.neutral}} for name, kind in KINDS.items()]
    }
    one, other = (epochs(trainer_of(diet), 2).state() for diet in (None, nothing))
    assert_identical(one["model"], other["model"])
    changed = epochs(trainer_of(EVERYTHING), 2).state()
    assert not torch.equal(
        changed["model"]["query.backbone.conv1.weight"],
        one["model"]["query.backbone.conv1.weight"],
    )


def test_seeds_see_other_draws_unless_the_augmentation_is_fixed() -> None:
    dark = {"changes": [{"change": "brightness", "at": {0: [0, 1]}}]}
    diet = Diet.from_mapping(spelled(dark), 8, 1)
    places = [np.arange(8), np.arange(8)]
    one, again, other, later = (
        draws.of_batch(diet, seed, epoch, 0, 4, 8, places)[0].strength
        for seed, epoch in ((1, 0), (1, 0), (2, 0), (1, 1))
    )
    assert one.tolist() == again.tolist()
    assert len({tuple(one), tuple(other), tuple(later)}) == 3
    fixed = {"init": 3, "order": 3, "augmentation": 5}
    first, second = (epochs(trainer_of(dark, s, fixed_seeds=fixed), 1).state() for s in (1, 2))
    assert_identical(first["model"], second["model"])


def test_defaults_of_jobs_are_those_of_the_schema() -> None:
    """A recipe does not state what is at its default."""
    part = schema.part("training.diet")["properties"]
    change = part["changes"]["items"]["properties"]
    bare = Diet.from_mapping({"changes": [{"change": "blur", "at": [[0, 4]]}]}, 8, 1)
    [only] = bare.changes
    assert (only.between, only.share) == (change["between"]["default"], change["share"]["default"])
    assert bare.order == part["order"]["default"]
    assert bare.side == part["image_side"]["default"]
    assert bare.units == 1
    assert part["clock"]["default"] == "epochs"
    assert part["length"]["default"] is None
    months = {"clock": "months", "changes": [{"change": "blur", "at": "dvd_acuity"}]}
    assert schedule.units(months, 8) == part["months_per_epoch"]["default"]
    assert recipe().diet is schema.part("training")["properties"]["diet"]["default"]
    assert set(change["change"]["enum"]) == set(KINDS)
