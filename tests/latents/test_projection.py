"""Projection recovers a generator's own images, resumes exactly, and stays in the bounds of the prior in Z."""

import pytest
import torch
from torch import Tensor

from sparring.errors import ShapeError, SpecError
from sparring.game import Game
from sparring.latents import LatentProjection, Search, find_space
from sparring.latents.spaces import Space


def squared(one: Tensor, other: Tensor) -> Tensor:
    return (one - other).square().mean((1, 2, 3))


def run(projection: LatentProjection, steps: int | None = None) -> LatentProjection:
    while not projection.done and (steps is None or projection.adam.steps < steps):
        projection.step()
    return projection


def relative_distance(space: Space, target: Tensor, projection: LatentProjection) -> float:
    """Returns the distance of the projected images relative to that of random pairs."""
    others = space.game.draw_samples(64, seed=9)
    apart = squared(others, others.roll(1, 0)).mean()
    return float(squared(space.render(projection.latents), target).mean() / apart)


@pytest.mark.parametrize(("name", "steps", "most"), [("w+", 200, 0.05), ("z", 100, 0.25)])
def test_images_of_the_generator_are_recovered(styled: Game, name: str, steps: int, most: float) -> None:
    # Noise weighs what these pixels do, not what LPIPS does. Through a random mapping network z is hard to find.
    space = find_space(styled, name)
    target = space.render(space.draw(4, seed=1))
    search = Search(steps=steps, noise_weight=0.1)
    assert relative_distance(space, target, run(LatentProjection(space, target, squared, search))) < most


def test_images_of_a_generator_without_styles_are_recovered_in_z(plain: Game) -> None:
    space = find_space(plain, "z")
    target = space.render(space.draw(3, seed=1))
    assert relative_distance(space, target, run(LatentProjection(space, target, squared, Search(steps=150)))) < 0.05


def test_a_stopped_search_resumes_exactly(styled: Game) -> None:
    space = find_space(styled, "w+")
    target = space.render(space.draw(2, seed=1))
    search = Search(steps=12)
    whole = run(LatentProjection(space, target, squared, search))
    first = run(LatentProjection(space, target, squared, search), 5)
    second = LatentProjection(space, target, squared, search)
    second.restore(first.state())
    run(second)
    assert torch.equal(second.latents.points, whole.latents.points)
    assert all(map(torch.equal, second.latents.noise, whole.latents.noise))


def test_a_search_leaves_the_generator_unchanged(styled: Game) -> None:
    before = {name: value.clone() for name, value in styled.state_dict().items()}
    space = find_space(styled, "w")
    run(LatentProjection(space, space.render(space.draw(1, 1)), squared, Search(steps=3)))
    assert all(torch.equal(value, before[name]) for name, value in styled.state_dict().items())
    assert all(weight.grad is None for weight in styled.parameters())


def test_a_search_in_w_starts_at_the_mean_and_noise_stays_normal(styled: Game) -> None:
    space = find_space(styled, "w")
    projection = LatentProjection(space, space.render(space.draw(2, 1)), squared, Search(steps=3))
    torch.testing.assert_close(projection.latents.points[0], space.draw(10_000, 0).points.mean(0))
    run(projection)
    for noise in projection.latents.noise:
        torch.testing.assert_close(noise.square().mean((1, 2, 3)), torch.ones(2))


def test_a_search_in_z_stays_where_the_prior_draws(plain: Game) -> None:
    space = find_space(plain, "z")
    target = torch.ones(2, 3, 16, 16)
    points = run(LatentProjection(space, target, squared, Search(steps=20, learning_rate=100))).latents.points
    samples = space.draw(10_000, 0).points
    assert (points <= samples.amax(0)).all()
    assert (points >= samples.amin(0)).all()
    assert (points.norm(dim=1) <= samples.norm(dim=1).max() + 1e-4).all()


def test_a_conditional_search_in_z_takes_the_class_or_finds_it(styled_classes: Game) -> None:
    space = find_space(styled_classes, "z")
    target = space.render(space.draw(2, 1, 2))
    latents = LatentProjection(space, target, squared, Search(steps=2), condition=2).latents
    assert latents.condition is not None
    assert latents.condition.tolist() == [2, 2]
    assert LatentProjection(space, target, squared, Search(steps=2)).latents.condition is not None


def test_the_schedules_are_the_papers() -> None:
    search = Search()
    rates = [search.rate_at(step) for step in range(1000)]
    assert rates[49] == pytest.approx(0.1)
    assert rates[24] == pytest.approx(0.05)
    assert rates[749] == pytest.approx(0.1)
    assert rates[875] == pytest.approx(0.05, rel=0.01)
    assert rates[999] < 1e-5
    assert search.jitter_at(0) == 0.05
    assert search.jitter_at(375) == pytest.approx(0.05 / 4)
    assert search.jitter_at(750) == search.jitter_at(999) == 0


def test_images_of_another_shape_are_refused(styled: Game) -> None:
    with pytest.raises(ShapeError, match=r"got images \(1, 3, 8, 8\); the model makes \(3, 16, 16\)"):
        LatentProjection(find_space(styled, "w"), torch.zeros(1, 3, 8, 8), squared, Search())


@pytest.mark.parametrize("fields", [{"steps": 0}, {"rise": 1.5}, {"learning_rate": 0}, {"unknown": 1}])
def test_a_search_that_cannot_be_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(SpecError):
        Search.read(fields)
