"""Convolutions that scale against convolution and resampling one after the other."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad

from sparring.layers.resampling import downsample, normalize_taps, upsample
from sparring.layers.scaling import BOX, DownsamplingConvolution, UpsamplingConvolution

CUBIC = (1.0, 3.0, 3.0, 1.0)


def larger(size: tuple[int, int], taps: tuple[float, ...] = BOX) -> UpsamplingConvolution:
    torch.manual_seed(0)
    layer = UpsamplingConvolution(4, 5, size, taps).double()
    nn.init.normal_(layer.bias)
    return layer


def smaller(taps: tuple[float, ...] = BOX) -> DownsamplingConvolution:
    torch.manual_seed(0)
    layer = DownsamplingConvolution(4, 5, taps).double()
    nn.init.normal_(layer.convolve.get_parameter("bias"))
    return layer


def images(height: int, width: int) -> Tensor:
    return torch.randn(2, 4, height, width, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def kernel(layer: UpsamplingConvolution) -> Tensor:
    """Returns the weights [O, I, 3, 3] of the same as an ordinary convolution; √(9 · 4) is He's constant."""
    return layer.weight.flip(2, 3).transpose(0, 1) / 6


def test_growing_with_the_box_is_repeating_pixels_and_then_convolving() -> None:
    layer, given = larger((10, 14)), images(5, 7)
    expected = conv2d(interpolate(given, scale_factor=2.0), kernel(layer), layer.bias, padding=1)
    torch.testing.assert_close(layer(given), expected)
    torch.testing.assert_close(layer(given, 1.5), 1.5 * expected)


def test_growing_with_other_taps_is_upsampling_and_then_convolving_but_for_the_border() -> None:
    layer, given = larger((10, 14), CUBIC), images(5, 7)
    grown = upsample(given, normalize_taps(CUBIC).double(), (10, 14))
    expected = conv2d(grown, kernel(layer), layer.bias, padding=1)
    torch.testing.assert_close(layer(given)[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1])


@pytest.mark.parametrize("taps", [BOX, CUBIC])
def test_a_size_that_is_no_double_is_cut_at_the_end(taps: tuple[float, ...]) -> None:
    given = images(5, 7)
    torch.testing.assert_close(larger((9, 14), taps)(given), larger((10, 14), taps)(given)[:, :, :-1])
    torch.testing.assert_close(larger((10, 13), taps)(given), larger((10, 14), taps)(given)[..., :-1])


def test_shrinking_with_the_box_is_convolving_and_then_averaging() -> None:
    layer, given = smaller(), images(6, 8)
    weight, bias = layer.convolve.weight / 6, layer.convolve.bias
    expected = avg_pool2d(conv2d(given, weight, bias, padding=1), 2)
    torch.testing.assert_close(layer(given), expected)
    torch.testing.assert_close(layer(given, 1.5), 1.5 * expected)


def test_shrinking_with_other_taps_is_convolving_and_then_downsampling_but_for_the_border() -> None:
    layer, given = smaller(CUBIC), images(8, 10)
    convolved = conv2d(given, layer.convolve.weight / 6, layer.convolve.bias, padding=1)
    expected = downsample(convolved, normalize_taps(CUBIC).double())
    torch.testing.assert_close(layer(given)[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1])


def test_the_last_row_and_column_of_an_odd_side_count_twice() -> None:
    layer, given = smaller(), images(7, 5)
    twice = pad(given, (0, 1, 0, 1), mode="replicate")
    torch.testing.assert_close(layer(given), layer(twice))
    with torch.no_grad():
        layer.convolve.weight.zero_()[:, :, 1, 1] = 6 / 4  # the mean over channels
    mean = layer(torch.ones_like(given)) - layer.convolve.get_parameter("bias")[:, None, None]
    torch.testing.assert_close(mean, torch.ones_like(mean), msg="an image of ones has a mean of one up to its border")


@pytest.mark.parametrize("layer", [larger((5, 6)), larger((5, 6), CUBIC), smaller(), smaller(CUBIC)])
def test_derivatives_of_first_and_second_order_match_finite_differences(layer: nn.Module) -> None:
    given = images(3, 3)[:1].requires_grad_()
    assert gradcheck(layer, (given,))
    assert gradgradcheck(lambda values: layer(values).square(), (given,))


def test_under_autocast_they_compute_in_half_precision() -> None:
    given = images(4, 4).float()
    for layer in (larger((8, 8)).float(), smaller(CUBIC).float()):
        expected = layer(given)
        with torch.autocast("cpu", torch.bfloat16):
            found = layer(given)
        assert found.dtype == torch.bfloat16
        assert (found - expected).norm() < 0.02 * expected.norm()
