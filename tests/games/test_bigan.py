"""BiGAN: pairs against pairs, and an encoder that inverts the generator."""

from dataclasses import replace
from math import log
from typing import ClassVar

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from sparring.augment import Augmentation, BalancedConsistency, Flip
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch
from sparring.games import GAN, BiGAN
from sparring.latents import Gaussian, Stochastic
from sparring.losses import AdversarialLoss, Hinge, LeastSquares, NonSaturating, Relativistic, Wasserstein
from sparring.networks import MLP, DCGANDiscriminator, Joint
from sparring.penalties import R1, R2, FeatureMatching, GradientPenalty, LatentConsistency, LatentDiversity, LeCam

SAMPLE = (1, 2, 3)
SMALL = Joint(sample=MLP.Spec(width=5), latent=MLP.Spec(width=5), both=MLP.Spec(width=5), features=4)


def play(**rules: object) -> BiGAN:
    torch.manual_seed(0)
    networks = {"generator": MLP.Spec(width=5), "encoder": MLP.Spec(width=5), "discriminator": SMALL}
    game = BiGAN.Spec(**{**networks, "prior": Gaussian(size=3), **rules}).build(SAMPLE)  # type: ignore[arg-type]
    assert isinstance(game, BiGAN)
    return game


def batch(step: int = 0) -> Batch:
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, None, step, torch.Generator().manual_seed(2))


def scores(game: BiGAN, latents: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the scores of real pairs and of those that `latents` generate."""
    discriminator, pair, real = game.discriminator, game.discriminator.join, batch().real
    return discriminator(pair(real, game.encoder(real))), discriminator(pair(game.generator(latents), latents))


def prior_latents() -> Tensor:
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(2))


LOSSES = pytest.mark.parametrize(
    "losses", [NonSaturating(), Hinge(), LeastSquares(a=0, b=1, c=1), Wasserstein(), Relativistic()], ids=repr
)


@LOSSES
def test_the_discriminator_tells_encoded_samples_from_generated_ones(losses: AdversarialLoss) -> None:
    game = play(losses=losses)
    given = batch()
    real, fake = scores(game, prior_latents())
    torch.testing.assert_close(game.discriminate(given)["adversarial"], losses.discriminator(real, fake))
    torch.testing.assert_close(given.observations["score_real"], real.mean().detach())


@LOSSES
def test_generator_and_encoder_minimise_the_same_loss_with_the_pairs_exchanged(losses: AdversarialLoss) -> None:
    game = play(losses=losses)
    real, fake = scores(game, prior_latents())
    torch.testing.assert_close(game.generate(batch())["adversarial"], losses.discriminator(fake, real))


def test_the_inverse_objective_is_the_published_one() -> None:
    """-E[ln D(G(z), z)] - E[ln(1 - D(x, E(x)))]: sec. 3.4 of Donahue et al. 2017."""
    game = play()
    real, fake = (torch.sigmoid(scores) for scores in scores(game, prior_latents()))
    torch.testing.assert_close(game.generate(batch())["adversarial"], -(fake.log().mean() + (1 - real).log().mean()))


def test_both_of_the_team_get_gradients_through_their_own_kind_of_pair() -> None:
    game = play()
    team = game.teams[1]
    assert list(team.players) == ["generator", "encoder"]
    real, fake = scores(game, prior_latents())
    for name, loss, silent in (
        ("encoder", softplus(real).mean(), game.generator),
        ("generator", softplus(-fake).mean(), game.encoder),
    ):
        weights = list(team.players[name].parameters())
        expected = torch.autograd.grad(loss, weights, retain_graph=True)
        found = torch.autograd.grad(game.generate(batch())["adversarial"], weights)
        torch.testing.assert_close(found, expected)
        unused = torch.autograd.grad(loss, list(silent.parameters()), retain_graph=True, allow_unused=True)
        assert all(gradient is None for gradient in unused)


def test_pairs_that_cannot_be_told_apart_leave_both_losses_at_twice_ln_2() -> None:
    game = play()
    torch.nn.init.zeros_(game.discriminator.both.get_parameter("layers.4.weight"))
    torch.nn.init.zeros_(game.discriminator.both.get_parameter("layers.4.bias"))
    for losses in (game.discriminate(batch()), game.generate(batch())):
        assert losses["adversarial"].item() == pytest.approx(2 * log(2))


def test_a_stochastic_encoder_draws_its_latents_and_expects_their_mean() -> None:
    game = play(encoding=Stochastic())
    outputs = game.encoder(batch().real)
    assert outputs.shape == (6, 6)
    assert torch.equal(game.encode(batch().real), outputs[:, :3])
    mean, log_variance = outputs.chunk(2, 1)
    random = torch.Generator().manual_seed(2)
    latents = mean + (log_variance / 2).exp() * torch.randn(6, 3, generator=random)
    real = game.discriminator(game.discriminator.join(batch().real, latents))
    prior = torch.randn(6, 3, generator=random)
    fake = game.discriminator(game.discriminator.join(game.generator(prior), prior))
    torch.testing.assert_close(game.discriminate(batch())["adversarial"], NonSaturating().discriminator(real, fake))


def test_r1_is_on_sample_and_latent_together() -> None:
    game = play(penalties=(R1(),))
    real = batch().real
    samples, latents = real.clone().requires_grad_(), game.encoder(real).detach().requires_grad_()
    score = game.discriminator(game.discriminator.join(samples, latents)).sum()
    by_sample, by_latent = torch.autograd.grad(score, (samples, latents))
    expected = (by_sample.square().sum() + by_latent.square().sum()) / 6 / 2
    torch.testing.assert_close(game.discriminate(batch())["R1"], expected)


def test_penalties_are_addends_of_their_players_losses() -> None:
    kinds = (R1(every=2), R2(), GradientPenalty(), LeCam(), LatentConsistency())
    game = play(penalties=kinds, generator_penalties=(LatentDiversity(), FeatureMatching()))
    assert game.discriminate(batch()).keys() == {"adversarial", *(kind.kind() for kind in kinds)}
    assert "R1" not in game.discriminate(batch(step=1))
    assert game.generate(batch()).keys() == {"adversarial", "LatentDiversity", "FeatureMatching"}


class Lifted(Augmentation):
    """Adds how many images have been shown, and notes what came."""

    came: ClassVar[list[Tensor]] = []

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        self.came.append(samples)
        return samples + images


def test_augmentations_transform_the_samples_of_both_kinds_of_pairs_and_no_latents() -> None:
    game = play(augmentations=(Lifted(),), penalties=(R2(),))
    Lifted.came.clear()
    pair, real, latents = game.discriminator.join, batch().real, prior_latents()
    expected = NonSaturating().discriminator(
        game.discriminator(pair(real + 3, game.encoder(real))),
        game.discriminator(pair(game.generator(latents) + 3, latents)),
    )
    torch.testing.assert_close(game.discriminate(replace(batch(), images=3))["adversarial"], expected)
    assert {came.shape[1:] for came in Lifted.came} == {SAMPLE}


def test_reconstructions_stand_below_what_was_encoded() -> None:
    game = play()
    real = torch.randn(23, *SAMPLE)
    panel = game.sample_grids(real, None, seed=0)["reconstructions"]
    assert panel.columns == 10
    assert torch.equal(panel.samples[20:30], real[10:20])
    assert torch.equal(panel.samples[30:40], game.render(game.encode(real))[10:20])
    assert len(panel.samples) == 40


def test_what_makes_no_sense_of_pairs_is_refused_before_training() -> None:
    with pytest.raises(ShapeError, match=r"game.penalties: .*\(9,\)"):
        play(penalties=(BalancedConsistency(),))
    with pytest.raises(ShapeError, match=r"game.discriminator: DCGANDiscriminator maps images"):
        play(discriminator=Joint(latent=DCGANDiscriminator.Spec()))
    with pytest.raises(ShapeError, match=r"game.augmentations: .*\(2,\)"):
        BiGAN.Spec(generator=MLP.Spec(), encoder=MLP.Spec(), discriminator=SMALL, augmentations=(Flip(),)).build((2,))


def test_a_game_without_an_encoder_says_so() -> None:
    game = GAN.Spec(generator=MLP.Spec(width=5), discriminator=MLP.Spec(width=5)).build(SAMPLE)
    with pytest.raises(SpecError, match="GAN has no encoder; train a game that has one"):
        game.encode(batch().real)


def test_an_encoder_that_meets_its_generator_learns_to_invert_it() -> None:
    """On a line: E(G(z)) comes close to z, though nothing compares the two."""
    torch.manual_seed(0)
    spec = BiGAN.Spec(
        generator=MLP.Spec(width=16, depth=1),
        encoder=MLP.Spec(width=16, depth=1),
        discriminator=Joint(sample=MLP.Spec(width=16), latent=MLP.Spec(width=16), both=MLP.Spec(width=16), features=16),
        prior=Gaussian(size=1),
        penalties=(R1(weight=0.1), R2(weight=0.1)),
        losses=Relativistic(),
    )
    game = spec.build((1,))
    optimizers = {team.name: torch.optim.Adam(team.parameters(), 4e-3, betas=(0.0, 0.99)) for team in game.teams}
    random = torch.Generator().manual_seed(0)
    for step in range(250):
        for team in game.teams:
            real = 0.5 * torch.randn(64, 1, generator=random) + 0.2
            with game.to_move(team):
                torch.stack(list(team.losses(Batch(real, None, step, random)).values())).sum().backward()
            optimizers[team.name].step()
            game.zero_grad()
    latents = torch.randn(500, 1, generator=random)
    with game.evaluating():
        error = (game.encode(game.render(latents)) - latents).square().mean().item()
    assert error < 0.2, "a constant would be 1 away"
