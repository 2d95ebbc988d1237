"""pix2pix: pairs against pairs, an L1 term, and dropout as the only noise."""

from dataclasses import replace
from math import log
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from sparring.augment import Augmentation, BalancedConsistency
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch
from sparring.games import Consensus, Pix2Pix
from sparring.losses import AdversarialLoss, Hinge, LeastSquares, NonSaturating, Relativistic, Wasserstein
from sparring.network import Condition
from sparring.networks import PatchGAN, UNet
from sparring.penalties import (
    R1,
    R2,
    FeatureMatching,
    GradientPenalty,
    LatentConsistency,
    LatentDiversity,
    LeCam,
    OrthogonalRegularization,
)

SAMPLE, SOURCE = (3, 8, 8), (1, 8, 8)

GENERATOR = {"kind": "UNet", "width": 4, "normalization": "InstanceNorm"}
DISCRIMINATOR = {"kind": "PatchGAN", "width": 4, "field": 16, "normalization": "InstanceNorm"}


def play(dropout: float = 0.0, **rules: object) -> Pix2Pix:
    torch.manual_seed(0)
    networks = {"generator": GENERATOR | {"dropout": dropout}, "discriminator": DISCRIMINATOR}
    game = Pix2Pix.Spec(**{**networks, **rules}).build(SAMPLE, Condition(shape=SOURCE))  # type: ignore[arg-type]
    assert isinstance(game, Pix2Pix)
    for parameter in game.discriminator.parameters():
        parameter.data *= 5  # so that scores are not all alike
    return game


def batch(step: int = 0) -> Batch:
    random = torch.Generator().manual_seed(1)
    real, sources = (torch.rand(4, *shape, generator=random) * 2 - 1 for shape in (SAMPLE, SOURCE))
    return Batch(real, sources, step, torch.Generator().manual_seed(2))


def scores(game: Pix2Pix) -> tuple[Tensor, Tensor]:
    """Returns the scores of the batch's pairs and of those with generated targets."""
    real, sources = batch().real, batch().condition
    assert sources is not None
    made = game.generator(sources)
    return game.discriminator(torch.cat((real, sources), 1)), game.discriminator(torch.cat((made, sources), 1))


LOSSES = pytest.mark.parametrize(
    "losses", [NonSaturating(), Hinge(), LeastSquares(a=0, b=1, c=1), Wasserstein(), Relativistic()], ids=repr
)


@LOSSES
def test_the_discriminator_minimises_half_of_its_loss_on_pairs(losses: AdversarialLoss) -> None:
    game, given = play(losses=losses), batch()
    real, fake = scores(game)
    assert real.shape[2:].numel() > 1, "a score for each patch"
    torch.testing.assert_close(game.discriminate(given)["adversarial"], losses.discriminator(real, fake) / 2)
    torch.testing.assert_close(given.observations["score_real"], real.mean().detach())


@LOSSES
def test_the_generator_minimises_its_loss_and_the_weighted_mean_distance(losses: AdversarialLoss) -> None:
    game, given = play(losses=losses, l1_weight=7.0, adversarial_weight=2.0), batch()
    real, fake = scores(game)
    found = game.generate(given)
    torch.testing.assert_close(found["adversarial"], 2 * losses.generator(fake, real))
    assert given.condition is not None
    distance = (game.generator(given.condition) - given.real).abs().mean()
    torch.testing.assert_close(found["l1"], 7 * distance)


def test_weights_are_the_published_ones() -> None:
    spec = Pix2Pix.Spec()
    assert (spec.l1_weight, spec.adversarial_weight, spec.losses) == (100.0, 1.0, NonSaturating())
    assert (spec.generator, spec.discriminator) == (UNet.Spec(), PatchGAN.Spec(field=70))
    assert spec.turns() == [("discriminator",), ("generator",)]


def test_pairs_that_cannot_be_told_apart_cost_the_discriminator_ln_2() -> None:
    game = play()
    game.discriminator.head.weight.data.zero_()  # type: ignore[union-attr, operator]
    game.discriminator.head.bias.data.zero_()  # type: ignore[union-attr, operator]
    assert game.discriminate(batch())["adversarial"].item() == pytest.approx(log(2))
    assert game.generate(batch())["adversarial"].item() == pytest.approx(log(2))


def test_without_the_adversarial_term_the_generator_follows_the_distance_alone() -> None:
    game, given = play(adversarial_weight=0.0), batch()
    weights = list(game.generator.parameters())
    found = torch.autograd.grad(torch.stack(list(game.generate(given).values())).sum(), weights)
    assert given.condition is not None
    expected = torch.autograd.grad(100 * (game.generator(given.condition) - given.real).abs().mean(), weights)
    torch.testing.assert_close(found, expected)


def test_a_source_that_is_exchanged_changes_what_the_discriminator_says() -> None:
    game, given = play(), batch()
    assert given.condition is not None
    other = replace(given, condition=given.condition.flip(0))
    assert game.discriminate(given)["adversarial"] != game.discriminate(other)["adversarial"]


def test_teams_that_move_at_once_judge_what_was_made_without_making_it_again() -> None:
    game, given = play(dropout=0.5, order=(("generator", "discriminator"),)), batch()
    game.generate(given)
    adversarial = game.discriminate(given)["adversarial"]
    assert not given.shared["generated"].requires_grad
    real, sources = given.real, given.condition
    assert sources is not None
    expected = NonSaturating().discriminator(
        game.discriminator(torch.cat((real, sources), 1)), game.discriminator(given.shared["generated"])
    )
    torch.testing.assert_close(adversarial, expected / 2)


def test_r1_is_on_target_and_source_together_and_counts_in_full() -> None:
    game, given = play(penalties=(R1(),)), batch()
    assert given.condition is not None
    pairs = torch.cat((given.real, given.condition), 1).requires_grad_()
    gradients = torch.autograd.grad(game.discriminator(pairs).mean((1, 2, 3)).sum(), pairs)[0]
    torch.testing.assert_close(game.discriminate(given)["R1"], gradients.square().sum() / 4 / 2)


def test_penalties_are_addends_of_their_players_losses() -> None:
    kinds = (R1(every=2), R2(), GradientPenalty(), LeCam(), LatentConsistency(), BalancedConsistency())
    others = (LatentDiversity(), FeatureMatching(), OrthogonalRegularization())
    game = play(penalties=kinds, generator_penalties=others)
    found = game.discriminate(batch())
    assert found.keys() == {"adversarial", *(kind.kind() for kind in kinds)}
    assert "R1" not in game.discriminate(batch(step=1))
    made = game.generate(batch())
    assert made.keys() == {"adversarial", "l1", *(kind.kind() for kind in others)}
    assert all(loss.isfinite() for loss in (*found.values(), *made.values()))


class Noted(Augmentation):
    """Turns images upside down, and notes what came."""

    came: ClassVar[list[Tensor]] = []

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        self.came.append(samples)
        return samples.flip(2)


def test_augmentations_move_target_and_source_alike() -> None:
    game, given = play(augmentations=(Noted(),), penalties=(R2(),)), batch()
    Noted.came.clear()
    found = game.discriminate(given)["adversarial"]
    assert {came.shape[1:] for came in Noted.came} == {(4, 8, 8)}
    assert given.condition is not None
    pairs = (torch.cat((targets, given.condition), 1) for targets in (given.real, game.generator(given.condition)))
    expected = NonSaturating().discriminator(*(game.discriminator(pair.flip(2)) for pair in pairs))
    torch.testing.assert_close(found, expected / 2)


def test_dropout_is_the_noise_of_draws_and_depends_on_the_seed_alone() -> None:
    game, sources = play(dropout=0.5), batch().condition
    one, same, other = (game.draw_samples(4, seed, sources) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    silent = play()
    assert torch.equal(silent.draw_samples(4, 1, sources), silent.draw_samples(4, 2, sources))


def test_nothing_is_drawn_without_images_to_draw_from() -> None:
    with pytest.raises(SpecError, match=r"translates images: give it 2 of \(1, 8, 8\)"):
        play().draw_samples(2, 0)


def test_a_translation_is_the_same_whenever_it_is_asked_for_and_of_any_size() -> None:
    game = play(dropout=0.5)
    for size in ((8, 8), (16, 24), (5, 3), (9, 30)):
        images = torch.rand(1, 1, *size) * 2 - 1
        with game.evaluating():
            made = game.translate(images, "a-to-b")
            assert made.shape == (1, 3, *size)
            assert torch.equal(made, game.translate(images, "a-to-b"))
    with pytest.raises(SpecError, match="does not translate 'b-to-a'"):
        game.translate(torch.zeros(1, 1, 8, 8), "b-to-a")


def test_a_game_that_wraps_it_translates_as_it_does() -> None:
    spec = Consensus.Spec(of=Pix2Pix.Spec(generator=GENERATOR, discriminator=DISCRIMINATOR))  # type: ignore[arg-type]
    game = spec.build(SAMPLE, Condition(shape=SOURCE))
    assert isinstance(game, Consensus)
    images = torch.zeros(1, 1, 8, 8)
    with game.evaluating():
        assert torch.equal(game.translate(images, "a-to-b"), game.of.translate(images, "a-to-b"))
    assert game.directions == ("a-to-b",)


def test_sources_translations_and_targets_stand_below_one_another() -> None:
    game = play()
    real, sources = torch.rand(23, *SAMPLE), torch.rand(23, *SOURCE)
    with game.evaluating():
        panel = game.sample_grids(real, sources, seed=0)["translations"]
    assert panel.columns == 10
    assert len(panel.samples) == 60
    assert torch.equal(panel.samples[30:40], sources[10:20].expand(-1, 3, -1, -1))
    assert torch.equal(panel.samples[40:50], game.generator(sources)[10:20])
    assert torch.equal(panel.samples[50:60], real[10:20])


def test_held_out_pairs_tell_the_mean_distance() -> None:
    game, given = play(), batch()
    assert given.condition is not None
    with game.evaluating():
        found = game.validation_metrics(given.real, given.condition)
    assert found["l1"] == pytest.approx((game.generator(given.condition) - given.real).abs().mean().item())
    assert found.keys() == game.spec.validation_metric_directions.keys()


def test_data_without_images_to_translate_is_refused_before_training() -> None:
    for condition in (Condition(), Condition(3)):
        with pytest.raises(SpecError, match=r"the data has one; .*data\.kind=Pairs"):
            Pix2Pix.Spec().build(SAMPLE, condition)


def test_an_image_too_small_for_the_networks_is_refused_before_training() -> None:
    with pytest.raises(ShapeError, match=r"game.generator: UNet of depth 4 needs images with a side of at least 9"):
        play(generator=UNet.Spec(depth=4))
    with pytest.raises(ShapeError, match=r"game.discriminator: PatchGAN with field=70 .*field=16 fits these"):
        play(discriminator=PatchGAN.Spec())


def test_sources_of_another_size_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"Pix2Pix needs one height and width"):
        Pix2Pix.Spec().build((3, 32, 32), Condition(shape=(3, 32, 16)))
