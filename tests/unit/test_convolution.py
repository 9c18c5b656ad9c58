"""A convolution made as a matrix product is torch's, forward and backward, by either way."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from trajectories.networks import convolution

SHAPES = [
    (1, 1, 0),
    (1, 2, 0),
    (2, 1, 0),
    (2, 2, 1),
    (3, 1, 1),
    (3, 2, 1),
    (3, 3, 2),
    (5, 3, 2),
    (7, 2, 3),
]


def drawn(*shape: int, kind: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    values = torch.randn(*shape, generator=generator, dtype=torch.float64).to(kind)
    return values.contiguous(memory_format=torch.channels_last).requires_grad_()


def with_gradients(convolved: Tensor, *inputs: Tensor) -> list[Tensor]:
    weights = torch.linspace(-1, 2, convolved.numel(), dtype=torch.float64)
    loss = (convolved.double() * weights.view(convolved.shape)).sum()
    return [convolved, *torch.autograd.grad(loss, inputs)]


@pytest.fixture(params=["as it is chosen", "all by product", "weights by product"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"all by product": (10**9, 10**9), "weights by product": (0, 10**9)}
    if request.param in limits:
        everything, weights = limits[request.param]
        monkeypatch.setattr(convolution, "ALL_BY_PRODUCT", everything)
        monkeypatch.setattr(convolution, "WEIGHTS_BY_PRODUCT", weights)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("sides", [(1, 1), (2, 2), (3, 3), (4, 4), (9, 9), (1, 4), (5, 2)])
@pytest.mark.parametrize(("kernel", "stride", "padding"), SHAPES)
def test_it_is_torchs(sides: tuple[int, int], kernel: int, stride: int, padding: int) -> None:
    if min(sides) + 2 * padding < kernel:
        pytest.skip("the kernel is larger than the padded image")
    images, weight = drawn(2, 4, *sides), drawn(6, 4, kernel, kernel)
    found = with_gradients(convolution.convolve(images, weight, stride, padding), images, weight)
    truth = with_gradients(F.conv2d(images, weight, None, stride, padding), images, weight)
    for one, other in zip(found, truth, strict=True):
        assert one.dtype == other.dtype
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("side", [1, 2, 4, 8])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(1, 1, 0), (3, 1, 1), (3, 2, 1)])
def test_under_autocast_it_errs_by_bfloat16s_rounding(
    side: int, kernel: int, stride: int, padding: int
) -> None:
    images, weight = drawn(8, 32, side, side), drawn(16, 32, kernel, kernel)
    truth = with_gradients(F.conv2d(images, weight, None, stride, padding), images, weight)
    inputs = [some.detach().float().requires_grad_() for some in (images, weight)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        convolved = convolution.convolve(*inputs, stride, padding)
    assert convolved.dtype == torch.bfloat16
    found = with_gradients(convolved, *inputs)
    assert [some.dtype for some in found[1:]] == [torch.float32] * 2
    for one, other in zip(found, truth, strict=True):
        assert (one - other).norm() < 2**-7 * other.norm()


def test_weights_that_only_meet_padding_have_a_gradient_of_zero_and_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = []
    filters = convolution._filters
    monkeypatch.setattr(
        convolution, "_filters", lambda weight: used.append(weight.shape[2:]) or filters(weight)
    )
    for side, stride, met in ((1, 1, slice(1, 2)), (2, 2, slice(1, 3))):
        images, weight = drawn(2, 3, side, side), drawn(5, 3, 3, 3)
        convolution.convolve(images, weight, stride, 1).square().sum().backward()
        assert used.pop() == used.pop() == (met.stop - met.start,) * 2
        rest = weight.grad.clone()
        assert rest[:, :, met, met].abs().min() > 0
        rest[:, :, met, met] = 0
        assert not rest.any()


def test_the_result_and_its_gradients_have_channels_last() -> None:
    for side in (2, 4):
        images, weight = drawn(4, 8, side, side), drawn(8, 8, 3, 3)
        convolved = convolution.convolve(images, weight, 1, 1)
        convolved.sum().backward()
        for some in (convolved, images.grad, weight.grad):
            assert some.is_contiguous(memory_format=torch.channels_last)
