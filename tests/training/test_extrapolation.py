"""Optimism and extragradient are the papers' algorithms, written out here line by line."""

import re
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sparring.errors import SpecError
from sparring.training.checkpointer import Checkpointer
from sparring.training.loop import play, play_step
from sparring.training.optimizers import SGD, Adam, Extragradient, OptimisticAdam, OptimisticSGD, Optimizer
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Checkpointer]]

AT_ONCE_TWICE = "order=[[discriminator, generator], [discriminator, generator]]"
EXTRAGRADIENT = "optimizers={generator: Extragradient, discriminator: {kind: Extragradient, of: SGD}}"
BETAS, EPSILON, RATE = (0.5, 0.9), 1e-8, 0.01

ADAM = {"learning_rate": RATE, "betas": BETAS, "epsilon": EPSILON}


def slope(place: Tensor) -> Tensor:
    """The gradient of a bowl that is not round."""
    return place * torch.tensor([1.0, 3.0, -2.0], dtype=torch.float64) + place**3


def follow(optimizer: Optimizer, moves: int) -> list[Tensor]:
    """Where a weight stands before and after each of `moves` steps along `slope`."""
    weight = nn.Parameter(torch.tensor([1.0, -0.5, 0.3], dtype=torch.float64))
    built = optimizer.build([weight])
    places = [weight.detach().clone()]
    for _ in range(moves):
        weight.grad = slope(weight.detach())
        built.step()
        places.append(weight.detach().clone())
    return places


class Moments:
    """Adam's, with their bias corrected."""

    def __init__(self) -> None:
        self.count, self.first, self.second = 0, 0.0, 0.0

    def direction(self, gradient: Tensor) -> Any:
        self.count += 1
        self.first = BETAS[0] * self.first + (1 - BETAS[0]) * gradient  # type: ignore[assignment]
        self.second = BETAS[1] * self.second + (1 - BETAS[1]) * gradient**2  # type: ignore[assignment]
        first, second = self.first / (1 - BETAS[0] ** self.count), self.second / (1 - BETAS[1] ** self.count)
        return first / (second**0.5 + EPSILON)  # type: ignore[operator]


@pytest.mark.parametrize("fused", [True, False])
def test_optimistic_adam_is_algorithm_1_of_daskalakis_et_al_2018(fused: bool) -> None:
    places = follow(OptimisticAdam(**ADAM, fused=fused), 30)  # type: ignore[arg-type]
    moments, place, last = Moments(), places[0], torch.zeros(3, dtype=torch.float64)
    for other in places[1:]:
        direction = moments.direction(slope(place))
        place, last = place - 2 * RATE * direction + RATE * last, direction
        torch.testing.assert_close(other, place, rtol=1e-12, atol=1e-14)


def test_optimistic_descent_takes_twice_this_gradient_less_the_last_one() -> None:
    places = follow(OptimisticSGD(learning_rate=RATE), 30)
    torch.testing.assert_close(places[1], places[0] - 2 * RATE * slope(places[0]))
    for (before, here), after in zip(pairwise(places), places[2:], strict=False):
        torch.testing.assert_close(after, here - 2 * RATE * slope(here) + RATE * slope(before), rtol=1e-12, atol=1e-14)


def test_extragradient_descent_steps_along_the_gradient_found_ahead() -> None:
    places = follow(Extragradient(of=SGD(learning_rate=RATE)), 40)
    for start, ahead, end in zip(places[::2], places[1::2], places[2::2], strict=False):
        torch.testing.assert_close(ahead, start - RATE * slope(start), rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(end, start - RATE * slope(ahead), rtol=1e-12, atol=1e-14)


def test_extra_adam_is_algorithm_4_of_gidel_et_al_2019() -> None:
    places, moments = follow(Extragradient(of=Adam(**ADAM)), 40), Moments()  # type: ignore[arg-type]
    place = places[0]
    for ahead, end in zip(places[1::2], places[2::2], strict=True):
        extrapolated = place - RATE * moments.direction(slope(place))
        torch.testing.assert_close(ahead, extrapolated, rtol=1e-12, atol=1e-14)
        place = place - RATE * moments.direction(slope(extrapolated))
        torch.testing.assert_close(end, place, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("optimizer", [OptimisticAdam(), OptimisticSGD(), Extragradient()], ids=repr)
def test_weights_without_gradients_stay(optimizer: Optimizer) -> None:
    moving, resting = (nn.Parameter(torch.ones(2)) for _ in range(2))
    built = optimizer.build([moving, resting])
    for turn in range(6):
        moving.grad = torch.ones(2)
        resting.grad = torch.ones(2) if turn > 3 else None
        built.step()
        assert torch.equal(resting.detach(), torch.ones(2)) is (turn < 4)
        assert not torch.equal(moving.detach(), torch.ones(2))
    built.zero_grad()
    built.step()


@pytest.mark.parametrize("optimizer", [OptimisticAdam(), OptimisticSGD(), Extragradient()], ids=repr)
def test_torch_s_own_state_dict_goes_on_bit_for_bit(optimizer: Optimizer) -> None:
    one, two = (nn.Parameter(torch.ones(2)) for _ in range(2))
    first, second = optimizer.build([one]), optimizer.build([two])
    for turn in range(6):
        if turn == 3:
            two.data.copy_(one.data)
            second.load_state_dict(deepcopy(first.state_dict()))
        for built, weight in ((first, one), (second, two)):
            weight.grad = torch.full((2,), turn + 1.0)
            built.step()
    assert torch.equal(one, two)


@pytest.mark.parametrize("optimizer", [OptimisticAdam(), OptimisticSGD(), Extragradient()], ids=repr)
def test_a_learning_rate_that_is_changed_later_counts(optimizer: Optimizer) -> None:
    weight = nn.Parameter(torch.ones(2))
    built = optimizer.build([weight])
    built.param_groups[0]["lr"] = 0.0
    weight.grad = torch.ones(2)
    built.step()
    assert torch.equal(weight.detach(), torch.ones(2))


def test_an_extragradient_of_an_extragradient_is_refused() -> None:
    with pytest.raises(SpecError, match="of: Extragradient looks ahead itself; needs an optimizer that steps on every"):
        Extragradient.read({"of": {"kind": "Extragradient"}})


@pytest.mark.parametrize(
    ("order", "count"),
    [("[discriminator, generator]", 1), ("[discriminator, discriminator, [discriminator, generator], generator]", 3)],
)
def test_a_team_with_an_odd_number_of_moves_is_refused_with_an_order_that_works(
    prepare: Prepare, order: str, count: int
) -> None:
    message = re.escape(
        "training.optimizers.discriminator: Extragradient needs a multiple of 2 moves a step, but game.order gives the "
        f"team {count}; let all teams move at once, 2 times a step: '{AT_ONCE_TWICE}'"
    )
    with pytest.raises(SpecError, match=message):
        prepare("gan", EXTRAGRADIENT, f"order={order}")


def test_in_a_run_both_look_ahead_and_both_return(prepare: Prepare) -> None:
    run, _ = prepare("gan", AT_ONCE_TWICE, EXTRAGRADIENT, "generator.dropout=0", steps=1)
    starts = {
        name: [weight.detach().clone() for weight in optimizer.parameters] for name, optimizer in run.optimizers.items()
    }
    points: dict[str, list[list[Tensor]]] = {name: [] for name in run.optimizers}
    for name, optimizer in run.optimizers.items():

        def note(_optimizer: object, _args: object, _settings: object, name: str = name) -> None:
            points[name].append([weight.detach().clone() for weight in run.optimizers[name].parameters])

        optimizer.optimizer.register_step_pre_hook(note)
        optimizer.optimizer.register_step_post_hook(note)
    play_step(run)
    for name, (before, ahead, still_ahead, end) in points.items():
        assert all(map(torch.equal, before, starts[name]))
        assert all(map(torch.equal, ahead, still_ahead))
        assert not all(map(torch.equal, ahead, before))
        assert not all(map(torch.equal, end, before))
    assert not [name for optimizer in run.optimizers.values() for name, _ in optimizer.state() if "remembered" in name]


@pytest.mark.parametrize(
    "optimizers",
    [EXTRAGRADIENT, "optimizers={generator: OptimisticAdam, discriminator: OptimisticSGD}"],
    ids=["extragradient", "optimism"],
)
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(prepare: Prepare, optimizers: str) -> None:
    changes = ("gan", AT_ONCE_TWICE, optimizers, "clip_gradient=1")
    whole, checkpointer = prepare(*changes, folder="whole", steps=8)
    play(whole, checkpointer)
    half, checkpointer = prepare(*changes, folder="parts", steps=4)
    play(half, checkpointer)
    again, checkpointer = prepare(*changes, folder="parts", steps=8)
    assert checkpointer.resume()
    play(again, checkpointer)
    assert (half.step, again.step, whole.step) == (2, 4, 4)
    ours, theirs = again.game.state_dict(), whole.game.state_dict()
    assert all(torch.equal(ours[name], value) for name, value in theirs.items())
    for name, optimizer in whole.optimizers.items():
        restored = dict(again.optimizers[name].state())
        assert all(torch.equal(restored[path], value) for path, value in optimizer.state())


def test_the_state_of_another_inner_optimizer_is_not_read(prepare: Prepare) -> None:
    run, checkpointer = prepare(
        "gan", AT_ONCE_TWICE, "optimizers={generator: OptimisticSGD, discriminator: SGD}", steps=4
    )
    play(run, checkpointer)
    again, reader = prepare("gan", AT_ONCE_TWICE, EXTRAGRADIENT.replace("SGD", "Adam"), steps=8)
    assert reader.resume()
    play(again, reader)
    assert again.step == 4


def test_weights_are_clipped_ahead_and_after(prepare: Prepare) -> None:
    run, _ = prepare("gan", "projections=[{kind: WeightClipping, limit: 0.05}]", AT_ONCE_TWICE, EXTRAGRADIENT, steps=1)
    optimizer = run.optimizers["discriminator"]
    largest = []

    def note(*_: object) -> None:
        largest.append(max(weight.abs().max().item() for weight in optimizer.parameters))

    optimizer.optimizer.register_step_pre_hook(note)
    play_step(run)
    note()
    assert largest[0] > 0.05
    assert largest[1:] == pytest.approx([0.05, 0.05])


def test_an_extragradient_step_shrinks_the_bilinear_game_by_the_closed_form() -> None:
    """That of min over θ, max over ψ of θψ is [[1 - h², -h], [h, 1 - h²]], a rotation times √((1 - h²)² + h²)."""
    theta, psi = (nn.Parameter(torch.tensor([value], dtype=torch.float64)) for value in (0.6, -0.8))
    rate = 0.3
    optimizers = [Extragradient(of=SGD(learning_rate=rate)).build([weight]) for weight in (theta, psi)]
    for _ in range(2):
        theta.grad, psi.grad = psi.detach().clone(), -theta.detach().clone()
        for one in optimizers:
            one.step()
    shrunk = sqrt((1 - rate**2) ** 2 + rate**2)
    assert torch.hypot(theta, psi).item() == pytest.approx(shrunk, rel=1e-14)
