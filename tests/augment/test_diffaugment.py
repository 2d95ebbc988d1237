"""DiffAugment's three transforms, each against the distribution in the paper."""

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.augment import DiffAugment
from sparring.errors import SpecError


def augment(policy: str, inputs: Tensor) -> Tensor:
    return DiffAugment(policy=(policy,))(inputs, torch.Generator().manual_seed(0), 0)  # type: ignore[arg-type]


def test_colours_are_changed_in_brightness_saturation_and_contrast_within_their_ranges() -> None:
    one = torch.rand(1, 3, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1
    outputs = augment("color", one.expand(4000, -1, -1, -1))
    brightness = outputs.mean((1, 2, 3)) - one.mean()
    gray, gray_found = (values.mean(1) - values.mean((1, 2, 3))[:, None, None] for values in (one, outputs))
    contrast = gray_found[:, 2, 2] / gray[:, 2, 2]
    colourful, colourful_found = (values - values.mean(1, keepdim=True) for values in (one, outputs))
    saturation = colourful_found[:, 0, 1, 1] / colourful[:, 0, 1, 1] / contrast
    for values, low, high in ((brightness, -0.5, 0.5), (contrast, 0.5, 1.5), (saturation, 0, 2)):
        share = ((values - low) / (high - low)).sort().values
        np.testing.assert_allclose(share.numpy(), np.linspace(0, 1, 4000), atol=0.04)
    expected = (gray_found + outputs.mean((1, 2, 3))[:, None, None])[:, None] + (contrast * saturation)[
        :, None, None, None
    ] * colourful
    torch.testing.assert_close(outputs, expected)


@pytest.mark.parametrize("channels", [2, 4])
def test_opacity_keeps_its_values(channels: int) -> None:
    inputs = torch.rand(9, channels, 4, 4) * 2 - 1
    outputs = augment("color", inputs)
    assert torch.equal(outputs[:, -1], inputs[:, -1])
    assert not torch.equal(outputs[:, 0], inputs[:, 0])


def test_channels_that_are_no_colours_are_left_alone() -> None:
    inputs = torch.rand(2, 7, 4, 4)
    assert torch.equal(augment("color", inputs), inputs)


def test_a_translation_is_by_up_to_an_eighth_of_each_side_and_zeros_come_in() -> None:
    inputs = torch.arange(1.0, 1 + 16 * 24).view(1, 1, 16, 24).repeat(3000, 2, 1, 1)
    outputs = augment("translation", inputs)
    assert torch.equal(outputs[:, 0], outputs[:, 1])
    came, padded = set(), np.pad(inputs[0, 0].numpy(), 3)
    for one in outputs[:, 0].numpy():
        down, right = (int(place) for place in np.argwhere(one == 8 * 24 + 12 + 1)[0] - (8, 12))
        came.add((down, right))
        np.testing.assert_array_equal(one, padded[3 - down : 19 - down, 3 - right : 27 - right])
    assert came == {(down, right) for down in range(-2, 3) for right in range(-3, 4)}


def test_a_rectangle_of_half_of_each_side_is_cut_out_about_any_pixel() -> None:
    outputs = augment("cutout", torch.ones(4000, 3, 8, 12))
    assert torch.equal(outputs[:, 0], outputs[:, 2])
    gone = (outputs[:, 0] == 0).float()
    assert int(gone.sum((1, 2)).max()) == 4 * 6
    assert int(gone.sum((1, 2)).min()) >= 2 * 3
    assert (gone.mean(0) > 0.05).all()


@pytest.mark.parametrize("side", [1, 2, 3, 5, 7, 10])
def test_half_of_a_side_is_rounded_to_whole_pixels(side: int) -> None:
    gone = (augment("cutout", torch.ones(500, 1, side, side)) == 0).sum((1, 2, 3))
    assert int(gone.max()) == int(side / 2 + 0.5) ** 2


def test_the_policy_is_an_order() -> None:
    inputs = torch.rand(4, 3, 8, 8) * 2 - 1
    one, other = (DiffAugment(policy=policy) for policy in (("color", "cutout"), ("cutout", "color")))  # type: ignore[arg-type]
    assert (one(inputs, torch.Generator().manual_seed(0), 0) == 0).any()
    assert not (other(inputs, torch.Generator().manual_seed(0), 0) == 0).any()


@pytest.mark.parametrize("policy", [[], ["color", "color"], ["colour"], ["cutout", "blur"]])
def test_a_policy_of_nothing_or_of_what_there_is_not_is_refused(policy: list[str]) -> None:
    with pytest.raises(SpecError, match="policy"):
        DiffAugment.read({"policy": policy})
