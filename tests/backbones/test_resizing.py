"""Each resizer against the tool that it reproduces."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from sparring.backbones.resizing import resize_for_backbone
from sparring.errors import MetricError

SIZES = [(28, 28, 56), (32, 32, 45), (130, 97, 64), (150, 40, 33), (3, 5, 7), (1, 1, 4), (9, 400, 12), (24, 24, 24)]
RESIZERS = ("clean", "legacy-tensorflow", "legacy-pytorch")


def noise(*shape):
    """Pixels at random, most of them at an end of the scale: overshooting must be clipped."""
    random = torch.Generator().manual_seed(sum(shape))
    return torch.randint(-128, 384, shape, generator=random).clamp(0, 255).to(torch.uint8)


def by_pillow(plane, size):
    image = Image.fromarray(plane.numpy().astype(np.float32))
    return torch.from_numpy(np.array(image.resize((size, size), Image.Resampling.BICUBIC))).clamp(0, 255)


def by_tensorflow(plane, size):
    """TensorFlow 1's ResizeBilinear with align_corners=False, output by output; positions are float32, as there."""
    height, width = plane.shape
    down_scale, along_scale = (np.float32(count) / np.float32(size) for count in (height, width))
    resized = torch.zeros(size, size)
    for i in range(size):
        for j in range(size):
            y, x = np.float32(i) * down_scale, np.float32(j) * along_scale
            top, left = math.floor(y), math.floor(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            down, along = float(y - top), float(x - left)
            upper = float(plane[top, left]) * (1 - along) + float(plane[top, right]) * along
            lower = float(plane[bottom, left]) * (1 - along) + float(plane[bottom, right]) * along
            resized[i, j] = upper * (1 - down) + lower * down
    return resized


@pytest.mark.parametrize(("height", "width", "size"), [*SIZES, (300, 256, 224), (1000, 17, 99)])
def test_clean_is_bicubic_of_pillow_on_each_channel_clipped_and_never_rounded(height, width, size):
    images = noise(2, 3, height, width)
    expected = torch.stack([torch.stack([by_pillow(plane, size) for plane in image]) for image in images])
    torch.testing.assert_close(resize_for_backbone(images, size), expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(("height", "width", "size"), SIZES)
def test_legacy_tensorflow_is_its_definition(height, width, size):
    images = noise(1, 3, height, width)
    expected = torch.stack([by_tensorflow(plane, size) for plane in images[0]])[None]
    torch.testing.assert_close(resize_for_backbone(images, size, "legacy-tensorflow"), expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(("height", "width", "size"), SIZES)
def test_legacy_pytorch_is_interpolate(height, width, size):
    images = noise(2, 3, height, width)
    expected = functional.interpolate(images.float(), (size, size), mode="bilinear", align_corners=False)
    torch.testing.assert_close(resize_for_backbone(images, size, "legacy-pytorch"), expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    ("resizer", "expected"),
    [
        # Reads at 0, .5, 1, 1.5, the last beyond the border, where the edge goes on.
        ("legacy-tensorflow", [0.0, 50.0, 100.0, 100.0]),
        # Reads at -.25, .25, .75, 1.25.
        ("legacy-pytorch", [0.0, 25.0, 75.0, 100.0]),
        # Distances 1/4, 3/4 and 5/4 weigh .8671875, .2265625 and -.0703125, divided by the sum of those inside.
        ("clean", [0.0, 100 * 0.2265625 / 1.09375, 100 * 0.8671875 / 1.09375, 100 * 0.8671875 / 0.796875]),
    ],
)
def test_doubling_two_pixels_gives_these_numbers(resizer, expected):
    images = torch.tensor([0, 100], dtype=torch.uint8).expand(1, 1, 2, 2)
    actual = resize_for_backbone(images, 4, resizer)[0, 0]
    torch.testing.assert_close(actual, torch.tensor(expected).expand(4, 4), rtol=0, atol=1e-3)


def test_only_clean_averages_over_all_that_it_shrinks():
    checkerboard = (torch.arange(64)[:, None] + torch.arange(64)).remainder(2).mul(255).to(torch.uint8)[None, None]
    actual = {resizer: resize_for_backbone(checkerboard, 8, resizer) for resizer in RESIZERS}
    torch.testing.assert_close(actual["clean"], torch.full((1, 3, 8, 8), 127.5), rtol=0, atol=3.0)
    assert (actual["legacy-tensorflow"] == 0).all()


@pytest.mark.parametrize("resizer", RESIZERS)
def test_a_constant_stays_itself_and_everything_within_the_scale(resizer):
    constant = torch.full((1, 3, 70, 131), 200, dtype=torch.uint8)
    torch.testing.assert_close(
        resize_for_backbone(constant, 48, resizer), torch.full((1, 3, 48, 48), 200.0), rtol=0, atol=1e-3
    )
    actual = resize_for_backbone(noise(2, 3, 20, 20), 48, resizer)
    assert actual.min() >= 0
    assert actual.max() <= 255


@pytest.mark.parametrize("resizer", RESIZERS)
def test_images_of_the_right_size_keep_their_values(resizer):
    images = noise(2, 3, 150, 150)
    torch.testing.assert_close(resize_for_backbone(images, 150, resizer), images.float(), rtol=0, atol=0)


@pytest.mark.parametrize("resizer", RESIZERS)
def test_gray_becomes_three_equal_channels(resizer):
    gray = noise(2, 1, 28, 28)
    torch.testing.assert_close(
        resize_for_backbone(gray, 40, resizer), resize_for_backbone(gray.repeat(1, 3, 1, 1), 40, resizer)
    )


def test_opacity_is_laid_over_white_before_resizing():
    colour, opacity = noise(2, 3, 30, 20), noise(2, 1, 30, 20)
    composited = colour.double() * opacity / 255 + 255 - opacity.double()
    expected = torch.stack([torch.stack([by_pillow(plane, 16) for plane in image]) for image in composited])
    actual = resize_for_backbone(torch.cat((colour, opacity), 1), 16)
    torch.testing.assert_close(actual, expected, rtol=0, atol=5e-4)
    gray = resize_for_backbone(torch.cat((colour[:, :1], opacity), 1), 16)
    torch.testing.assert_close(gray, expected[:, :1].repeat(1, 3, 1, 1), rtol=0, atol=5e-4)


def test_what_is_transparent_is_white_and_what_is_opaque_is_unchanged():
    colour = noise(1, 3, 8, 8)
    clear, opaque = torch.zeros(1, 1, 8, 8, dtype=torch.uint8), torch.full((1, 1, 8, 8), 255, dtype=torch.uint8)
    assert (resize_for_backbone(torch.cat((colour, clear), 1), 8) == 255).all()
    torch.testing.assert_close(resize_for_backbone(torch.cat((colour, opaque), 1), 8), resize_for_backbone(colour, 8))


@pytest.mark.parametrize("size", [(33, 47), (700, 600)])  # all at once, and one after the other
def test_images_do_not_touch_each_other(size):
    images = noise(3, 3, *size)
    together = resize_for_backbone(images, 20)
    for index in range(3):
        torch.testing.assert_close(resize_for_backbone(images[index : index + 1], 20), together[index : index + 1])


def test_memory_is_channels_last_and_a_batch_of_none_is_welcome():
    assert resize_for_backbone(noise(2, 1, 9, 9), 12).is_contiguous(memory_format=torch.channels_last)
    assert resize_for_backbone(noise(2, 3, 200, 200), 12).is_contiguous(memory_format=torch.channels_last)
    assert resize_for_backbone(noise(2, 3, 9, 9)[:0], 12).shape == (0, 3, 12, 12)


def test_many_channels_are_refused_with_a_remedy():
    with pytest.raises(MetricError, match=r"uint8 \(2, 5, 8, 8\).*your own network"):
        resize_for_backbone(noise(2, 5, 8, 8), 16)


@pytest.mark.parametrize(
    ("images", "named"),
    [
        (torch.zeros(2, 3, 8, 8), r"float32 \(2, 3, 8, 8\)"),
        (noise(3, 8, 8), r"uint8 \(3, 8, 8\)"),
        (torch.zeros(2, 3, 0, 8, dtype=torch.uint8), r"uint8 \(2, 3, 0, 8\)"),
    ],
)
def test_what_is_not_a_batch_of_pixels_is_refused(images, named):
    with pytest.raises(MetricError, match=rf"{named}; needs uint8 \[B, C, H, W\]"):
        resize_for_backbone(images, 16)
