"""A branch goes on from its trunk: the same bits without a change, and from no other state."""

from pathlib import Path
from typing import Any

import pytest
import torch
from segment_cases import segment_in
from training_cases import (
    assert_identical,
    labels,
    make_trainer,
    noise_images,
    settings,
)

from trajectories.errors import UserError
from trajectories.images import dataset, training_images
from trajectories.study.recipe import Recipe, recipe_digest
from trajectories.training.objectives import registry
from trajectories.training.segment import TrainingSegment, train_segment
from trajectories.training.trainer import Trainer


def branched(objective: str, epoch: int, **changes: Any) -> Trainer:
    """A trainer whose recipe says that it goes on from one of the objective."""
    trunk = settings(objective=objective)
    mapping = settings(objective=objective, **changes)
    mapping["from"] = {"recipe": recipe_digest(trunk), "epoch": epoch}
    return Trainer(Recipe.from_mapping(mapping), 1, noise_images(), labels(), torch.device("cpu"))


def segment_of_branch(folder: Path, state: Path) -> TrainingSegment:
    own = segment_in(folder, 2, 4)
    return TrainingSegment(2, 4, state, own.checkpoints, own.state, own.unfinished)


@pytest.mark.parametrize("objective", list(registry.OBJECTIVES))
def test_a_branch_without_a_change_is_its_trunk(tmp_path: Path, objective: str) -> None:
    """To the last bit, for every objective; with a change it is another network."""
    torch.set_num_threads(1)
    trunk = tmp_path / "trunk"
    train_segment(make_trainer(objective=objective), segment_in(trunk, 0, 2), "trunk")
    state = trunk / "state" / "epochs-0000-0002.pt"
    before = state.read_bytes()
    on = make_trainer(objective=objective)
    whole = segment_in(trunk, 2, 4)
    train_segment(
        on, TrainingSegment(2, 4, state, whole.checkpoints, whole.state, whole.unfinished), "trunk"
    )
    same, other = branched(objective, 2), branched(objective, 2, learning_rate=0.003)
    for name, trainer in (("same", same), ("other", other)):
        train_segment(trainer, segment_of_branch(tmp_path / name, state), name)
    for part in ("model", "momentum", "history", "step"):
        assert_identical(same.state()[part], on.state()[part])
    assert not torch.equal(*(t.backbone()["conv1.weight"] for t in (other, on)))
    assert state.read_bytes() == before
    content = torch.load(tmp_path / "same/state/epochs-0002-0004.pt", weights_only=True)
    assert content["recipe_digest"] == same.recipe.digest != on.recipe.digest
    lines = (tmp_path / "same/checkpoints/epochs-0002-0004/history.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", "3", "4"]


def test_a_branch_takes_no_other_state(tmp_path: Path) -> None:
    trunk = tmp_path / "trunk"
    train_segment(make_trainer(temperature=0.5), segment_in(trunk, 0, 2), "trunk")
    segment = segment_of_branch(tmp_path / "branch", trunk / "state" / "epochs-0000-0002.pt")
    with pytest.raises(UserError, match="belongs to recipe digest"):
        train_segment(branched("moco", 2), segment, "branch")
    assert not segment.checkpoints.exists()


def test_a_branch_goes_on_with_other_images_where_its_recipe_says_so(tmp_path: Path) -> None:
    """As a network does that is given the trunk's state and these images by hand."""
    torch.set_num_threads(1)
    images = (noise_images(), noise_images()[::-1, :, ::-1][:24])
    stored: list[training_images.TrainingImages] = []
    for number, each in enumerate(images):
        dataset.write(tmp_path / f"{number}.h5", each, labels()[: len(each)], ["a"] * 9, {})
        stored.append(training_images.load(tmp_path / f"{number}.h5"))
    trunk, cpu = settings(), torch.device("cpu")

    def trainer(recipe: dict[str, Any], number: int) -> Trainer:
        its = stored[number]
        return Trainer(Recipe.from_mapping(recipe), 1, its, its.label, cpu)

    train_segment(trainer(trunk, 0), segment_in(tmp_path / "trunk", 0, 2), "trunk")
    state = tmp_path / "trunk/state/epochs-0000-0002.pt"
    origin = {"recipe": recipe_digest(trunk), "epoch": 2}
    silent, segment = trainer(trunk | {"from": origin}, 1), segment_of_branch(tmp_path / "s", state)
    with pytest.raises(UserError, match="was made from other training images than those at hand"):
        train_segment(silent, segment, "silent")

    own = trunk | {"images": {"source": "other"}, "from": origin | {"images": trunk["images"]}}
    branch_of_it = trainer(own, 1)
    train_segment(branch_of_it, segment_of_branch(tmp_path / "branch", state), "branch")
    by_hand = trainer(trunk, 1)
    by_hand.restore(torch.load(state, weights_only=True))
    for _ in range(2):
        list(by_hand.train_epoch({}))
    assert_identical(branch_of_it.state()["model"], by_hand.state()["model"])
    assert branch_of_it.step == 2 * (len(images[0]) // 8) + 2 * 3
