"""bfloat16 is the same on every processor, and who trains in it where that is slow is told so.

The truth for products is float64, rounded once.
"""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from distributed_cases import arguments
from torch import Tensor
from torch.nn import functional
from training_cases import labels, noise_images, recipe, settings

from trajectories.images import dataset
from trajectories.networks.convolution import convolve
from trajectories.training import precision
from trajectories.training.trainer import Trainer

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
CPU = torch.device("cpu")


# Products

PRODUCTS = {
    "convolution": (lambda a, b: convolve(a, b, None, 1, 1), (8, 32, 16, 16), (16, 32, 3, 3)),
    "late convolution": (lambda a, b: convolve(a, b, None, 1, 1), (8, 32, 2, 2), (16, 32, 3, 3)),
    "torch's": (lambda a, b: functional.conv2d(a, b, padding=1), (4, 8, 9, 9), (6, 8, 3, 3)),
    "linear": (functional.linear, (16, 300), (20, 300)),
    "operator": (lambda a, b: a @ b.mT, (16, 300), (20, 300)),
    "einsum": (lambda a, b: torch.einsum("nc,kc->nk", a, b), (16, 300), (20, 300)),
    "list": (lambda a, b: torch.einsum("nc,kc->nk", [a, b]), (16, 300), (20, 300)),
    "batches": (torch.bmm, (3, 16, 30), (3, 30, 7)),
    "method": (lambda a, b: a.new_zeros(16, 20).addmm(a, b.mT), (16, 300), (20, 300)),
    "axes": (lambda a, b: torch.tensordot(a, b, ([1], [1])), (16, 300), (20, 300)),
}


def drawn(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def with_gradients(product, factors: list[Tensor], weights: Tensor) -> list[Tensor]:
    """The product of factors, and their gradients where the product's is `weights`."""
    factors = [factor.clone().requires_grad_() for factor in factors]
    result = product(*factors)
    (result.to(weights.dtype) * weights).sum().backward()
    return [result.detach(), *(factor.grad for factor in factors)]


@pytest.mark.parametrize("name", PRODUCTS)
def test_without_instructions_for_bfloat16_products_are_exact_but_for_one_rounding(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(precision, "lacks_bfloat16", lambda: True)
    product, *shapes = PRODUCTS[name]
    factors = [drawn(shape, seed) for seed, shape in enumerate(shapes)]
    weights = drawn(product(*factors).shape, seed=2).bfloat16()
    rounded = [factor.bfloat16().double() for factor in factors]
    truth = with_gradients(product, rounded, weights.double())
    with precision.arithmetic("bf16", CPU):
        found = with_gradients(product, factors, weights.float())
    assert [some.dtype for some in found] == [torch.bfloat16, torch.float32, torch.float32]
    for one, exact in zip(found, truth, strict=True):
        # Where float32's own error decides to which side to round, neighbours are as good.
        assert (one.float() == exact.bfloat16().float()).double().mean() > 0.99
        assert ((one - exact).abs() <= 2**-8 * exact.abs() + 1e-5).all()


@pytest.mark.parametrize("name", PRODUCTS)
def test_with_such_instructions_products_are_torchs(monkeypatch, name: str) -> None:
    monkeypatch.setattr(precision, "lacks_bfloat16", lambda: False)
    product, *shapes = PRODUCTS[name]
    factors = [drawn(shape, seed) for seed, shape in enumerate(shapes)]
    weights = drawn(product(*factors).shape, seed=2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        truth = with_gradients(product, factors, weights)
    with precision.arithmetic("bf16", CPU):
        found = with_gradients(product, factors, weights)
    for one, other in zip(found, truth, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.mark.parametrize("lacks", [True, False])
def test_fp32_and_what_is_exempt_from_autocast_are_left_alone(monkeypatch, lacks: bool) -> None:
    monkeypatch.setattr(precision, "lacks_bfloat16", lambda: lacks)
    left, right = drawn((5, 7), 0), drawn((7, 3), 1)
    with precision.arithmetic("fp32", CPU):
        plain = left @ right
    with precision.arithmetic("bf16", CPU), torch.autocast("cpu", enabled=False):
        exempt = left @ right
    for product in (plain, exempt):
        torch.testing.assert_close(product, left @ right, rtol=0, atol=0)


@pytest.mark.parametrize("lacks", [True, False])
def test_integers_float64_and_given_outputs_are_left_to_torch(monkeypatch, lacks: bool) -> None:
    monkeypatch.setattr(precision, "lacks_bfloat16", lambda: lacks)
    whole = torch.arange(70, 105).view(5, 7)
    exact = drawn((5, 7), 0).double()
    images, weight = drawn((2, 3, 4, 4), 1).double(), drawn((5, 3, 3, 3), 2).double()
    output = torch.empty(5, 5)
    with precision.arithmetic("bf16", CPU):
        assert ((whole @ whole.mT) == (whole.double() @ whole.double().mT)).all()
        assert (exact @ exact.mT).dtype == torch.float64
        assert convolve(images, weight, None, 1, 1).dtype == torch.float64
        torch.mm(exact.float(), exact.float().mT, out=output)
    torch.testing.assert_close(output.double(), exact @ exact.mT, rtol=1e-5, atol=1e-5)


def test_both_ways_train_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt = noise_images()
    # So slowly that a step does not multiply the difference of the steps before.
    settled = recipe(precision="bf16", probe_images=0, learning_rate=1e-4)
    losses = {}
    for lacks in (True, False):
        monkeypatch.setattr(precision, "lacks_bfloat16", lambda lacks=lacks: lacks)
        trainer = Trainer(settled, 1, learnt, None, CPU)
        list(trainer.train_epoch({}))
        losses[lacks] = trainer.history[-1]["loss"]
    assert losses[True] == pytest.approx(losses[False], rel=0.01)
    assert losses[True] != losses[False]


# The warning


def measured(monkeypatch: pytest.MonkeyPatch, bf16: float, fp32: float) -> None:
    """Let products take so many seconds."""
    seconds = {torch.bfloat16: bf16, torch.float32: fp32}
    monkeypatch.setattr(precision, "product_seconds", seconds.__getitem__)
    monkeypatch.setattr(precision, "lacks_bfloat16", lambda: False)


def test_a_slow_processor_is_told_of_with_the_ratio(monkeypatch, caplog) -> None:
    measured(monkeypatch, bf16=0.5, fp32=0.01)
    precision.warn_if_slow("bf16", CPU)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "`training.precision` is bf16" in record.message
    assert "takes 50.0 times as long" in record.message


@pytest.mark.parametrize("bf16", [0.001, 0.01, 0.011])
def test_a_processor_that_is_not_slow_is_not_told_of(monkeypatch, caplog, bf16: float) -> None:
    measured(monkeypatch, bf16=bf16, fp32=0.01)
    precision.warn_if_slow("bf16", CPU)
    assert caplog.records == []


@pytest.mark.parametrize(("name", "device"), [("fp32", "cpu"), ("bf16", "cuda")])
def test_only_bf16_on_a_processor_is_measured(monkeypatch, caplog, name, device) -> None:
    monkeypatch.setattr(precision, "product_seconds", lambda kind: pytest.fail("measured"))
    precision.warn_if_slow(name, torch.device(device))
    assert caplog.records == []


def test_a_processor_without_instructions_is_told_of(monkeypatch, caplog) -> None:
    monkeypatch.setattr(precision, "lacks_bfloat16", lambda: True)
    monkeypatch.setattr(precision, "product_seconds", lambda kind: pytest.fail("measured"))
    precision.warn_if_slow("bf16", CPU)
    [record] = caplog.records
    assert "`training.precision` is bf16, but this processor has no instructions" in record.message


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32])
def test_a_product_takes_time_and_leaves_the_threads_as_they_were(kind: torch.dtype) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert precision.product_seconds(kind) > 0
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


SLOW = """
import runpy, sys, torch
from trajectories.training import precision
from trajectories.training.trainer import Trainer
precision.lacks_bfloat16 = lambda: False
precision.product_seconds = {torch.bfloat16: 3.0, torch.float32: 1.0}.__getitem__
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_the_log_of_training_begins_with_it(tmp_path: Path) -> None:
    settled, data, log = (tmp_path / name for name in ("recipe.json", "dataset.h5", "log"))
    settled.write_text(json.dumps(settings(precision="bf16", probe_images=0)))
    dataset.write(data, noise_images(), labels(), [f"kind {n}" for n in range(9)], {})
    flags = [*arguments(tmp_path, settled, data, 0, 1), "--log", log]
    command = [sys.executable, "-c", SLOW, SCRIPTS / "train.py", *flags]
    subprocess.run(command, env={"PYTHONPATH": str(SCRIPTS)}, check=True, capture_output=True)
    first, *others = log.read_text(encoding="utf-8").splitlines()
    assert "takes 3.0 times as long in bf16 as in fp32" in first
    assert any("1 of 1 epochs" in line for line in others)
