"""The script for activations takes the checkpoints it is told of, or none at all."""

import copy
import json
import runpy
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from activation_cases import hooked, weights
from scipy.ndimage import gaussian_filter
from training_cases import SETTINGS, noise_images, recipe

from trajectories.images import dataset
from trajectories.images.inputs import network_input, normalise
from trajectories.networks import activations, checkpoints
from trajectories.networks.backbone import build_backbone
from trajectories.stimuli import packing as stimuli
from trajectories.training.diets import shown
from trajectories.training.diets.schedule import Diet

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/extract.py"
EPOCHS = [0.0, 0.5, 1.0]


@pytest.fixture
def study(tmp_path, monkeypatch) -> Iterator[Callable[..., Path]]:
    """A folder with all that extract.py needs, and the way to call it."""
    (tmp_path / "recipe.json").write_text(json.dumps(SETTINGS))
    for seed, epoch in enumerate(EPOCHS):
        checkpoints.save_checkpoint(
            tmp_path / "checkpoints" / checkpoints.checkpoint_name(epoch),
            weights(seed, SETTINGS["network"]["architecture"]),
            epoch=epoch,
            step=int(4 * epoch),
            seed=1,
            recipe_digest=recipe().digest,
        )
    dataset.write(tmp_path / "dataset.h5", noise_images(), np.zeros(36, np.int32), ["noise"], {})
    stimuli.write(tmp_path / "stimuli.h5", "abcdef", noise_images(6, 32, seed=2), {})

    def run(**changes: Any) -> Path:
        flags = {
            "recipe": tmp_path / "recipe.json",
            "checkpoints": tmp_path / "checkpoints",
            "epochs": EPOCHS,
            "stimuli": tmp_path / "stimuli.h5",
            "layer": "layer2",
            "batchnorm": "running",
            "dataset": tmp_path / "dataset.h5",
            "recalibration-images": 16,
            "condition": "moco",
            "seed": 1,
            "output": tmp_path / "out" / "activations.h5",
            "device": "cpu",
        } | changes
        words = ["extract.py"]
        for flag, value in flags.items():
            values = value if isinstance(value, list) else [value]
            words += [f"--{flag}", *map(str, values)]
        monkeypatch.setattr(sys, "argv", words)
        runpy.run_path(str(SCRIPT), run_name="__main__")
        return tmp_path / "out" / "activations.h5"

    kept = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.deterministic
    yield run
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.deterministic = kept


@pytest.mark.parametrize("batchnorm", ["running", "recalibrated"])
def test_the_script_writes_one_layer_of_all_checkpoints(study, batchnorm: str) -> None:
    path = study(batchnorm=batchnorm)
    images = network_input(noise_images(6, 32, seed=2), 32)
    with h5py.File(path) as file:
        assert file["epoch"][:].tolist() == EPOCHS
        assert file["stimulus"].asstr()[:].tolist() == list("abcdef")
        expected = {
            "condition": "moco",
            "seed": 1,
            "layer": "layer2",
            "batchnorm": batchnorm,
            "recipe_digest": recipe().digest,
        }
        assert expected.items() <= dict(file.attrs).items()
        for seed in range(3):
            network = build_backbone(SETTINGS["network"]["architecture"], "imagenet")
            network.load_state_dict(weights(seed, SETTINGS["network"]["architecture"]))
            by_hooks = hooked(network, "layer2", images).reshape(6, -1)
            difference = np.abs(file["activations"][seed] - by_hooks).max()
            assert (difference < 1e-4) == (batchnorm == "running")


def test_responses_to_one_checkpoint_are_gone_before_those_to_the_next(study, monkeypatch) -> None:
    kept: list[weakref.ref[Any]] = []
    call = activations.Responses.__call__

    def called(self: Any, *arguments: Any) -> Any:
        assert not any(reference() is not None for reference in kept)
        found = call(self, *arguments)
        kept.extend(weakref.ref(each) for each in found.values())
        return found

    monkeypatch.setattr(activations.Responses, "__call__", called)
    study()
    assert len(kept) == len(EPOCHS)


DIET = {"changes": [{"change": "blur", "at": [[0, 21.0], [0.5, 14.0], [0.75, 0.0]]}]}


def fed(folder: Path, diet: dict[str, Any]) -> None:
    """Give the networks of the folder a diet."""
    settings = copy.deepcopy(SETTINGS)
    settings["training"]["diet"] = diet
    (folder / "recipe.json").write_text(json.dumps(settings))
    for seed, epoch in enumerate(EPOCHS):
        checkpoints.save_checkpoint(
            folder / "checkpoints" / checkpoints.checkpoint_name(epoch),
            weights(seed, SETTINGS["network"]["architecture"]),
            epoch=epoch,
            step=int(4 * epoch),
            seed=1,
            recipe_digest=recipe(diet=diet).digest,
        )


@pytest.mark.parametrize("batchnorm", ["running", "recalibrated"])
def test_test_images_are_shown_as_the_network_has_last_seen_the_world(
    study, tmp_path, batchnorm: str
) -> None:
    """σ 3 px at 32 px for an untrained network and, until then, at epoch 0.5; and at 1 clear."""
    fed(tmp_path, DIET)
    with h5py.File(study(diet="as_trained", batchnorm=batchnorm)) as file:
        blurry, said = file["activations"][:], file.attrs["diet"]
    with h5py.File(study(batchnorm=batchnorm)) as file:
        clear = file["activations"][:]
        assert "diet" not in file.attrs
    assert said == "as_trained"
    assert np.array_equal(blurry[2], clear[2])
    assert (np.abs(blurry - clear)[:2].max(axis=(1, 2)) > 0.1).all()
    if batchnorm == "running":
        pixels = noise_images(6, 32, seed=2) / 255
        blurred = gaussian_filter(pixels, (0, 3, 3, 0), mode="mirror", radius=(0, 31, 31, 0))
        images = normalise(torch.from_numpy(blurred).permute(0, 3, 1, 2).float())
        for seed in (0, 1):
            network = build_backbone(SETTINGS["network"]["architecture"], "imagenet")
            network.load_state_dict(weights(seed, SETTINGS["network"]["architecture"]))
            by_hooks = hooked(network, "layer2", images).reshape(6, -1)
            assert np.abs(blurry[seed] - by_hooks).max() < 1e-3


def test_what_is_drawn_for_a_test_image_is_drawn_once() -> None:
    """So that RDMs change with the schedule alone; brightness 0 and 1, with odds of a half."""
    odds = {"odds": [[0.0, 0.5], [1.0, 0.5]]}
    diet = {"changes": [{"change": "brightness", "at": [[0, odds], [3, 1.0]]}]}
    images = network_input(noise_images(40, 32), 32)
    dark = [
        shown.as_trained(images, Diet.from_mapping(diet, 8, seed), epoch).std((1, 2, 3)) < 0.5
        for seed, epoch in ((1, 0), (1, 2.5), (2, 3))
    ]
    assert 10 < dark[0].sum() < 30
    assert all(torch.equal(dark[0], other) for other in dark)
    assert shown.as_trained(images, Diet.from_mapping(diet, 8, 1), 4) is images


def test_networks_without_a_diet_are_shown_images_as_they_are(study, tmp_path) -> None:
    clear = study().read_bytes()
    assert study(diet="as_trained").read_bytes() == clear


def test_the_script_names_missing_checkpoints(study, tmp_path, caplog) -> None:
    with pytest.raises(SystemExit, match="1"):
        study(epochs=[0, 0.5, 1, 2, 3])
    assert "lacks epoch-0002.000.pt, epoch-0003.000.pt" in caplog.text
    assert not (tmp_path / "out").exists()


def test_the_script_refuses_checkpoints_of_another_seed(study, tmp_path, caplog) -> None:
    with pytest.raises(SystemExit, match="1"):
        study(seed=2)
    assert "belongs to seed 1, not 2" in caplog.text
    assert list((tmp_path / "out").iterdir()) == []
