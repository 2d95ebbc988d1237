"""Priors with a pattern in the plane: where their modes lie."""

from itertools import pairwise
from math import pi

import pytest
import torch

from sparring.errors import SpecError
from sparring.latents import Gaussian, GaussianMixture, SwissRoll
from sparring.latents.planar import Planar

COUNT = 4000

every_planar = pytest.mark.parametrize("prior", [GaussianMixture(), SwissRoll()], ids=repr)


def sample(prior: Planar, mode: int) -> torch.Tensor:
    return prior.draw_modes(torch.full((COUNT,), mode), torch.Generator().manual_seed(mode))


@pytest.mark.parametrize("mode", [0, 3, 9])
def test_a_mode_of_the_mixture_is_a_gaussian_in_its_direction(mode: int) -> None:
    prior = GaussianMixture(radius=2.0, length=0.5, breadth=0.1)
    angle = torch.tensor(2 * pi * mode / 10)
    out, aside = torch.stack((angle.cos(), angle.sin())), torch.stack((-angle.sin(), angle.cos()))
    points = sample(prior, mode)
    torch.testing.assert_close(points.mean(0), 2 * out, atol=0.03, rtol=0)
    torch.testing.assert_close((points @ out).std(), torch.tensor(0.5), atol=0.03, rtol=0)
    torch.testing.assert_close((points @ aside).std(), torch.tensor(0.1), atol=0.01, rtol=0)


def test_the_spiral_is_where_its_formula_says() -> None:
    prior = SwissRoll(turns=1.5, radius=3.0, deviation=0.0)
    points = prior.draw(COUNT, torch.Generator().manual_seed(0))
    reach = points.norm(dim=1) / 3
    assert reach.max() <= 1 + 1e-6
    angle = 2 * pi * 1.5 * reach
    torch.testing.assert_close(points, 3 * reach[:, None] * torch.stack((angle.cos(), angle.sin()), 1))


def test_pieces_of_the_spiral_follow_one_another_and_are_about_equally_long() -> None:
    prior = SwissRoll(deviation=0.0)
    lengths = [sample(prior, mode).norm(dim=1) / prior.radius for mode in range(prior.modes)]
    for inner, outer in pairwise(lengths):
        assert inner.max() <= outer.min()
    lengths = []
    for mode in range(1, prior.modes):  # near the origin the length is that of the radius too
        points = sample(prior, mode)
        along = points[points.norm(dim=1).argsort()]
        lengths.append(float((along[1:] - along[:-1]).norm(dim=1).sum()))
    assert max(lengths) < 1.1 * min(lengths)


@every_planar
def test_all_modes_are_equally_likely_and_make_up_the_prior(prior: Planar) -> None:
    random = torch.Generator().manual_seed(0)
    whole = prior.draw(COUNT, random)
    parts = prior.draw_modes(torch.arange(COUNT) % prior.modes, random)
    torch.testing.assert_close(whole.mean(0), parts.mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(torch.cov(whole.T), torch.cov(parts.T), atol=0.1, rtol=0)
    torch.testing.assert_close(whole.var(0), torch.ones(2), atol=0.15, rtol=0)


@every_planar
def test_numbers_beyond_the_plane_are_standard_normals(prior: Planar) -> None:
    wide = type(prior)(size=5).draw(COUNT, torch.Generator().manual_seed(0))
    torch.testing.assert_close(torch.cov(wide.T)[2:, 2:], torch.eye(3), atol=0.1, rtol=0)


@every_planar
def test_one_dimension_is_no_plane(prior: Planar) -> None:
    with pytest.raises(SpecError, match="size: got 1"):
        type(prior).read({"size": 1})


def test_a_prior_says_whether_it_has_a_mode_for_every_class() -> None:
    GaussianMixture(modes=3).check_modes(3)
    with pytest.raises(SpecError, match=r"GaussianMixture has 3 modes for 4 classes; set prior.modes=4"):
        GaussianMixture(modes=3).check_modes(4)
    with pytest.raises(SpecError, match=r"Gaussian has no modes for 2 classes; choose GaussianMixture or SwissRoll"):
        Gaussian().check_modes(2)
