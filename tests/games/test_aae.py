"""The adversarial autoencoder: who minimises what, what the discriminator sees, and which mode is whose."""

import pytest
import torch
from torch import Tensor

from sparring.errors import ShapeError, SpecError
from sparring.game import Batch
from sparring.games import AAE
from sparring.latents import Gaussian, GaussianMixture, SwissRoll
from sparring.losses import AdversarialLoss, Hinge, LeastSquares, Relativistic
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1, GradientPenalty

SAMPLE = (1, 2, 3)


def play(**rules: object) -> AAE:
    torch.manual_seed(0)
    cast = {name: MLP.Spec(width=5) for name in ("encoder", "decoder", "discriminator")}
    game = AAE.Spec(**{**cast, "prior": Gaussian(size=3), **rules}).build(SAMPLE, Condition(3))  # type: ignore[arg-type]
    assert isinstance(game, AAE)
    return game


def batch() -> Batch:
    real = torch.rand(6, *SAMPLE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(real, torch.tensor([0, 1, 2, 0, 1, 2]), 0, torch.Generator().manual_seed(2))


def priors(game: AAE) -> Tensor:
    return game.spec.prior.draw(6, torch.Generator().manual_seed(2))


@pytest.mark.parametrize("losses", [LeastSquares(), Relativistic()], ids=repr)
def test_draws_of_the_prior_are_the_real_samples_and_codes_the_generated_ones(losses: AdversarialLoss) -> None:
    game, given = play(losses=losses), batch()
    real, fake = game.discriminator(priors(game)), game.discriminator(game.encoder(given.real))
    torch.testing.assert_close(game.discriminate(batch())["adversarial"], losses.discriminator(real, fake))
    torch.testing.assert_close(game.reconstruct(batch())["adversarial"], losses.generator(fake, real))


def test_reconstruction_is_the_mean_squared_error_and_weighs_what_it_should() -> None:
    game, given = play(reconstruction_weight=7.0), batch()
    error = (game.decoder(game.encoder(given.real)) - given.real).square().mean()
    torch.testing.assert_close(game.reconstruct(batch())["reconstruction"], 7 * error)


def test_the_decoder_learns_from_reconstructions_alone_and_the_encoder_from_both() -> None:
    game = play()
    for term, touched in (("adversarial", {"encoder"}), ("reconstruction", {"encoder", "decoder"})):
        game.zero_grad()
        with game.to_move(game.teams[1]):
            game.reconstruct(batch())[term].backward()
        moved = {path.partition(".")[0] for path, weight in game.named_parameters() if weight.grad is not None}
        assert moved == touched


def test_penalties_are_computed_on_codes() -> None:
    game, given = play(penalties=(R1(), GradientPenalty())), batch()
    latents = priors(game).requires_grad_(True)
    (gradient,) = torch.autograd.grad(game.discriminator(latents).sum(), latents)
    found = game.discriminate(given)
    assert found.keys() == {"adversarial", "R1", "GradientPenalty"}
    torch.testing.assert_close(found["R1"], gradient.square().sum(1).mean() / 2)


def test_a_sample_is_the_decoding_of_a_draw_of_the_prior() -> None:
    game = play()
    assert torch.equal(game.draw(6, torch.Generator().manual_seed(2)), game.decoder(priors(game)))
    assert torch.equal(game.encode(batch().real), game.encoder(batch().real))


def test_the_informed_discriminator_meets_every_class_in_its_own_mode() -> None:
    prior = GaussianMixture(modes=3, length=0.01, breadth=0.01)
    game, seen = play(prior=prior, informed=True, losses=Hinge()), []
    game.discriminator.register_forward_pre_hook(lambda _module, given: seen.append(given))
    game.discriminate(batch())
    (points, labels) = seen[0]
    given = batch().condition
    assert given is not None
    assert torch.equal(labels, torch.cat((given, given)))
    angles = torch.atan2(points[:6, 1], points[:6, 0]) * 3 / (2 * torch.pi)
    assert torch.equal(angles.round().long() % 3, given)
    assert torch.equal(game.reconstruct(batch())["adversarial"], Hinge().generator(game.discriminator(
        game.encoder(batch().real), given)))  # fmt: skip


def test_a_sample_whose_class_is_unknown_may_lie_anywhere_in_the_prior() -> None:
    prior, random = GaussianMixture(modes=3, length=0.01, breadth=0.01), torch.Generator().manual_seed(2)
    cast = {name: MLP.Spec(width=5) for name in ("encoder", "decoder", "discriminator")}
    game = AAE.Spec(**cast, prior=prior, informed=True).build(SAMPLE, Condition(3, partly=True))
    assert isinstance(game, AAE)
    seen: list[tuple[Tensor, Tensor]] = []
    game.discriminator.register_forward_pre_hook(lambda _module, given: seen.append(given))
    real = torch.rand(300, *SAMPLE, generator=random)
    game.discriminate(Batch(real, torch.tensor([1, -1, -1]).repeat(100), 0, random))
    points, labels = seen[0]
    modes = (torch.atan2(points[:300, 1], points[:300, 0]) * 3 / (2 * torch.pi)).round().long() % 3
    assert labels[:3].tolist() == [1, 3, 3]
    assert set(modes[::3].tolist()) == {1}
    assert torch.bincount(modes[labels[:300] == 3], minlength=3).min() > 40
    with game.evaluating():
        groups = game.scatter_plots(real[:3], torch.tensor([1, -1, -1]), 0)["codes"].groups
    assert groups[-3:].tolist() == [1, 3, 3]


def test_there_is_nothing_between_the_modes_of_two_classes() -> None:
    cast = {name: MLP.Spec(width=4) for name in ("encoder", "decoder", "discriminator")}
    prior = GaussianMixture(modes=3)
    game = AAE.Spec(**cast, prior=prior, informed=True).build(SAMPLE, Condition(3))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="the mode of one class, there is nothing between"):
        game.draw_samples(2, 0, [0.5, 0.5, 0])


def test_a_class_of_the_informed_game_is_drawn_from_its_mode() -> None:
    game, seen = play(prior=SwissRoll(modes=3, deviation=0.0), informed=True), []
    game.decoder.register_forward_pre_hook(lambda _module, given: seen.append(given[0]))
    game.draw_samples(5, seed=0, condition=2)
    game.draw_samples(400, seed=0)
    assert (seen[0].norm(dim=1) / 2).square().min() >= 2 / 3
    pieces = ((torch.cat(seen[1:]).norm(dim=1) / 2).square() * 3).long().clamp(max=2)
    assert torch.bincount(pieces, minlength=3).min() > 100


def test_an_informed_game_needs_labels_and_a_mode_for_each_class() -> None:
    with pytest.raises(SpecError, match=r"game.informed: the data has no labels"):
        AAE.Spec(informed=True, prior=GaussianMixture()).build((1, 8, 8), Condition(0))
    with pytest.raises(SpecError, match=r"Gaussian has no modes for 3 classes"):
        play(informed=True)
    with pytest.raises(SpecError, match=r"GaussianMixture has 2 modes for 3 classes; set prior.modes=3"):
        play(informed=True, prior=GaussianMixture(modes=2))


def test_networks_that_cannot_map_codes_are_named() -> None:
    with pytest.raises(ShapeError, match=r"game.discriminator: DCGANDiscriminator maps images"):
        play(discriminator=AAE.Spec().encoder)
    with pytest.raises(ShapeError, match=r"game.decoder: DCGANDiscriminator maps images"):
        play(decoder=AAE.Spec().encoder)


def test_panels_show_reconstructions_below_their_samples_and_the_plane_of_a_code() -> None:
    game, given = play(prior=GaussianMixture()), batch()
    with game.evaluating():
        panels, clouds = (
            game.sample_grids(given.real, given.condition, 0),
            game.scatter_plots(given.real, given.condition, 0),
        )
    shown = panels["reconstructions"].samples
    assert torch.equal(shown[:6], given.real)
    assert torch.equal(shown[6:], game.decoder(game.encoder(given.real)))
    assert len(panels["plane"].samples) == panels["plane"].columns ** 2
    cloud = clouds["codes"]
    assert torch.equal(cloud.points[-6:], game.encoder(given.real))
    assert cloud.groups[-6:].tolist() == [0, 1, 2, 0, 1, 2]
    assert set(cloud.groups[:-6].tolist()) == {-1}


def test_codes_without_a_plane_have_no_pictures_of_one() -> None:
    wide, narrow = play(), play(prior=Gaussian(size=1))
    real = batch().real
    with wide.evaluating():
        assert wide.sample_grids(real, None, 0).keys() == {"reconstructions"}
        assert wide.scatter_plots(real, None, 0)["codes"].points.shape[1] == 2
        assert not narrow.scatter_plots(real, None, 0)
