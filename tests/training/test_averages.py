"""Averages follow their closed form, and only the teams that were named are averaged."""

import pytest
import torch
from torch import nn

import sparring.recipes  # noqa: F401 (defines every member)
from sparring.errors import SpecError
from sparring.game import Game
from sparring.games import GAN, FlowGAN
from sparring.layers.normalization import SpectralNorm
from sparring.networks import DCGANDiscriminator, DCGANGenerator, RealNVP
from sparring.training.averages import Average, Averages


def build() -> Game:
    torch.manual_seed(0)
    generator = DCGANGenerator.Spec(width=4, reparametrization=SpectralNorm())
    return GAN.Spec(generator=generator, discriminator=DCGANDiscriminator.Spec(width=4)).build((1, 8, 8))


def test_after_its_half_life_half_of_an_average_is_left() -> None:
    plan = Average(half_life=1000, warm_up=0)
    assert plan.decay(1000, 5000) == 0.5
    assert plan.decay(64, 5000) ** (1000 / 64) == pytest.approx(0.5)


def test_during_warm_up_the_half_life_grows_with_the_images_shown() -> None:
    plan = Average(half_life=1000, warm_up=0.05)
    assert plan.decay(64, 64) == pytest.approx(0.5**20)
    assert plan.decay(64, 10_000) == pytest.approx(0.5 ** (64 / 500))
    assert plan.decay(64, 20_000) == plan.decay(64, 10**6) == pytest.approx(0.5 ** (64 / 1000))


@pytest.mark.parametrize("values", [{"half_life": 0}, {"half_life": -1}, {"warm_up": -0.1}])
def test_impossible_averages_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=f"{next(iter(values))}: got"):
        Average.read(values)


def test_an_average_follows_its_closed_form() -> None:
    game = build()
    averages = Averages(game, {"generator": Average(half_life=16, warm_up=0)})
    live, average = game.generator.project.parametrizations.weight.original, averages.game.generator.project  # type: ignore[union-attr]
    expected = live.detach().clone()
    for step in range(1, 6):
        with torch.no_grad():
            live.fill_(step)
        averages.update(8, 8 * step)
        expected = expected * 0.5**0.5 + step * (1 - 0.5**0.5)
    torch.testing.assert_close(average.parametrizations.weight.original, expected)


def test_running_statistics_are_averaged_and_other_buffers_copied() -> None:
    game = build()
    averages = Averages(game, {"generator": Average(half_life=8, warm_up=0)})
    live, average = game.generator.normalize[0], averages.game.generator.normalize[0]  # type: ignore[index]
    live.running_mean.fill_(1.0)
    live.num_batches_tracked.fill_(7)
    singular = game.generator.project.parametrizations.weight[0]  # type: ignore[union-attr,index]
    singular._u.mul_(-1)
    averages.update(8, 8)
    torch.testing.assert_close(average.running_mean, torch.full_like(average.running_mean, 0.5))
    assert average.num_batches_tracked == 7
    assert torch.equal(averages.game.generator.project.parametrizations.weight[0]._u, singular._u)  # type: ignore[union-attr,index]


def test_players_of_other_teams_are_the_live_ones() -> None:
    game = build()
    averages = Averages(game, {"generator": Average()})
    assert averages.game.discriminator is game.discriminator
    assert averages.game.generator is not game.generator
    assert {name.partition(".")[0] for name in averages.named_tensors()} == {"generator"}
    assert averages.named_tensors().keys() == {
        name for name, _ in [*game.named_parameters(), *game.named_buffers()] if name.startswith("generator")
    }


def test_buffers_that_a_game_does_not_save_are_not_saved_of_its_average_either() -> None:
    game = FlowGAN.Spec(generator=RealNVP.Spec(width=2, blocks=0)).build((1, 4, 4))
    named = Averages(game, {"generator": Average()}).named_tensors()
    assert any("mask" in path for path, _ in game.named_buffers())
    assert named.keys() == {path for path in game.state_dict() if path.startswith("generator.")}


def test_averaged_players_are_in_evaluation_mode_and_take_no_gradients() -> None:
    game = build()
    averages = Averages(game, {"generator": Average()})
    assert not averages.game.generator.training
    assert not any(parameter.requires_grad for parameter in averages.game.generator.parameters())
    assert game.generator.training
    assert all(parameter.requires_grad for parameter in game.parameters())


def test_drawing_from_the_averaged_game_leaves_the_live_one_alone() -> None:
    game = build()
    before = {name: value.clone() for name, value in game.state_dict().items()}
    for plans in ({"generator": Average()}, {}):
        averages = Averages(game, plans)
        averages.game.draw_samples(4, seed=0)
        changed = [name for name, value in game.state_dict().items() if not torch.equal(value, before[name])]
        assert not changed, f"averages of {list(plans) or 'nobody'}"


def test_an_average_keeps_the_memory_layout() -> None:
    game = build()
    for parameter in game.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    averages = Averages(game, {"discriminator": Average()})
    for one, other in zip(game.discriminator.parameters(), averages.game.discriminator.parameters(), strict=True):
        assert one.stride() == other.stride()


def test_the_teams_of_the_averaged_game_play_with_its_players() -> None:
    game = build()
    averages = Averages(game, {"generator": Average()})
    own = {id(player) for player in averages.game.children() if isinstance(player, nn.Module)}
    assert {id(player) for team in averages.game.teams for player in team.players.values()} <= own
