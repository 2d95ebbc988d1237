"""Noise of the deviation that was asked for."""

import pytest
import torch

from sparring.augment import InstanceNoise
from sparring.spec.schedule import Constant, Linear


def test_noise_has_the_deviation_of_its_schedule() -> None:
    noise = InstanceNoise(deviation=Linear(start=2, end=0, images=1000))
    given = torch.full((20_000, 2), 5.0)
    for images, deviation in ((0, 2.0), (500, 1.0), (750, 0.5)):
        found = noise(given, torch.Generator().manual_seed(images), images) - given
        assert found.std().item() == pytest.approx(deviation, rel=0.02)
        assert found.mean().item() == pytest.approx(0, abs=0.03)
    assert torch.equal(noise(given, torch.Generator(), 1000), given)


def test_every_number_gets_its_own() -> None:
    found = InstanceNoise(deviation=Constant(value=1))(torch.zeros(9, 3, 4, 4), torch.Generator().manual_seed(0), 0)
    assert found.unique().numel() == found.numel()
