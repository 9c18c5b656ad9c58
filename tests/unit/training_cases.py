"""Settings and images for the tests of training; no tests."""

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trajectories.study.recipe import Recipe
from trajectories.training.trainer import Trainer

SETTINGS: dict[str, Any] = {
    "image_size": 32,
    "images": {"source": "noise"},
    "network": {"architecture": "resnet10_narrow", "stem": "imagenet", "embedding": 16},
    "training": {
        "schedule_epochs": 8,
        "extra_checkpoints": [],
        "batch_size": 8,
        "bn_groups": 2,
        "queue": 16,
        "key_momentum": 0.9,
        "temperature": 0.2,
        "learning_rate": 0.03,
        "sgd_momentum": 0.9,
        "weight_decay": 1.0e-4,
        "precision": "fp32",
        "probe_images": 16,
        "augmentation": {
            "crop_scale": [0.2, 1.0],
            "jitter": {
                "probability": 0.8,
                "brightness": 0.4,
                "contrast": 0.4,
                "saturation": 0.4,
                "hue": 0.1,
            },
            "grayscale": 0.2,
            "blur": {"probability": 0.5, "sigma": [0.1, 2.0]},
            "flip": 0.5,
        },
        "fixed_seeds": {"init": None, "order": None, "augmentation": None},
    },
}
# No change that a constant colour would show.
NO_COLOUR_CHANGE = {
    "crop_scale": [0.2, 1.0],
    "jitter": {"probability": 0, "brightness": 0, "contrast": 0, "saturation": 0, "hue": 0},
    "grayscale": 0,
    "blur": {"probability": 0, "sigma": [0.1, 2.0]},
    "flip": 0.5,
}


def settings(**changes: Any) -> dict[str, Any]:
    """Settings of a recipe, with changes in `training`, in `network` or of `image_size`."""
    result = copy.deepcopy(SETTINGS)
    for name, value in changes.items():
        blocks = [result, result["network"]]
        next((block for block in blocks if name in block), result["training"])[name] = value
    return result


def recipe(**changes: Any) -> Recipe:
    return Recipe.from_mapping(settings(**changes))


def noise_images(n: int = 36, size: int = 24, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, size, size, 3), dtype=np.uint8)


def labels(n: int = 36) -> np.ndarray:
    return np.repeat(np.arange(n // 4, dtype=np.int32), 4)


def make_trainer(seed: int = 1, workers: int = 0, **changes: Any) -> Trainer:
    device = torch.device("cpu")
    return Trainer(recipe(**changes), seed, noise_images(), labels(), device, workers)


def numbered_images(n: int) -> np.ndarray:
    """Image i is of the single grey level i."""
    return np.arange(n, dtype=np.uint8).reshape(n, 1, 1, 1).repeat(8, 1).repeat(6, 2).repeat(3, 3)


def epochs(trainer: Trainer, count: int) -> Trainer:
    """The trainer, having trained so many epochs more."""
    if trainer.epoch == 0:
        trainer.record_untrained()
    for _ in range(count):
        for _ in trainer.train_epoch({}):
            pass
    return trainer


def seen(trainer: Trainer, monkeypatch) -> dict[str, list[Tensor]]:
    """What the model is given in training: views of queries, views of keys, permutations."""
    found: dict[str, list[Tensor]] = {"query": [], "key": [], "permutation": []}
    contrast, keys = trainer.model.contrast, trainer.model.keys

    def watched_contrast(view: Tensor, keys: Tensor):
        found["query"].append(view.clone())
        return contrast(view, keys)

    def watched_keys(view: Tensor, permutation: Tensor) -> Tensor:
        found["key"].append(view.clone())
        found["permutation"].append(permutation.clone())
        return keys(view, permutation)

    monkeypatch.setattr(trainer.model, "contrast", watched_contrast)
    monkeypatch.setattr(trainer.model, "keys", watched_keys)
    return found


def flat(content: Any, prefix: str = "") -> dict[str, Any]:
    """Tensors and values of a state by their path, without the speed, which no run repeats."""
    if isinstance(content, dict):
        items = {str(key): value for key, value in content.items() if key != "images_per_second"}
    elif isinstance(content, list | tuple):
        items = {str(index): value for index, value in enumerate(content)}
    else:
        return {prefix: content}
    found: dict[str, Any] = {f"{prefix}/": sorted(items)}
    for key, value in items.items():
        found |= flat(value, f"{prefix}/{key}")
    return found


def assert_identical(one: Any, other: Any) -> None:
    """Compare two states, or parts of them, to the last bit."""
    first, second = flat(one), flat(other)
    assert first.keys() == second.keys()
    different = [path for path in first if not _same(first[path], second[path])]
    assert different == []


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and one.contiguous().numpy().tobytes() == other.contiguous().numpy().tobytes()
        )
    return bool(one == other)
