"""The same seed gives the same trajectory file twice, byte by byte; another seed gives others.

That a seed changes initial weights, the order of images and augmentation, and each of these alone
where the others are fixed, is in test_training_exact.py.
"""

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from segment_cases import segment_in
from training_cases import make_trainer, noise_images, recipe

from trajectories.images.inputs import network_input
from trajectories.networks import checkpoints
from trajectories.networks.activations import ActivationWriter, LayerResponses
from trajectories.networks.backbone import build_backbone
from trajectories.rdms import segment_rdms, trajectory
from trajectories.stimuli import table as stimulus_table
from trajectories.training.segment import train_segment

ROWS = "".join(f"{name},{name}.png,{int(name in 'ab')}\n" for name in "abcdef")
EPOCHS = [0.0, 1.0, 2.0]
IMAGES = network_input(noise_images(6, 32, seed=3), 32)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def run(folder: Path, seed: int) -> Path:
    """Train, extract, compare and merge, as the jobs of one instance do; the trajectory file."""
    segment = segment_in(folder)
    train_segment(make_trainer(seed), segment, "moco")
    given = {"condition": "moco", "seed": seed, "recipe_digest": recipe().digest}
    segments = []
    for layer in ("layer1", "layer4"):
        network = build_backbone(recipe().architecture, recipe().stem)
        responses = LayerResponses(network, layer, torch.device("cpu"))
        path = folder / f"{layer}.h5"
        with ActivationWriter(path, EPOCHS, list("abcdef"), given | {"layer": layer}) as writer:
            for index, epoch in enumerate(EPOCHS):
                weights = checkpoints.load_checkpoint(
                    segment.checkpoints / checkpoints.checkpoint_name(epoch),
                    epoch=epoch,
                    seed=seed,
                    recipe_digest=recipe().digest,
                )
                writer.write(index, responses(weights, IMAGES))
        segment_rdms.write(folder / f"{layer}-rdms.h5", segment_rdms.from_activations(path))
        segments.append(segment_rdms.read(folder / f"{layer}-rdms.h5"))
    (folder / "table.csv").write_text(f"stimulus,file,face\n{ROWS}", encoding="utf-8")
    table = stimulus_table.read_table(folder / "table.csv")
    found = trajectory.merge(segments, table, {"condition": "moco", "seed": seed})
    trajectory.write(folder / "trajectory.h5", found)
    return folder / "trajectory.h5"


def test_the_trajectory_file_is_the_same_twice_and_another_for_another_seed(tmp_path) -> None:
    first, again, other = (
        run(tmp_path / name, seed) for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert first.read_bytes() == again.read_bytes()
    with h5py.File(first) as one, h5py.File(other) as two:
        for layer in ("layer1", "layer4"):
            ours, theirs = one[f"rdms/{layer}"][()], two[f"rdms/{layer}"][()]
            assert ours.shape == theirs.shape == (len(EPOCHS), 15)
            # The untrained networks differ already, and so do those at each later epoch.
            assert (np.abs(ours - theirs).max(axis=1) > 1e-3).all()
