"""Z, W and W+ hold the same images; truncation; what is not a model's latents is refused."""

from dataclasses import replace

import pytest
import torch

from sparring.errors import ShapeError, SpecError
from sparring.game import Game
from sparring.latents import Latents, find_space, find_styles
from sparring.latents.latent import join_latents


@pytest.mark.parametrize("name", ["z", "w", "w+"])
def test_every_space_renders_the_samples_of_the_game(styled: Game, name: str) -> None:
    space = find_space(styled, name)
    latents = space.draw(130, seed=3)  # more than one batch
    assert latents.points.shape[1:] == space.shape
    torch.testing.assert_close(space.render(latents), styled.draw_samples(130, seed=3))


def test_a_game_without_styles_has_z(plain: Game) -> None:
    space = find_space(plain, "z")
    torch.testing.assert_close(space.render(space.draw(5, seed=1)), plain.draw_samples(5, seed=1))
    with pytest.raises(SpecError, match=r"DCGANGenerator has only z; w, w\+ and a mean latent"):
        find_space(plain, "w")


@pytest.mark.parametrize("name", ["z", "w"])
def test_classes_are_sampled_or_chosen_like_those_of_samples(styled_classes: Game, name: str) -> None:
    space = find_space(styled_classes, name)
    torch.testing.assert_close(space.render(space.draw(9, 0)), styled_classes.draw_samples(9, 0))
    torch.testing.assert_close(space.render(space.draw(9, 0, 2)), styled_classes.draw_samples(9, 0, 2))


def test_a_game_that_has_no_latents_says_so() -> None:
    with pytest.raises(SpecError, match=r"space: got 'y', which is none"):
        find_space(without_latents(), "y")
    with pytest.raises(SpecError, match="has no latent space"):
        find_space(without_latents(), "z")


def without_latents() -> Game:
    class Silent(Game):
        class Spec(Game.Spec):
            order: tuple[str | tuple[str, ...], ...] = ()

        def __init__(self, spec, sample, condition) -> None:  # type: ignore[no-untyped-def]
            super().__init__(spec, sample, condition)
            self.teams = ()
            self.weight = torch.nn.Parameter(torch.zeros(1), requires_grad=False)

    return Silent.Spec().build((3, 8, 8))


def test_noise_replaces_the_networks_own(styled: Game) -> None:
    space = find_styles(styled)
    latents = space.draw(2, 0)
    own = tuple(noise.expand(2, -1, -1, -1) for noise in space.constant_noise())
    torch.testing.assert_close(space.render(replace(latents, noise=own)), space.render(latents))
    other = tuple(map(torch.zeros_like, own))
    assert not torch.allclose(space.render(replace(latents, noise=other)), space.render(latents))


def test_latents_of_another_model_are_refused(styled: Game, styled_classes: Game) -> None:
    space = find_space(styled, "w")
    with pytest.raises(ShapeError, match=r"got w \[2, 9\]; this model's w are \[N, 8\]"):
        space.render(Latents("w", torch.zeros(2, 9)))
    with pytest.raises(ShapeError, match=r"got z \[2, 8\]; this model's w"):
        space.render(Latents("z", torch.zeros(2, 8)))
    with pytest.raises(ShapeError, match="noise of 1 layers; this model has 5"):
        space.render(Latents("w", torch.zeros(2, 8), noise=(torch.zeros(2, 1, 4, 4),)))
    conditional = find_space(styled_classes, "z")
    with pytest.raises(SpecError, match="they have no condition"):
        conditional.render(Latents("z", torch.zeros(2, 6)))
    with pytest.raises(SpecError, match="from 0 to 2"):
        conditional.render(Latents("z", torch.zeros(2, 6), torch.tensor([0, 7])))


def test_a_latent_of_a_wider_space_is_not_in_a_narrower_one(styled: Game) -> None:
    with pytest.raises(SpecError, match=r"some of w\+, which are not in w"):
        find_space(styled, "w").place(find_space(styled, "w+").draw(1, 0))
    with pytest.raises(SpecError, match="no z; work in w"):
        find_space(styled, "z").place(find_space(styled, "w").draw(1, 0))


def test_several_are_joined_in_one_space_only(styled: Game) -> None:
    one, other = (find_space(styled, "w").draw(2, seed) for seed in (0, 1))
    assert torch.equal(join_latents([one, other]).points, torch.cat((one.points, other.points)))
    with pytest.raises(SpecError, match="got some of w and z"):
        join_latents([one, find_space(styled, "z").draw(1, 0)])
