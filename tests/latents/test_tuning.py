"""Pivotal tuning: nearer to the image than any latent, the others kept, bit by bit."""

import torch
from torch import Tensor

from sparring.game import Game
from sparring.latents import PivotalTuning, Tuning, find_space


def squared(one: Tensor, other: Tensor) -> Tensor:
    return (one - other).square().mean((1, 2, 3))


def tuned(game: Game, steps: int, weight: float = 0.1) -> tuple[PivotalTuning, Tensor]:
    space = find_space(game, "w")
    target = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    tuning = Tuning(steps=steps, learning_rate=1e-2, locality_weight=weight)
    return PivotalTuning(game, space.draw(2, 1), target, squared, tuning), target


def test_the_tuned_generator_renders_an_image_that_had_no_latent(styled: Game) -> None:
    before = {name: value.clone() for name, value in styled.state_dict().items()}
    tuning, target = tuned(styled, 50)
    start = squared(find_space(styled, "w").render(tuning.pivots), target).mean()
    while not tuning.done:
        tuning.step()
    assert squared(find_space(tuning.game, "w").render(tuning.pivots), target).mean() < 0.6 * start
    assert all(torch.equal(value, before[name]) for name, value in styled.state_dict().items())


def test_locality_reduces_the_change_of_other_images(styled: Game) -> None:
    space = find_space(styled, "w")
    changes = []
    for weight in (0.0, 1.0):
        tuning, _ = tuned(styled, 20, weight)
        while not tuning.done:
            tuning.step()
        others = space.draw(32, 7)
        changes.append(float(squared(find_space(tuning.game, "w").render(others), space.render(others)).mean()))
    assert changes[1] < 0.8 * changes[0]


def test_a_stopped_tuning_resumes_exactly(styled: Game) -> None:
    (whole, _), (first, _), (second, _) = (tuned(styled, 6) for _ in range(3))
    for _ in range(6):
        whole.step()
    for _ in range(2):
        first.step()
    second.restore(first.state())
    for _ in range(4):
        second.step()
    for name, weight in whole.adam.variables.items():
        assert torch.equal(weight, second.adam.variables[name])


def test_a_model_without_styles_is_tuned_in_z(plain: Game) -> None:
    target = torch.zeros(2, 3, 16, 16)
    tuning = PivotalTuning(
        plain, find_space(plain, "z").draw(2, 1), target, squared, Tuning(steps=40, learning_rate=1e-2)
    )
    distances = [float(tuning.step().mean()) for _ in range(40)]
    assert distances[-1] < 0.5 * distances[0]
