"""Noise follows the schedule of its deviation."""

import pytest
import torch

from sparring.augment import InstanceNoise
from sparring.spec.schedule import Constant, Linear


def test_noise_has_the_deviation_of_its_schedule() -> None:
    noise = InstanceNoise(deviation=Linear(start=2, end=0, images=1000))
    inputs = torch.full((20_000, 2), 5.0)
    for images, deviation in ((0, 2.0), (500, 1.0), (750, 0.5)):
        outputs = noise(inputs, torch.Generator().manual_seed(images), images) - inputs
        assert outputs.std().item() == pytest.approx(deviation, rel=0.02)
        assert outputs.mean().item() == pytest.approx(0, abs=0.03)
    assert torch.equal(noise(inputs, torch.Generator(), 1000), inputs)


def test_every_number_gets_its_own() -> None:
    outputs = InstanceNoise(deviation=Constant(value=1))(torch.zeros(9, 3, 4, 4), torch.Generator().manual_seed(0), 0)
    assert outputs.unique().numel() == outputs.numel()
