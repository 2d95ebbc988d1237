"""The arc between two latents."""

import torch

from sparring.tensors.slerp import slerp


def test_slerp_is_shoemakes_formula_between_unit_vectors() -> None:
    random = torch.Generator().manual_seed(0)
    one, other = torch.nn.functional.normalize(torch.randn(2, 6, 5, generator=random, dtype=torch.float64), dim=2)
    time = torch.rand(6, 1, generator=random, dtype=torch.float64)
    angle = torch.acos((one * other).sum(1, keepdim=True))
    expected = (torch.sin((1 - time) * angle) * one + torch.sin(time * angle) * other) / torch.sin(angle)
    torch.testing.assert_close(slerp(one, other, time), expected)


def test_slerp_meets_its_ends_and_keeps_the_length_of_gaussian_latents() -> None:
    one, other = torch.randn(2, 8, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(slerp(one, other, torch.zeros(8, 1).double()), one)
    torch.testing.assert_close(slerp(one, other, torch.ones(8, 1).double()), other)
    middle = slerp(one, other, torch.full((8, 1), 0.5).double()).norm(dim=1)
    torch.testing.assert_close(middle, (one.norm(dim=1) + other.norm(dim=1)) / 2)


def test_slerp_between_equal_latents_stays_there() -> None:
    latents = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(slerp(latents, latents, torch.full((3, 1), 0.3).double()), latents)
