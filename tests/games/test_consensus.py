"""Consensus optimization: the norm of all gradients, each team's share of its gradient, what it does to circles."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import sparring
from sparring.errors import SpecError
from sparring.game import Batch, Game
from sparring.games import GAN, Consensus, Unrolled
from sparring.latents import Gaussian
from sparring.losses import AdversarialLoss, NonSaturating, Relativistic, Wasserstein
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1, GradientPenalty, LeCam, WeightClipping
from sparring.recipes import Recipe
from sparring.runner.train import build_run
from sparring.theory import DiracGame, dynamics
from sparring.training.checkpoints import list_checkpoints, read_checkpoint
from sparring.training.folder import RunFolder
from sparring.training.listener import Listener, View
from sparring.training.loop import compute_gradients

SAMPLE = (1, 2, 3)
NAMES = ("discriminator", "generator")


def cast(**rules: Any) -> GAN.Spec:
    small = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5), "prior": Gaussian(size=3)}
    return GAN.Spec(**{**small, **rules})


def build(spec: Game.Spec, sample: tuple[int, ...] = SAMPLE) -> Game:
    torch.manual_seed(0)
    return spec.build(sample, Condition(3))


def batch(step: int = 0) -> Batch:
    torch.manual_seed(3)
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, None, step, torch.Generator().manual_seed(2))


def gradients(game: Game, name: str, given: Batch) -> tuple[dict[str, Tensor], list[Tensor]]:
    """Returns a team's losses on its move, and the gradients of their sum by its weights."""
    team = next(team for team in game.teams if team.name == name)
    with game.to_move(team):
        losses = team.losses(given)
        return losses, list(torch.autograd.grad(torch.stack(list(losses.values())).sum(), team.parameters()))


def follow(game: Game, origin: Batch, steps: int, learning_rate: float) -> list[list[float]]:
    """Returns where simultaneous descent leads."""
    optimizer = torch.optim.SGD(game.parameters(), learning_rate)
    places = []
    for _ in range(steps):
        found = [one for name in NAMES for one in gradients(game, name, origin)[1]]
        weights = [weight for team in game.teams for weight in team.parameters()]
        for weight, one in zip(weights, found, strict=True):
            weight.grad = one
        optimizer.step()
        psi, theta = (weight.item() for weight in weights)
        places.append([theta, psi])
    return places


@pytest.mark.parametrize("loss", [Wasserstein(), NonSaturating(), Relativistic()], ids=str)
@pytest.mark.parametrize("penalties", [(), (R1(weight=0.3),)], ids=["plain", "R1"])
def test_dirac_gan_as_networks_takes_the_path_of_the_theory(
    loss: AdversarialLoss, penalties: tuple[R1, ...], dirac: GAN.Spec, origin: Batch
) -> None:
    spec = dirac.model_copy(update={"losses": loss, "penalties": penalties})
    game = build(Consensus.Spec(of=spec, weight=0.4), (1,))
    known = dynamics.ConsensusGame(DiracGame(loss, penalties), 0.4)
    path = dynamics.trajectory(known, steps=20, generator=dynamics.descent(0.1), discriminator=dynamics.descent(0.1))
    torch.testing.assert_close(torch.tensor(follow(game, origin, 20, 0.1)), torch.tensor(path[1:]))


def test_descent_on_dirac_gan_diverges_and_in_consensus_converges(dirac: GAN.Spec, origin: Batch) -> None:
    plain = follow(build(dirac, (1,)), origin, 200, 0.1)[-1]
    agreed = follow(build(Consensus.Spec(of=dirac), (1,)), origin, 200, 0.1)[-1]
    assert torch.tensor(plain).norm() > 3
    assert torch.tensor(agreed).norm() < 1e-3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rules", [{}, {"losses": Relativistic(), "penalties": (R1(),)}], ids=["plain", "R1"])
def test_a_teams_gradient_matches_finite_differences(rules: dict[str, Any], name: str, double: None) -> None:
    game = build(Consensus.Spec(of=cast(**rules), weight=0.7))
    _, found = gradients(game, name, batch())
    team = next(team for team in game.teams if team.name == name)
    for weight, one in zip(team.parameters(), found, strict=True):
        place, sides = weight.data.view(-1), []
        for step in (1e-6, -1e-6):
            place[1 % len(place)] += step
            with game.to_move(team):
                sides.append(sum(team.losses(batch()).values()))
            place[1 % len(place)] -= step
        torch.testing.assert_close(one.view(-1)[1 % len(place)], (sides[0] - sides[1]) / 2e-6, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_norm_is_that_of_the_gradients_of_everyones_own_move(name: str) -> None:
    """On the same batch and random numbers, dropout and a penalty's points included."""
    small = {"discriminator": MLP.Spec(width=5, dropout=0.5), "generator": MLP.Spec(width=5, dropout=0.5)}
    spec = cast(**small, penalties=(GradientPenalty(weight=2.0),))
    plain, agreed = build(spec), build(Consensus.Spec(of=spec, weight=0.5))
    moves = {one: gradients(plain, one, batch()) for one in NAMES}
    expected = sum(gradient.square().sum() for _, own in moves.values() for gradient in own) / 4
    losses, _ = gradients(agreed, name, batch())
    assert losses.keys() == {*moves[name][0], "consensus"}
    assert all(torch.equal(losses[one], value) for one, value in moves[name][0].items())
    torch.testing.assert_close(losses["consensus"], expected)


def test_a_move_is_observed_once_and_remembered_once() -> None:
    spec = cast(penalties=(LeCam(),))
    plain, agreed = build(spec), build(Consensus.Spec(of=spec))
    for name in NAMES:
        given, same = batch(), batch()
        gradients(plain, name, given)
        gradients(agreed, name, same)
        assert given.observations.keys() == same.observations.keys()
        assert all(torch.equal(same.observations[one], value) for one, value in given.observations.items())
        assert torch.equal(given.random.get_state(), same.random.get_state())
        held = agreed.state_dict()
        assert all(torch.equal(held[f"of.{path}"], value) for path, value in plain.state_dict().items())


def test_a_weight_that_does_not_learn_is_no_part_of_the_norm(dirac: GAN.Spec, origin: Batch) -> None:
    class Still(GAN):
        class Spec(GAN.Spec):
            pass

        def __init__(self, spec: GAN.Spec, *rest: Any) -> None:
            super().__init__(spec, *rest)
            self.generator.requires_grad_(False)

    game = build(Consensus.Spec(of=Still.Spec(**dict(dirac)), weight=2.0), (1,))
    team = game.teams[0]
    with game.to_move(team):
        assert team.losses(origin)["consensus"] == 1.0  # (∂ψθ/∂ψ)², and nothing of θ


def test_without_weight_it_is_the_plain_game(dirac: GAN.Spec) -> None:
    game = build(Consensus.Spec(of=dirac, weight=0.0))
    assert isinstance(game, Consensus)
    assert game.teams == game.of.teams


def test_it_offers_what_the_wrapped_game_offers() -> None:
    spec = cast(
        projections=(WeightClipping(),), order=("discriminator", "discriminator", "generator"), conditional=True
    )
    plain, game = build(spec), build(Consensus.Spec(of=spec))
    assert game.spec.turns() == plain.spec.turns()
    assert game.condition == plain.condition
    assert game.count_parameters() == plain.count_parameters()
    assert [team.projections for team in game.teams] == [team.projections for team in plain.teams]
    assert torch.equal(game.draw_samples(3, 1, condition=2), plain.draw_samples(3, 1, condition=2))
    assert game.discriminator_score(torch.zeros(2, *SAMPLE)) is None
    plain, game = build(cast()), build(Consensus.Spec(of=cast()))
    assert torch.equal(
        game.discriminator_score(torch.ones(2, *SAMPLE)), plain.discriminator_score(torch.ones(2, *SAMPLE))
    )  # type: ignore[arg-type]
    assert game.capture_key(batch()) is None


def test_what_cannot_be_is_refused_in_words() -> None:
    with pytest.raises(SpecError, match=r"weight: got -1\.0"):
        Consensus.Spec.read({"of": "GAN", "weight": -1.0})
    with pytest.raises(SpecError, match="of: needs a value"):
        Consensus.Spec.read({})
    with pytest.raises(SpecError, match=r"game.of: there is a Consensus within it already"):
        build(Consensus.Spec(of=Unrolled.Spec(of=Consensus.Spec(of=cast()))))
    with pytest.raises(SpecError, match=r"^game.of.conditional: the data has no labels"):
        Consensus.Spec(of=cast(conditional=True)).build(SAMPLE)


def test_a_changed_kind_wraps_the_game_that_was_there() -> None:
    ring = sparring.recipe("ring")
    recipe = ring.override(["game.kind=Consensus", "weight=0.1", "order=[[discriminator, generator]]"])
    assert isinstance(recipe.game, Consensus.Spec)
    assert recipe.game.of == ring.game.model_copy(update={"order": (("discriminator", "generator"),)})
    assert recipe.game.weight == 0.1
    assert recipe.game.turns() == [("discriminator", "generator")]
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe
    assert recipe.override(["game.kind=GAN"]).game == GAN.Spec()


class Fuse(Listener):
    """Raises after a step, as a killed process would end there."""

    def step(self, view: View) -> None:
        if view.step == 3:
            raise InterruptedError


@pytest.mark.parametrize("kind", ["Consensus", "Unrolled"])
def test_a_shrunk_ring_trains_resumes_to_the_bit_and_freezes_who_does_not_move(
    kind: str, shrink: Callable[..., Recipe], tmp_path: Path
) -> None:
    recipe = shrink("ring", f"game.kind={kind}").override(["data={kind: Ring}"])
    model = sparring.train(recipe, tmp_path / "whole")
    assert torch.equal(model.generator(torch.ones(1, 4)), model.game.teams[1].players["generator"](torch.ones(1, 4)))
    assert sparring.load(tmp_path / "whole").sample(3).shape == (3, 2)
    with pytest.raises(InterruptedError):
        sparring.train(recipe, tmp_path / "broken", listeners=[Fuse()])
    sparring.train(recipe, tmp_path / "broken")
    whole, broken = (
        read_checkpoint(list_checkpoints(tmp_path / run / "checkpoints")[-1]) for run in ("whole", "broken")
    )
    assert not [name for name, tensor in whole.tensors.items() if not torch.equal(tensor, broken.tensors[name])]
    run = build_run(recipe, recipe.data.load(), RunFolder(tmp_path / "other"), torch.device("cpu"))
    for move in (move for turn in run.turns for move in turn):
        run.game.zero_grad()
        compute_gradients(run, move, {})
        own = {id(weight) for weight in move.optimizer.parameters}
        assert {id(weight) for weight in run.game.parameters() if weight.grad is not None} == own
