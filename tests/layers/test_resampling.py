"""FIR resampling against a float64 statement of its definition, and against published numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from sparring.errors import ShapeError
from sparring.layers.resampling import Padding, downsample, normalize_taps, upfirdn, upsample

PUBLISHED = Path(__file__).parents[1] / "fixtures" / "stylegan2" / "upfirdn2d.npz"

TAPS = normalize_taps((1, 3, 3, 1))

RATIOS = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (2, 3), (4, 2), (2, 4), (6, 4), (5, 1), (1, 5), (5, 3)]

PADDINGS: list[Padding] = [(0, 0, 0, 0), (3, 1, 0, 2), (-1, 2, 4, -2), (5, 5, 5, 5)]


def by_definition(images: Tensor, taps: Tensor, up: int, down: int, padding: Padding, gain: float) -> Tensor:
    """Insert zeros, pad or crop, convolve (the filter flipped over the image), keep every so many-th: in loops."""
    kernel = (taps[:, None] * taps if taps.dim() == 1 else taps).double().flip(0, 1) * gain
    count, channels, height, width = images.shape
    spread = torch.zeros(count, channels, height * up, width * up, dtype=torch.float64)
    spread[:, :, ::up, ::up] = images.double()
    left, right, top, bottom = padding
    grown = torch.zeros(count, channels, height * up + 50, width * up + 50, dtype=torch.float64)
    grown[:, :, 20 : 20 + height * up, 20 : 20 + width * up] = spread
    grown = grown[:, :, 20 - top : 20 + height * up + bottom, 20 - left : 20 + width * up + right]
    high, wide = kernel.shape
    rows = [
        torch.stack(
            [
                (grown[:, :, y : y + high, x : x + wide] * kernel).sum((2, 3))
                for x in range(0, grown.shape[3] - wide + 1, down)
            ],
            2,
        )
        for y in range(0, grown.shape[2] - high + 1, down)
    ]
    return torch.stack(rows, 2)


@pytest.mark.parametrize("ratio", RATIOS, ids=lambda ratio: "{}:{}".format(*ratio))
@pytest.mark.parametrize("shape", [(1,), (2,), (4,), (7,), (3, 4), (1, 2)], ids=str)
def test_it_is_the_definition_for_any_ratio_filter_and_padding(ratio: tuple[int, int], shape: tuple[int, ...]) -> None:
    random = torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, 9, 7, generator=random, dtype=torch.float64)
    taps = torch.randn(shape, generator=random, dtype=torch.float64)
    for padding in PADDINGS:
        found = upfirdn(images, taps, *ratio, padding, gain=1.7)
        torch.testing.assert_close(found, by_definition(images, taps, *ratio, padding, 1.7))


@pytest.mark.parametrize("index", range(24))
def test_it_gives_the_published_numbers(index: int) -> None:
    with np.load(PUBLISHED) as held:
        config = json.loads(bytes(held[f"{index}/config"]))
        images, taps, expected = (torch.from_numpy(held[f"{index}/{name}"]) for name in ("x", "f", "y"))
    taps = taps.flip(tuple(range(taps.dim()))) if config["flip_filter"] else taps
    padding = tuple(config["padding_left_right_top_bottom"])
    found = upfirdn(images, taps, config["up"], config["down"], padding, config["gain"])
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_height_and_width_may_have_factors_of_their_own() -> None:
    images = torch.randn(1, 2, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    tall = upfirdn(images, TAPS[:, None], up=(2, 1), padding=(0, 0, 2, 1), gain=2)
    both = upfirdn(tall, TAPS[None], down=(1, 2), padding=(1, 1, 0, 0))
    for found, expected in ((tall, (1, 2, 10, 6)), (both, (1, 2, 10, 3))):
        assert found.shape == expected
    once = upfirdn(images, TAPS, up=(2, 1), down=(1, 2), padding=(1, 1, 2, 1), gain=2)
    torch.testing.assert_close(once, both)


@pytest.mark.parametrize("ratio", [(1, 1), (2, 1), (1, 2), (3, 2), (2, 2)], ids=lambda ratio: "{}:{}".format(*ratio))
def test_gradients_of_first_and_second_order_are_right(ratio: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(0)
    images = torch.randn(1, 2, 4, 5, generator=random, dtype=torch.float64, requires_grad=True)
    taps = torch.randn(3, generator=random, dtype=torch.float64)

    def squared(given: Tensor) -> Tensor:
        return upfirdn(given, taps, *ratio, (1, 2, 0, 1)).square()

    assert gradcheck(squared, (images,))
    assert gradgradcheck(squared, (images,))


@pytest.mark.parametrize("size", [(4, 4), (7, 10), (1, 3)], ids=str)
def test_images_are_halved_rounding_up_and_doubled_to_the_size_that_is_wanted(size: tuple[int, int]) -> None:
    height, width = size
    images = torch.randn(2, 3, *size)
    assert downsample(images, TAPS).shape == (2, 3, (height + 1) // 2, (width + 1) // 2)
    whole = upsample(images, TAPS, (2 * height, 2 * width))
    assert whole.shape == (2, 3, 2 * height, 2 * width)
    cut = upsample(images, TAPS, (2 * height - 1, 2 * width))
    torch.testing.assert_close(cut, whole[:, :, :-1])


def test_brightness_stays_and_places_too() -> None:
    flat = torch.ones(1, 1, 16, 16)
    for found in (upsample(flat, TAPS, (32, 32)), downsample(flat, TAPS)):
        inner = found[:, :, 2:-2, 2:-2]
        torch.testing.assert_close(inner, torch.ones_like(inner))
    slope = torch.arange(16.0).expand(1, 1, 16, 16)
    larger, smaller = upsample(slope, TAPS, (32, 32)), downsample(slope, TAPS)
    torch.testing.assert_close(larger[0, 0, 16, 2:-2], torch.arange(2, 30) / 2 - 0.25)
    torch.testing.assert_close(smaller[0, 0, 4, 1:-1], torch.arange(1, 7) * 2 + 0.5)


def test_layout_type_and_an_empty_batch_do_not_matter() -> None:
    images = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    expected = upfirdn(images, TAPS, 2, 1, 2)
    found = upfirdn(images.contiguous(memory_format=torch.channels_last), TAPS, 2, 1, 2)
    torch.testing.assert_close(found, expected)
    half = upfirdn(images.bfloat16(), TAPS, 2, 1, 2)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), expected, rtol=0.02, atol=0.02)
    assert upfirdn(images[:0], TAPS, 2, 1, 2).shape == (0, *expected.shape[1:])


def test_what_cannot_be_is_refused() -> None:
    images = torch.ones(1, 1, 4, 4)
    for arguments in ((images, TAPS, 0), (images, TAPS, 1, 0), (images, torch.ones(1, 1, 1)), (images[0], TAPS)):
        with pytest.raises(ShapeError, match="factors of 1 and more"):
            upfirdn(*arguments)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="leaves nothing"):
        upfirdn(images, TAPS, padding=-1)
