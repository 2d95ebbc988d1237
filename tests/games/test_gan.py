"""The game of 2014: which samples, which losses, which conditions."""

from dataclasses import replace
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from sparring.augment import Augmentation, Coarsen, Consistency, Flip, InstanceNoise, Shift
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.layers.conditioning import ConditionalBatchNorm, Projection
from sparring.layers.minibatch import MinibatchStandardDeviation
from sparring.losses import Hinge, LeastSquares, Relativistic
from sparring.network import Condition, ConditionLike
from sparring.networks import MLP, Packed
from sparring.penalties import R1, FeatureMatching, GradientPenalty, LatentDiversity, LeCam, OrthogonalRegularization
from sparring.spec.schedule import Linear

SAMPLE = (1, 2, 3)


def play(**rules: object) -> GAN:
    torch.manual_seed(0)
    cast = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5), "prior": Gaussian(size=3)}
    game = GAN.Spec(**{**cast, **rules}).build(SAMPLE, Condition(3))  # type: ignore[arg-type]
    assert isinstance(game, GAN)
    return game


def batch(step: int = 0) -> Batch:
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, torch.tensor([0, 1, 2, 0, 1, 2]), step, torch.Generator().manual_seed(2))


def test_losses_are_those_of_the_scores_of_real_and_drawn_samples() -> None:
    game = play(losses=LeastSquares())
    given = batch()
    fake = game.generator(game.spec.prior.draw(6, torch.Generator().manual_seed(2)))
    real_scores, fake_scores = game.discriminator(given.real), game.discriminator(fake)
    found = game.discriminate(given)
    assert found.keys() == {"adversarial"}
    torch.testing.assert_close(found["adversarial"], LeastSquares().discriminator(real_scores, fake_scores))
    torch.testing.assert_close(game.generate(batch())["adversarial"], LeastSquares().generator(fake_scores))
    torch.testing.assert_close(given.observations["score_real"], real_scores.mean().detach())


def test_penalties_are_addends_of_the_discriminator_alone() -> None:
    game = play(penalties=(R1(every=2), GradientPenalty()))
    assert game.discriminate(batch()).keys() == {"adversarial", "R1", "GradientPenalty"}
    assert game.discriminate(batch(step=1)).keys() == {"adversarial", "GradientPenalty"}
    assert game.generate(batch()).keys() == {"adversarial"}


def test_an_unconditional_game_passes_labels_over() -> None:
    game = play()
    assert game.condition == Condition()
    assert game.discriminate(batch())["adversarial"].isfinite()
    assert game.draw(4, torch.Generator()).shape == (4, *SAMPLE)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_both_players_of_a_conditional_game_are_told_the_class_of_the_real_sample(player: str) -> None:
    game, conditions = play(conditional=True, losses=Hinge()), []
    network = game.get_submodule(player)
    network.register_forward_pre_hook(lambda _module, inputs: conditions.append(inputs[1]))
    game.discriminate(batch())
    game.generate(batch())
    given = batch().condition
    assert given is not None
    assert torch.equal(torch.cat(conditions), given.repeat(2 if player == "generator" else 3))


@pytest.mark.parametrize("condition", [Condition(3), Condition(numbers=2)], ids=["classes", "numbers"])
def test_each_player_is_told_in_its_own_way(condition: Condition) -> None:
    labels = torch.tensor([0, 1, 2, 0, 1, 2]) if condition.classes else torch.rand(6, 2)
    for cast in (
        {"generator": MLP.Spec(width=5, conditioning=ConditionalBatchNorm()), "discriminator": MLP.Spec(width=5)},
        {"discriminator": MLP.Spec(width=5, conditioning=Projection()), "generator": MLP.Spec(width=5)},
    ):
        game = GAN.Spec(**cast, conditional=True, penalties=(R1(),)).build(SAMPLE, condition)  # type: ignore[arg-type]
        assert isinstance(game, GAN)
        given = replace(batch(), condition=labels)
        assert all(loss.isfinite() for loss in (*game.discriminate(given).values(), *game.generate(given).values()))
        assert game.draw_samples(4, 0).shape == (4, *SAMPLE)
        asked: tuple[ConditionLike, ConditionLike] = (1, 2) if condition.classes else ([0.9, 0.1], [0.2, 1.0])
        one, other = (game.draw_samples(4, 0, chosen) for chosen in asked)
        assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("condition", "said"),
    [(Condition(), "the data has no labels"), (Condition(3, partly=True), "labels of some samples only")],
)
def test_a_conditional_game_without_a_label_of_every_sample_is_refused(condition: Condition, said: str) -> None:
    with pytest.raises(SpecError, match=rf"game.conditional: .*{said}"):
        GAN.Spec(conditional=True).build((3, 8, 8), condition)


def test_panels_show_each_class_and_what_lies_between_them() -> None:
    game = play(conditional=True)
    with game.evaluating():
        panels = game.sample_grids(batch().real, batch().condition, seed=0)
        assert panels.keys() == {"classes", "between_classes"}
        classes, between = (panel.samples.unflatten(0, (-1, 10)) for panel in panels.values())
        assert classes.shape == (3, 10, *SAMPLE)
        assert between.shape == (2, 10, *SAMPLE)
        torch.testing.assert_close(between[:, 0], classes[:2, 0])
        torch.testing.assert_close(between[:, -1], classes[1:, 0])
        latent = game.draw_latents(10, torch.Generator().manual_seed(0))[:1]
        torch.testing.assert_close(between[1, 3], game.render(latent, torch.tensor([[0, 2 / 3, 1 / 3]]))[0])
        assert not game.sample_grids(batch().real, None, seed=0).keys() - panels.keys()
        assert play().sample_grids(batch().real, batch().condition, seed=0) == {}


def test_one_class_has_nothing_between() -> None:
    game = GAN.Spec(generator=MLP.Spec(), discriminator=MLP.Spec(), conditional=True).build(SAMPLE, Condition(1))
    with game.evaluating():
        assert game.sample_grids(torch.zeros(1, *SAMPLE), torch.zeros(1, dtype=torch.int64), seed=0).keys() == {
            "classes"
        }


def test_panels_turn_each_number_from_0_to_1() -> None:
    cast = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5)}
    game = GAN.Spec(**cast, conditional=True).build(SAMPLE, Condition(numbers=2))  # type: ignore[arg-type]
    labels = torch.tensor([[0.25, 0.75], [1, 1]])
    with game.evaluating():
        (name, panel), *others = game.sample_grids(torch.zeros(2, *SAMPLE), labels, seed=0).items()
        assert (name, others, panel.samples.shape) == ("numbers", [], (20, *SAMPLE))
        latent = game.draw_latents(10, torch.Generator().manual_seed(0))[:1]
        for place, asked in ((0, [0, 0.75]), (9, [1, 0.75]), (10, [0.25, 0]), (19, [0.25, 1])):
            torch.testing.assert_close(panel.samples[place], game.render(latent, torch.tensor([asked]).float())[0])


def test_classes_that_nobody_chose_are_drawn_evenly() -> None:
    game, conditions = play(conditional=True), []
    game.generator.register_forward_pre_hook(lambda _module, inputs: conditions.append(inputs[1]))
    game.draw(3000, torch.Generator().manual_seed(0))
    counts: Tensor = torch.bincount(conditions[0], minlength=3)
    assert counts.min() > 900


class Shown(Augmentation):
    """Adds how many images have been shown, and notes what came."""

    came: ClassVar[list[Tensor]] = []

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        self.came.append(samples)
        return samples + images


def test_real_and_generated_samples_are_augmented_alike_in_both_moves() -> None:
    plain, game = play(losses=Relativistic()), play(losses=Relativistic(), augmentations=(Shown(), Shown()))
    given = replace(batch(), images=3)
    fake = game.generator(game.spec.prior.draw(6, torch.Generator().manual_seed(2)))
    real_scores, fake_scores = plain.discriminator(given.real + 6), plain.discriminator(fake + 6)
    torch.testing.assert_close(
        game.discriminate(given)["adversarial"], Relativistic().discriminator(real_scores, fake_scores)
    )
    given = replace(batch(), images=3)
    torch.testing.assert_close(game.generate(given)["adversarial"], Relativistic().generator(fake_scores, real_scores))


def test_what_is_drawn_and_pictured_is_not_augmented() -> None:
    plain, game = play(), play(augmentations=(Shown(),))
    Shown.came.clear()
    assert torch.equal(game.draw_samples(3, 0), plain.draw_samples(3, 0))
    samples = torch.randn(2, *SAMPLE)
    assert torch.equal(game.discriminator_score(samples), plain.discriminator_score(samples))  # type: ignore[arg-type]
    assert Shown.came == []


def test_gradients_go_through_augmentations_to_the_generator() -> None:
    game = play(augmentations=(Shift(pixels=1), Flip(), InstanceNoise(), Coarsen()))
    game.generate(batch())["adversarial"].backward()
    assert all(parameter.grad is not None for parameter in game.generator.parameters())


def test_an_augmentation_of_images_is_refused_for_vectors_when_the_game_is_built() -> None:
    with pytest.raises(ShapeError, match=r"game.augmentations: Coarsen transforms images \(C, H, W\).*\(2,\)"):
        GAN.Spec(generator=MLP.Spec(), discriminator=MLP.Spec(), augmentations=(Coarsen(),)).build((2,))


def test_a_move_whose_operations_depend_on_more_than_its_samples_is_never_recorded() -> None:
    fading = InstanceNoise(deviation=Linear(start=1, end=0, images=100))
    assert play(penalties=(R1(every=2),)).capture_key(batch()) is not None
    assert play(augmentations=(InstanceNoise(),)).capture_key(batch()) is not None
    assert play(augmentations=(fading,)).capture_key(batch()) is None
    assert play(penalties=(Consistency(),)).capture_key(batch()) is not None
    assert play(penalties=(Consistency(transformations=(fading,)),)).capture_key(batch()) is None
    lazy = play(penalties=(LeCam(every=2), R1()))
    assert lazy.capture_key(batch(step=2)) is None
    assert lazy.capture_key(batch(step=1)) is not None


def test_moves_that_compute_different_penalties_are_different_variants() -> None:
    game = play(penalties=(R1(every=2), GradientPenalty(every=3)))
    found = [game.capture_key(batch(step)) for step in range(6)]
    assert len(set(found)) == 4
    often, seldom = (OrthogonalRegularization(),), (OrthogonalRegularization(every=2),)
    both = play(penalties=seldom, generator_penalties=often)
    assert len({both.capture_key(batch(step)) for step in range(2)}) == 2


def test_penalties_of_the_generator_are_addends_of_its_losses() -> None:
    kinds = (LatentDiversity(every=2), FeatureMatching(), OrthogonalRegularization())
    game = play(generator_penalties=kinds)
    assert game.discriminate(batch()).keys() == {"adversarial"}
    assert game.generate(batch()).keys() == {"adversarial", *(kind.kind() for kind in kinds)}
    assert game.generate(batch(1)).keys() == {"adversarial", "FeatureMatching", "OrthogonalRegularization"}


def test_what_penalties_remember_is_saved_with_the_game() -> None:
    game = play(penalties=(LeCam(),))
    game.discriminate(batch())
    assert game.state_dict()["adversary.discriminator_penalties.LeCam_begun"] == 1
    twin = play(penalties=(LeCam(),))
    twin.load_state_dict(game.state_dict())
    assert torch.equal(game.discriminate(batch(1))["LeCam"], twin.discriminate(batch(1))["LeCam"])


def test_no_picture_is_drawn_of_scores_that_depend_on_the_other_points() -> None:
    samples = torch.randn(2, *SAMPLE)
    for alone, discriminator in (
        (True, MLP.Spec(width=5)),
        (False, MLP.Spec(width=5, minibatch=MinibatchStandardDeviation())),
        (False, Packed.Spec()),
    ):
        assert (play(discriminator=discriminator).discriminator_score(samples) is not None) == alone
