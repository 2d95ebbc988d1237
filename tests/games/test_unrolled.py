"""Unrolled GANs: whose answer is foreseen, its gradient, and who is left as he was."""

from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.errors import SpecError
from sparring.game import Batch, Game
from sparring.games import GAN, Unrolled
from sparring.latents import Gaussian
from sparring.losses import Relativistic
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1, R2

SAMPLE = (1, 2, 3)

RULES = [{}, {"losses": Relativistic(), "penalties": (R1(), R2())}]


def cast(**rules: Any) -> GAN.Spec:
    small = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5), "prior": Gaussian(size=3)}
    return GAN.Spec(**{**small, **rules})


def build(spec: Game.Spec, sample: tuple[int, ...] = SAMPLE) -> Game:
    torch.manual_seed(0)
    return spec.build(sample, Condition(3))


def batch() -> Batch:
    torch.manual_seed(3)
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, None, 0, torch.Generator().manual_seed(2))


def gradients(game: Game, name: str, given: Batch) -> tuple[Tensor, list[Tensor]]:
    """Returns the sum of a team's losses on its move, and its gradients by the team's weights."""
    team = next(team for team in game.teams if team.name == name)
    with game.to_move(team):
        total = torch.stack(list(team.losses(given).values())).sum()
        total.backward()
    others = [weight for other in game.teams if other is not team for weight in other.parameters()]
    assert all(weight.grad is None for weight in others)
    return total.detach(), [weight.grad for weight in team.parameters() if weight.grad is not None]


@pytest.mark.parametrize("steps", [1, 3])
def test_on_dirac_gan_the_answer_is_known_in_closed_form(steps: int, dirac: GAN.Spec, origin: Batch) -> None:
    """L_D = ψθ takes ψ to ψ - Kηθ, so that L_G = -ψθ + Kηθ² and its gradient -ψ + 2Kηθ, at (1, -1)."""
    game = build(Unrolled.Spec(of=dirac, steps=steps, learning_rate=0.1), (1,))
    loss, (gradient,) = gradients(game, "generator", origin)
    torch.testing.assert_close(loss, torch.tensor(1 + steps * 0.1))
    torch.testing.assert_close(gradient, torch.tensor(1 + 2 * steps * 0.1))


@pytest.mark.parametrize("rules", RULES, ids=["plain", "R1 and R2"])
def test_the_gradient_through_the_steps_matches_finite_differences(rules: dict[str, Any], double: None) -> None:
    game = build(Unrolled.Spec(of=cast(**rules), steps=3, learning_rate=0.5))
    team = game.teams[1]
    _, found = gradients(game, "generator", batch())
    for weight, one in zip(team.parameters(), found, strict=True):
        place, sides = weight.data.view(-1), []
        for step in (1e-6, -1e-6):
            place[1 % len(place)] += step
            with game.to_move(team):
                sides.append(sum(team.losses(batch()).values()))
            place[1 % len(place)] -= step
        torch.testing.assert_close(one.view(-1)[1 % len(place)], (sides[0] - sides[1]) / 2e-6, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize("rules", RULES, ids=["plain", "R1 and R2"])
def test_the_loss_is_that_against_a_discriminator_that_took_those_steps(rules: dict[str, Any]) -> None:
    spec = cast(**rules, discriminator=MLP.Spec(width=5, dropout=0.5))
    plain, foreseen = build(spec), build(Unrolled.Spec(of=spec, steps=3, learning_rate=0.5))
    before = {path: tensor.clone() for path, tensor in foreseen.state_dict().items()}
    found, _ = gradients(foreseen, "generator", batch())
    assert all(torch.equal(tensor, before[path]) for path, tensor in foreseen.state_dict().items())
    optimizer = torch.optim.SGD(plain.teams[0].parameters(), 0.5)
    for _ in range(3):
        plain.zero_grad()
        gradients(plain, "discriminator", batch())
        optimizer.step()
    plain.zero_grad()
    torch.testing.assert_close(found, gradients(plain, "generator", batch())[0])


def test_the_opponent_learns_on_its_own_move_as_ever() -> None:
    plain, foreseen = build(cast()), build(Unrolled.Spec(of=cast()))
    loss, found = gradients(plain, "discriminator", batch())
    same_loss, same = gradients(foreseen, "discriminator", batch())
    assert torch.equal(loss, same_loss)
    assert all(torch.equal(one, other) for one, other in zip(found, same, strict=True))


@pytest.mark.parametrize("rules", RULES, ids=["plain", "R1 and R2"])
def test_no_steps_are_the_plain_game_bit_for_bit(rules: dict[str, Any]) -> None:
    plain, unrolled = build(cast(**rules)), build(Unrolled.Spec(of=cast(**rules), steps=0))
    for name in ("discriminator", "generator"):
        plain.zero_grad()
        unrolled.zero_grad()
        loss, found = gradients(plain, name, batch())
        same_loss, same = gradients(unrolled, name, batch())
        assert torch.equal(loss, same_loss)
        assert all(torch.equal(one, other) for one, other in zip(found, same, strict=True))


def test_a_move_is_observed_as_in_the_plain_game() -> None:
    plain, foreseen = batch(), batch()
    gradients(build(cast()), "generator", plain)
    gradients(build(Unrolled.Spec(of=cast())), "generator", foreseen)
    assert plain.observations.keys() == foreseen.observations.keys()
    assert torch.equal(plain.random.get_state(), foreseen.random.get_state())


def test_both_teams_can_foresee_each_other(dirac: GAN.Spec, origin: Batch) -> None:
    spec = Unrolled.Spec(of=dirac, steps=1, learning_rate=0.1)
    game = build(Unrolled.Spec(of=spec, steps=1, learning_rate=0.1, team="discriminator", against="generator"), (1,))
    _, (gradient,) = gradients(game, "discriminator", origin)
    # the generator foresees ψ - ηθ: its step is θ + η(ψ - 2ηθ), and L_D = ψθ there has the gradient θ(1 - 2η²) + 2ηψ
    torch.testing.assert_close(gradient, torch.tensor(1 - 0.02 - 0.2))
    game.zero_grad()
    assert gradients(game, "generator", origin)[0] == gradients(build(spec, (1,)), "generator", origin)[0]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("steps", -1, "steps: got -1"),
        ("learning_rate", 0, "learning_rate: got 0"),
        ("team", "generater", r"game.team: 'generater' is not a team of GAN; did you mean generator"),
        ("against", "critic", r"game.against: 'critic' is not a team of GAN .known: discriminator, generator"),
        ("against", "generator", r"game.against: 'generator' cannot be unrolled against itself"),
    ],
)
def test_what_cannot_be_is_refused_in_words(field: str, value: object, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        build(Unrolled.Spec.read({"of": "GAN", field: value}), (3, 8, 8))
