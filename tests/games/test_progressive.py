"""Progressive growing: its stages, how they fade in, and what is refused."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.game import Batch
from sparring.game.stage import Stage
from sparring.games import Progressive
from sparring.games.progressive import coarsened
from sparring.latents import Gaussian
from sparring.networks import DCGANGenerator, ProgressiveDiscriminator, ProgressiveGenerator

SPEC = Progressive.Spec(
    generator=ProgressiveGenerator.Spec(channel_base=32),
    discriminator=ProgressiveDiscriminator.Spec(channel_base=32),
    prior=Gaussian(size=4),
)


def batch(images: int) -> Batch:
    real = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return Batch(real, None, 0, torch.Generator().manual_seed(0), images=images)


def test_stages_double_the_images_and_show_equally_many_of_them() -> None:
    stages = SPEC.stages((3, 16, 32), 1000, 8)
    assert [stage.sample for stage in stages] == [(3, 4, 8), (3, 8, 16), (3, 16, 32)]
    assert [(stage.begin, stage.end) for stage in stages] == [(0, 200), (200, 600), (600, 1000)]
    assert {stage.batch for stage in stages} == {8}


def test_batches_and_rates_hold_from_a_side_on() -> None:
    spec = SPEC.model_copy(update={"smallest": 8, "batches": {8: 64, 20: 6}, "rates": {32: 1.5}})
    stages = spec.stages((3, 64, 70), 1000, 5)
    assert [(min(stage.sample[1:]), stage.batch, stage.rate) for stage in stages] == [
        (8, 64, 1.0),
        (16, 64, 1.0),
        (32, 6, 1.5),
        (64, 6, 1.5),
    ]
    assert [stage.batch for stage in SPEC.model_copy(update={"batches": {8: 6}}).stages((3, 8, 8), 9, 5)] == [5, 6]


def test_new_layers_fade_in_over_their_share_of_a_stage() -> None:
    game = SPEC.build((3, 8, 8))
    assert isinstance(game, Progressive)
    game.on_stage_start(Stage((3, 8, 8), 100, 300, 4))
    seen = []
    for images in (100, 150, 200, 280):
        played = batch(images)
        game.discriminate(played)
        seen.append(game.generator.alpha.item())
        assert game.discriminator.alpha.item() == played.observations["alpha"].item() == seen[-1]
    assert seen == [0, 0.5, 1, 1]


def test_the_first_stage_has_nothing_to_fade_in() -> None:
    game = SPEC.build((3, 8, 8))
    game.on_stage_start(Stage((3, 8, 8), 0, 300, 4))
    played = batch(0)
    game.discriminate(played)
    assert played.observations["alpha"] == 1


def test_real_images_gain_their_finer_half_along_with_the_networks() -> None:
    images = batch(0).real
    coarse = coarsened(images, 0)
    torch.testing.assert_close(coarse[:, :, ::2, ::2], images.unflatten(3, (4, 2)).unflatten(2, (4, 2)).mean((3, 5)))
    assert torch.equal(coarse[:, :, ::2, ::2], coarse[:, :, 1::2, 1::2])
    torch.testing.assert_close(coarsened(images, 0.25), coarse + 0.25 * (images - coarse))
    assert coarsened(torch.rand(2, 1, 5, 7), 0.5).shape == (2, 1, 5, 7)


def test_networks_that_do_not_grow_are_refused() -> None:
    spec = SPEC.model_copy(update={"generator": DCGANGenerator.Spec()})
    with pytest.raises(SpecError, match=r"needs networks that grow, such as .* got DCGANGenerator"):
        spec.build((3, 16, 16))


def test_points_do_not_grow() -> None:
    with pytest.raises(SpecError, match="grows on images"):
        SPEC.stages((2,), 100, 4)
