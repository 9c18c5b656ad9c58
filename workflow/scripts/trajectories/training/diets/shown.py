"""Images as a network has last seen the world when a checkpoint of it was saved."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trajectories import seeding
from trajectories.images.inputs import normalise, unit_range_of
from trajectories.study.recipe import Recipe
from trajectories.training.diets import draws, pixels
from trajectories.training.diets.changes import KINDS
from trajectories.training.diets.draws import Drawn
from trajectories.training.diets.schedule import Diet


def diet_of(path: Path, seed: int) -> Diet | None:
    """The diet of a network, None where it has none, or is not known.

    Parameters
    ----------
    path : Path
        `recipe.json` of its condition.
    seed : int
        Of the network.
    """
    if "training" not in json.loads(path.read_text(encoding="utf-8")):
        return None  # imported
    recipe = Recipe.read(path)
    if recipe.diet is None:
        return None
    seeds = seeding.Seeds.derive(seed, recipe.fixed_seeds)
    return Diet.from_mapping(recipe.diet, recipe.schedule_epochs, seeds.augmentation)


def as_trained(images: Tensor, diet: Diet, epoch: float) -> Tensor:
    """Images as they are shown to a checkpoint.

    What is drawn for an image is the same at every epoch, for every network and condition, so that
    RDMs change with the schedule and not with the draw.

    Parameters
    ----------
    images : float32 Tensor of shape (n, 3, size, size), normalised
        Left as it is.
    diet : Diet
    epoch : float
        Of the checkpoint.

    Returns
    -------
    float32 Tensor of shape (n, 3, size, size), normalised
        An image that the diet leaves as it is stays so to the last bit.
    """
    drawn = draws.of_images(diet, epoch, len(images))
    acts = np.any([each.strength != KINDS[each.change].neutral for each in drawn], axis=0)
    if not acts.any():
        return images
    chosen = [Drawn(each.change, each.strength[acts], each.place[acts]) for each in drawn]
    index = torch.from_numpy(np.flatnonzero(acts))
    views = pixels.apply(unit_range_of(images[index]), chosen, diet.side)
    return images.index_copy(0, index, normalise(views))
