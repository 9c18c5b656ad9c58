"""A convolution by im2col is torch's, forward and backward, with and without bias."""

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


def drawn_bias(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.randn(count, generator=generator, dtype=torch.float64).requires_grad_()


def with_gradients(convolved: Tensor, *inputs: Tensor) -> list[Tensor]:
    weights = torch.linspace(-1, 2, convolved.numel(), dtype=torch.float64)
    loss = (convolved.double() * weights.view(convolved.shape)).sum()
    return [convolved, *torch.autograd.grad(loss, inputs)]


@pytest.fixture(params=["as it is chosen", "all by im2col", "weight gradient by im2col"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"all by im2col": (10**9, 10**9), "weight gradient by im2col": (0, 10**9)}
    if request.param in limits:
        everything, gradient = limits[request.param]
        monkeypatch.setattr(convolution, "ALL_BY_IM2COL", everything)
        monkeypatch.setattr(convolution, "WEIGHT_GRADIENT_BY_IM2COL", gradient)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("sides", [(1, 1), (2, 2), (3, 3), (4, 4), (9, 9), (1, 4), (5, 2)])
@pytest.mark.parametrize(("kernel", "stride", "padding"), SHAPES)
def test_it_is_torchs(
    sides: tuple[int, int], kernel: int, stride: int, padding: int, biased: bool
) -> None:
    if min(sides) + 2 * padding < kernel:
        pytest.skip("the kernel is larger than the padded image")
    images, weight = drawn(2, 4, *sides), drawn(6, 4, kernel, kernel)
    bias = drawn_bias(6) if biased else None
    inputs = [each for each in (images, weight, bias) if each is not None]
    ours = convolution.convolve(images, weight, bias, stride, padding)
    torchs = F.conv2d(images, weight, bias, stride, padding)
    found, truth = with_gradients(ours, *inputs), with_gradients(torchs, *inputs)
    for one, other in zip(found, truth, strict=True):
        assert one.dtype == other.dtype
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("side", [1, 2, 4, 8])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(1, 1, 0), (3, 1, 1), (3, 2, 1)])
def test_under_autocast_it_errs_by_bfloat16s_rounding(
    side: int, kernel: int, stride: int, padding: int
) -> None:
    exact = drawn(8, 32, side, side), drawn(16, 32, kernel, kernel), drawn_bias(16)
    truth = with_gradients(F.conv2d(*exact, stride, padding), *exact)
    inputs = [some.detach().float().requires_grad_() for some in exact]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        convolved = convolution.convolve(*inputs, stride, padding)
    assert convolved.dtype == torch.bfloat16
    found = with_gradients(convolved, *inputs)
    assert [some.dtype for some in found[1:]] == [torch.float32] * 3
    for one, other in zip(found, truth, strict=True):
        assert (one - other).norm() < 2**-7 * other.norm()


def test_weights_that_only_meet_padding_have_a_gradient_of_zero_and_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = []
    filters = convolution._filter_matrix
    monkeypatch.setattr(
        convolution,
        "_filter_matrix",
        lambda weight: used.append(weight.shape[2:]) or filters(weight),
    )
    for side, stride, met in ((1, 1, slice(1, 2)), (2, 2, slice(1, 3))):
        images, weight = drawn(2, 3, side, side), drawn(5, 3, 3, 3)
        convolution.convolve(images, weight, None, stride, 1).square().sum().backward()
        assert used.pop() == used.pop() == (met.stop - met.start,) * 2
        rest = weight.grad.clone()
        assert rest[:, :, met, met].abs().min() > 0
        rest[:, :, met, met] = 0
        assert not rest.any()


def test_the_result_and_its_gradients_have_channels_last() -> None:
    for side, bias in ((2, None), (4, None), (2, drawn_bias(8)), (4, drawn_bias(8))):
        images, weight = drawn(4, 8, side, side), drawn(8, 8, 3, 3)
        convolved = convolution.convolve(images, weight, bias, 1, 1)
        convolved.sum().backward()
        for some in (convolved, images.grad, weight.grad):
            assert some.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("kernel", "stride", "padding"), SHAPES)
def test_im2col_and_col2im_are_torchs_unfold_and_fold(
    kernel: int, stride: int, padding: int
) -> None:
    images = drawn(2, 3, 9, 8).detach()
    geometry = convolution.Geometry.of(
        images.shape, torch.Size((1, 3, kernel, kernel)), stride, padding
    )
    columns = convolution.im2col(images, geometry)
    settings = {"kernel_size": kernel, "stride": stride, "padding": padding}
    # torch: (n, channels · rows · columns, pixels).
    unfolded = F.unfold(images, **settings)
    ours = columns.view(2, geometry.pixels, kernel**2, 3).permute(0, 3, 2, 1)
    torch.testing.assert_close(ours.reshape(unfolded.shape), unfolded, rtol=0, atol=0)
    folded = F.fold(unfolded, (9, 8), **settings)
    found = convolution.col2im(columns, images, geometry)
    torch.testing.assert_close(found, folded, rtol=1e-12, atol=1e-12)
