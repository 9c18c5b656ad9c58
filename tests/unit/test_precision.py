"""Trajectories in bf16 and in fp32 agree within the spread of seeds.

Small networks learn from smooth pictures, until training has changed them well beyond what
precision does: or else the agreement would be that of their equal start.
"""

import itertools

import numpy as np
import pytest
import torch
from training_cases import recipe

from trajectories.images.inputs import network_input
from trajectories.networks.activations import LayerResponses
from trajectories.networks.backbone import build_backbone
from trajectories.rdms import rdm
from trajectories.rdms.similarity import rdm_similarity
from trajectories.training.trainer import Trainer

CPU = torch.device("cpu")
SEEDS, EPOCHS, SIDE = (1, 2, 3), 3, 32
LAYERS = ("layer1", "layer4")


def pictures(count: int, seed: int) -> np.ndarray:
    """Smooth pictures in random colours."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(0, 255, (count, 3, 4, 4)))
    fine = torch.nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic")
    return fine.clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().numpy()


def trajectory(precision: str, seed: int) -> dict[str, np.ndarray]:
    """RDMs of each layer, epoch by epoch."""
    settings = recipe(precision=precision, batch_size=16, queue=64, learning_rate=0.1)
    learnt = pictures(128, seed=0)
    trainer = Trainer(settings, seed, learnt, None, CPU)
    sample = network_input(learnt[:64], SIDE)
    shown = network_input(pictures(16, seed=1), SIDE)
    responses = {
        layer: LayerResponses(
            build_backbone(settings.architecture, settings.stem), layer, CPU, sample
        )
        for layer in LAYERS
    }
    found: dict[str, list[np.ndarray]] = {layer: [] for layer in LAYERS}
    for epoch in range(EPOCHS + 1):
        if epoch:
            list(trainer.train_epoch({}))
        for layer in LAYERS:
            patterns = responses[layer](trainer.backbone(), shown).reshape(len(shown), -1)
            found[layer].append(rdm.correlation_distance(patterns))
    return {layer: np.stack(rdms) for layer, rdms in found.items()}


@pytest.fixture(scope="module")
def trajectories() -> dict[tuple[str, int], dict[str, np.ndarray]]:
    torch.set_num_threads(1)
    every = itertools.product(("fp32", "bf16"), SEEDS)
    return {(precision, seed): trajectory(precision, seed) for precision, seed in every}


@pytest.mark.parametrize("layer", LAYERS)
def test_precision_moves_rdms_less_than_seeds_and_less_than_training(trajectories, layer) -> None:
    def difference(one: np.ndarray, other: np.ndarray) -> float:
        return 1 - rdm_similarity(one, other)

    for epoch in range(1, EPOCHS + 1):
        at = {key: each[layer][epoch] for key, each in trajectories.items()}
        between_seeds = [
            difference(at["fp32", one], at[precision, other])
            for precision in ("fp32", "bf16")
            for one, other in itertools.combinations(SEEDS, 2)
        ]
        by_training = [
            difference(at["fp32", seed], trajectories["fp32", seed][layer][0]) for seed in SEEDS
        ]
        by_precision = [difference(at["fp32", seed], at["bf16", seed]) for seed in SEEDS]
        assert max(by_precision) < min(between_seeds)
        assert max(by_precision) < min(by_training)


def test_both_start_from_the_same_weights(trajectories) -> None:
    for seed, layer in itertools.product(SEEDS, LAYERS):
        one, other = (trajectories[precision, seed][layer] for precision in ("fp32", "bf16"))
        np.testing.assert_array_equal(one[0], other[0])
        assert (one[1:] != other[1:]).any()
