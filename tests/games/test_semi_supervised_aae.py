"""The semi-supervised adversarial autoencoder: a code of class and style, what each discriminator sees, few labels."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from sparring.errors import SpecError
from sparring.game import Batch
from sparring.games import SemiSupervisedAAE
from sparring.latents import Gaussian
from sparring.losses import AdversarialLoss, LeastSquares, Relativistic
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1

SAMPLE = (1, 2, 3)


def play(**rules: Any) -> SemiSupervisedAAE:
    torch.manual_seed(0)
    cast = {name: MLP.Spec(width=5) for name in ("encoder", "decoder", "style", "sort")}
    game = SemiSupervisedAAE.Spec(**{**cast, "prior": Gaussian(size=2), **rules}).build(
        SAMPLE, Condition(3, partly=True)
    )
    assert isinstance(game, SemiSupervisedAAE)
    return game


def batch(*labels: int) -> Batch:
    real = torch.rand(6, *SAMPLE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(real, torch.tensor(labels or (0, -1, 2, -1, -1, 1)), 0, torch.Generator().manual_seed(2))


def draws(game: SemiSupervisedAAE) -> tuple[Tensor, Tensor]:
    latents = game.draw_latents(6, torch.Generator().manual_seed(2))
    return latents[:, :2], latents[:, 2:]


@pytest.mark.parametrize("losses", [LeastSquares(), Relativistic()], ids=repr)
def test_each_discriminator_tells_its_part_of_the_code_from_draws(losses: AdversarialLoss) -> None:
    game, real = play(losses=losses), batch().real
    outputs = game.encoder(real)
    (real_style, real_sort), style, sort = draws(game), outputs[:, :2], outputs[:, 2:].softmax(1)
    scores = {"style": (game.style(real_style), game.style(style)), "sort": (game.sort(real_sort), game.sort(sort))}
    found, minimised = game.discriminate(batch()), game.autoencode(batch())
    assert found.keys() == {"adversarial_style", "adversarial_sort"}
    for name, (genuine, encoded) in scores.items():
        torch.testing.assert_close(found[f"adversarial_{name}"], losses.discriminator(genuine, encoded))
        torch.testing.assert_close(minimised[f"adversarial_{name}"], losses.generator(encoded, genuine))


def test_only_known_classes_are_learned_from() -> None:
    game, real = play(class_weight=2.0), batch().real
    logits = game.encoder(real)[[0, 2, 5], 2:]
    expected = 2 * cross_entropy(logits, torch.tensor([0, 2, 1]))
    torch.testing.assert_close(game.autoencode(batch())["class"], expected)
    assert game.autoencode(batch(-1, -1, -1, -1, -1, -1))["class"] == 0


def test_the_decoder_sees_style_and_class() -> None:
    game, real = play(reconstruction_weight=3.0), batch().real
    outputs = game.encoder(real)
    made = game.decoder(torch.cat((outputs[:, :2], outputs[:, 2:].softmax(1)), 1))
    torch.testing.assert_close(game.autoencode(batch())["reconstruction"], 3 * (made - real).square().mean())
    torch.testing.assert_close(game.render(game.encode(real)), made)


def test_a_class_that_is_asked_for_replaces_the_one_that_was_drawn() -> None:
    game = play()
    style, sort = draws(game)
    assert sort.sum(1).tolist() == [1] * 6
    assert set(sort.flatten().tolist()) == {0, 1}
    classes = torch.tensor([2, 1, 0, 2, 1, 0])
    generated = game.draw(6, torch.Generator().manual_seed(2), classes)
    assert torch.equal(generated, game.decoder(torch.cat((style, one_hot(classes, 3).float()), 1)))
    assert game.draw_samples(4, seed=0, condition=1).shape == (4, *SAMPLE)


def test_it_is_examined_on_classes() -> None:
    game, real = play(), batch().real
    with game.evaluating():
        guesses = game.classify(real).argmax(1)
        assert torch.equal(guesses, game.encode(real)[:, 2:].argmax(1))
        assert game.validation_metrics(real, guesses) == {"accuracy": 1.0}
        assert game.validation_metrics(real, (guesses + 1) % 3) == {"accuracy": 0.0}


def test_penalties_and_scores_are_told_for_both_discriminators() -> None:
    game, given = play(penalties=(R1(),)), batch()
    assert game.discriminate(given).keys() == {"adversarial_style", "adversarial_sort", "R1_style", "R1_sort"}
    assert {"score_real_style", "score_fake_sort"} <= given.observations.keys()


def test_panels_show_reconstructions_and_styles_in_every_class() -> None:
    game, given = play(), batch()
    with game.evaluating():
        panels = game.sample_grids(given.real, given.condition, 0)
    assert panels["styles"].columns == 3
    assert len(panels["styles"].samples) == 30
    assert len(panels["reconstructions"].samples) == 12


def test_classes_are_needed() -> None:
    with pytest.raises(SpecError, match="SemiSupervisedAAE learns classes, and the data has none"):
        SemiSupervisedAAE.Spec().build((1, 8, 8), Condition(0))


def test_a_mixture_of_classes_stands_in_place_of_the_class_of_a_code() -> None:
    game = play()
    with game.evaluating():
        latents, classes = game.draw_latents(3, torch.Generator().manual_seed(0)), torch.tensor([2, 0, 1])
        assert torch.equal(game.render(latents, one_hot(classes, 3).float()), game.render(latents, classes))
