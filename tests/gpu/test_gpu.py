"""A GPU does what a CPU does: RDMs, training steps, and training that was cut and goes on.

Skipped where torch finds no CUDA device.
"""

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from activation_cases import weights
from segment_cases import assert_same_results, segment_in
from training_cases import epochs, labels, noise_images, recipe

from trajectories.networks.activations import LayerResponses
from trajectories.networks.backbone import build_backbone, exact_arithmetic, pick_device
from trajectories.rdms.rdm import correlation_distance
from trajectories.training.segment import train_segment
from trajectories.training.trainer import Trainer

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="torch finds no CUDA device on this machine"
)

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(autouse=True)
def _as_in_a_job() -> Iterator[None]:
    """The arithmetic that the scripts choose, and the former one again afterwards."""
    cublas, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    kept = cublas.allow_tf32, cudnn.allow_tf32, cudnn.deterministic
    exact_arithmetic()
    yield
    cublas.allow_tf32, cudnn.allow_tf32, cudnn.deterministic = kept


def responses(device: torch.device, architecture: str, layer: str, size: int) -> np.ndarray:
    """Patterns (12, units) of a layer, for images with much in common."""
    rng = torch.Generator().manual_seed(0)
    images = torch.randn(1, 3, size, size, generator=rng)
    images = images + 0.3 * torch.randn(12, 3, size, size, generator=rng)
    extract = LayerResponses(build_backbone(architecture, "imagenet"), layer, device)
    return extract(weights(1, architecture), images).reshape(12, -1)


def test_the_gpu_is_picked_by_itself_or_by_the_config() -> None:
    assert pick_device("auto") == CUDA
    assert pick_device("cuda:0") == torch.device("cuda", 0)
    assert pick_device("cpu") == CPU


@pytest.mark.parametrize("layer", ["layer1", "layer4"])
@pytest.mark.parametrize(("architecture", "size"), [("resnet10_narrow", 64), ("resnet50", 224)])
def test_rdms_agree_with_those_of_the_cpu(architecture: str, size: int, layer: str) -> None:
    on_cpu, on_gpu = (
        correlation_distance(responses(device, architecture, layer, size)) for device in (CPU, CUDA)
    )
    assert on_cpu.max() - on_cpu.min() > 1e-3  # or agreement would mean little
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=0, atol=1e-4)


def test_products_are_not_rounded_to_tf32() -> None:
    """Beside float64 and relative to the largest, TF32 errs by 1e-4 or so and fp32 by 1e-6."""
    rng = torch.Generator().manual_seed(0)
    images = torch.randn(4, 64, 28, 28, generator=rng)
    kernels = torch.randn(64, 64, 3, 3, generator=rng)
    left, right = torch.randn(2, 256, 256, generator=rng)
    for operation, factors in (
        (torch.nn.functional.conv2d, (images, kernels)),
        (torch.matmul, (left, right)),
    ):
        exact = operation(*(factor.double() for factor in factors))
        found = operation(*(factor.to(CUDA) for factor in factors)).cpu()
        assert (found - exact).abs().max() < 1e-5 * exact.abs().max()


def trainer_on(device: torch.device, seed: int = 1, **changes: object) -> Trainer:
    return Trainer(recipe(**changes), seed, noise_images(), labels(), device)


def test_a_training_step_is_that_of_the_cpu_but_for_rounding() -> None:
    """After one step, because training enlarges the difference: the weights' own movement is 1."""
    start = trainer_on(CPU).backbone()
    on_cpu, on_gpu = (trainer_on(device) for device in (CPU, CUDA))
    for trainer in (on_cpu, on_gpu):
        next(trainer.train_epoch({1: 0.25}))
    ours, theirs = on_gpu.backbone(), on_cpu.backbone()
    for name, _ in on_cpu.model.query.backbone.named_parameters():
        moved = (theirs[name] - start[name]).norm()
        assert moved > 0
        assert (ours[name] - theirs[name]).norm() < 0.01 * moved, name
    for name in (n for n in start if n.endswith(("running_mean", "running_var"))):
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(on_gpu.model.queue.cpu(), on_cpu.model.queue, rtol=0, atol=1e-3)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_that_was_cut_ends_in_the_same_bits(tmp_path: Path, precision: str) -> None:
    changes = {"architecture": "resnet18", "precision": precision}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        train_segment(trainer_on(CUDA, **changes), segment_in(folder, 0, 1), "first")
    train_segment(trainer_on(CUDA, **changes), segment_in(whole, 1, 3), "second")

    segment = segment_in(cut, 1, 3)
    trainer = trainer_on(CUDA, **changes)
    trained = trainer.train_epoch

    def killed(extra: dict[int, float]) -> Iterator[float]:
        if trainer.epoch == 2:
            raise KeyboardInterrupt
        return trained(extra)

    trainer.train_epoch = killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train_segment(trainer, segment, "cut")
    train_segment(trainer_on(CUDA, **changes), segment, "resumed")
    assert_same_results(whole, cut)


def test_the_same_seed_gives_the_same_bits_twice() -> None:
    first, again, other = (epochs(trainer_on(CUDA, seed), 2).backbone() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


def test_a_state_of_the_gpu_goes_on_on_the_cpu() -> None:
    state = copy.deepcopy(epochs(trainer_on(CUDA), 1).state())
    assert {tensor.device for tensor in state["model"].values()} == {CPU}
    trainer = trainer_on(CPU)
    trainer.restore(state)
    assert epochs(trainer, 1).history[-1]["epoch"] == 2
