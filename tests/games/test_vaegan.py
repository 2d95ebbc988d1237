"""VAE-GAN: the paper's routing of gradients, and what each player minimises."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from sparring.errors import ShapeError, SpecError
from sparring.game import Batch
from sparring.games import VAEGAN
from sparring.losses import AdversarialLoss, LeastSquares, Relativistic
from sparring.network import Condition, Network, Shape
from sparring.networks import MLP
from sparring.penalties import R1, GradientPenalty

SAMPLE = (1, 2, 3)
PLAYERS = {"encoder", "decoder", "discriminator"}


def play(**rules: object) -> VAEGAN:
    torch.manual_seed(0)
    cast = {name: MLP.Spec(width=5) for name in PLAYERS}
    game = VAEGAN.Spec(**{**cast, "size": 3, "similarity_weight": 0.25, **rules}).build(SAMPLE, Condition(3))  # type: ignore[arg-type]
    assert isinstance(game, VAEGAN)
    return game


def batch() -> Batch:
    real = torch.rand(6, *SAMPLE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(real, torch.tensor([0, 1, 2, 0, 1, 2]), 0, torch.Generator().manual_seed(2))


def draws(*shapes: tuple[int, int]) -> list[Tensor]:
    """What the batch's generator draws, in turn."""
    random = torch.Generator().manual_seed(2)
    return [torch.randn(shape, generator=random) for shape in shapes]


def reconstruct(game: VAEGAN, real: Tensor, noise: Tensor) -> Tensor:
    mean, log_variance = game.encoder(real).chunk(2, 1)
    made: Tensor = game.decoder(mean + (log_variance / 2).exp() * noise)
    return made


def similarity(game: VAEGAN, real: Tensor, made: Tensor) -> Tensor:
    seen, found = game.discriminator.features(real), game.discriminator.features(made)
    return ((seen - found) ** 2).sum(1).mean() / 2


def test_gradients_are_routed_as_in_algorithm_1() -> None:
    """Every team's gradients against those of the paper's three losses, written out and differentiated anew."""
    game, loss, gamma = play(losses=LeastSquares()), LeastSquares(), 0.25
    real = batch().real
    (noise,) = draws((6, 3))
    mean, log_variance = game.encoder(real).chunk(2, 1)
    prior = -(1 + log_variance - mean**2 - log_variance.exp()).sum(1).mean() / 2
    expected = {"encoder": prior + similarity(game, real, reconstruct(game, real, noise))}
    noise, prior_latents = draws((6, 3), (3, 3))
    made, prior_made = reconstruct(game, real, noise), game.decoder(prior_latents)
    fooling = loss.generator(game.discriminator(torch.cat((made[3:], prior_made))))
    expected["decoder"] = gamma * similarity(game, real, made) + fooling
    fake = torch.cat((made[3:], prior_made))
    expected["discriminator"] = loss.discriminator(game.discriminator(real), game.discriminator(fake))
    for team in game.teams:
        wanted = torch.autograd.grad(expected[team.name], team.parameters(), retain_graph=True)
        with game.to_move(team):
            found = torch.autograd.grad(torch.stack(list(team.losses(batch()).values())).sum(), team.parameters())
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    ("team", "losses"),
    [
        ("encoder", {"prior", "similarity"}),
        ("decoder", {"similarity", "adversarial"}),
        ("discriminator", {"adversarial"}),
    ],
)
def test_each_player_minimises_its_own_terms_alone(team: str, losses: set[str]) -> None:
    game = play()
    assert {found.name for found in game.teams} == PLAYERS
    assert next(found for found in game.teams if found.name == team).losses(batch()).keys() == losses


def test_the_discriminator_never_learns_from_the_error_that_its_features_measure() -> None:
    game = play()
    for move in (game.infer, game.decode):
        players = [team for team in game.teams if team.losses == move]
        with game.to_move(players[0]):
            move(batch())["similarity"].backward()
    assert all(weight.grad is None for weight in game.discriminator.parameters())


def test_the_encoder_never_learns_from_the_adversarial_loss() -> None:
    game = play()
    for team in game.teams[1:]:
        with game.to_move(team):
            team.losses(batch())["adversarial"].backward()
    assert all(weight.grad is None for weight in game.encoder.parameters())


def test_all_three_move_at_once() -> None:
    assert VAEGAN.Spec().turns() == [("encoder", "decoder", "discriminator")]


def test_teams_that_move_at_once_look_at_the_same_latents_and_reconstructions() -> None:
    """Each samples only what no team before it has, and gives the losses of that, without gradients to others."""
    game, loss, gamma = play(losses=LeastSquares()), LeastSquares(), 0.25
    real, (noise,), (prior_latents,) = batch().real, draws((6, 3)), draws((3, 3))
    made = reconstruct(game, real, noise)
    fake = torch.cat((made[3:], game.decoder(prior_latents)))
    expected = loss.discriminator(game.discriminator(real), game.discriminator(fake))
    decoded = {
        "similarity": gamma * similarity(game, real, made),
        "adversarial": loss.generator(game.discriminator(fake)),
    }
    shared: dict[str, Tensor] = {}
    found = {team.name: team.losses(replace(batch(), shared=shared)) for team in game.teams}
    torch.testing.assert_close(found["encoder"]["similarity"], similarity(game, real, made))
    torch.testing.assert_close(found["decoder"], decoded)
    torch.testing.assert_close(found["discriminator"], {"adversarial": expected})
    assert not any(value.requires_grad for value in shared.values())


@pytest.mark.parametrize("losses", [LeastSquares(), Relativistic()], ids=repr)
def test_what_is_judged_is_as_many_as_what_is_real(losses: AdversarialLoss) -> None:
    game, counts = play(losses=losses, penalties=(R1(), GradientPenalty())), []
    game.discriminator.register_forward_pre_hook(lambda _module, given: counts.append(len(given[0])))
    found = game.discriminate(batch())
    assert found.keys() == {"adversarial", "R1", "GradientPenalty"}
    odd = replace(batch(), real=batch().real[:5])
    assert game.decode(odd)["adversarial"].isfinite()
    assert game.discriminate(odd)["adversarial"].isfinite()


def test_a_sample_is_encoded_by_its_mean() -> None:
    game, real = play(), batch().real
    assert torch.equal(game.encode(real), game.encoder(real)[:, :3])
    assert game.draw_latents(4, torch.Generator()).shape == (4, 3)


def test_panels_show_reconstructions_and_samples_that_turn_into_the_next_class() -> None:
    game, given = play(), batch()
    with game.evaluating():
        panels = game.sample_grids(given.real, given.condition, 0)
        codes = game.encode(given.real)
    assert torch.equal(panels["reconstructions"].samples[6:], game.render(codes))
    rows = panels["attributes"].samples.unflatten(0, (3, -1))
    torch.testing.assert_close(rows[:, 0], game.render(codes[:3]))
    way = (codes[1] + codes[4]) / 2 - (codes[0] + codes[3]) / 2
    torch.testing.assert_close(rows[0, -1], game.render((codes[0] + way)[None])[0])


def test_without_two_classes_there_is_no_attribute_to_show() -> None:
    game, given = play(), batch()
    with game.evaluating():
        assert game.sample_grids(given.real, None, 0).keys() == {"reconstructions"}
        assert game.sample_grids(given.real, torch.tensor([0, -1, 0, -1, 0, 0]), 0).keys() == {"reconstructions"}


class Blind(Network):
    """A discriminator that shows no features."""

    class Spec(Network.Spec):
        """Nothing to choose."""

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(()))


def test_a_discriminator_without_features_is_refused_when_the_game_is_built() -> None:
    with pytest.raises(SpecError, match="Blind does not expose its features"):
        play(discriminator=Blind.Spec())


def test_networks_that_do_not_fit_are_named() -> None:
    with pytest.raises(ShapeError, match=r"game.decoder: DCGANDiscriminator maps images"):
        play(decoder=VAEGAN.Spec().encoder)
