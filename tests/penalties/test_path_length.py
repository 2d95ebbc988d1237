"""Path lengths against a generator whose Jacobian is known, and their second derivatives against differences."""

from collections.abc import Callable
from dataclasses import replace
from math import sqrt

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import Critic, GeneratedBatch, Memory, Penalizer, PenaltyInputs
from sparring.errors import SpecError
from sparring.games import GAN, BiGAN, InfoGAN
from sparring.layers.mapping import MeanLatent
from sparring.network import Condition
from sparring.network.style_based import LayerNoise, StyleNetwork
from sparring.networks import DCGANGenerator, StyleGAN2Discriminator, StyleGAN2Generator
from sparring.penalties import R1, PathLength

Differentiate = Callable[..., tuple[float, float]]

SPEC = StyleGAN2Generator.Spec(channel_base=64, width=5, mapping_layers=2, mixing=0)
COUNT = 4000


class Scale(nn.Module):
    """w = z, with a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        return latents * self.scale


class Linear(StyleNetwork):
    """An image of 1x1x2 that is the mean over three layers of w times `stretch`: J is stretch / 3 · I for each."""

    def __init__(self, stretch: float) -> None:
        super().__init__()
        self.stretch = nn.Parameter(torch.tensor(stretch))
        self.mapping, self.mean_latent = Scale(), MeanLatent(2)
        self.width, self.styles, self.mixing = 2, 3, 0.0

    def synthesize(self, ws: Tensor, noise: LayerNoise = ()) -> Tensor:
        return (self.stretch * ws.mean(1)).view(-1, 1, 1, 2)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.synthesize(self.broadcast(inputs))


def penalty_inputs(
    player: nn.Module, latents: Tensor, memory: Memory, condition: Tensor | None = None, seed: int = 0
) -> PenaltyInputs:
    generated = GeneratedBatch(torch.zeros(len(latents), 1), latents, lambda values: values, condition)
    fake, random = generated.samples, torch.Generator().manual_seed(seed)
    return PenaltyInputs(
        Critic(lambda values: values), fake, fake, None, fake, random, player=player, generated=generated, memory=memory
    )


def stylegan2(condition: Condition = Condition()) -> StyleNetwork:
    torch.manual_seed(0)
    network = SPEC.build((6,), (2, 8, 8), condition).double()
    assert isinstance(network, StyleNetwork)
    for strength in (layer.noise.strength for block in network.blocks for layer in block.layers):  # type: ignore[union-attr]
        nn.init.ones_(strength)
    return network


def test_the_length_of_a_linear_generator_is_known() -> None:
    # ‖Jᵀy‖² is the mean over layers of (3/3)² |y|² / 2 pixels, |y| being Rayleigh distributed.
    memory = PathLength().memory()
    value = PathLength(decay=0, share=1).value(penalty_inputs(Linear(3.0), torch.randn(COUNT, 2), memory))
    assert memory["mean"].item() == pytest.approx(sqrt(torch.pi / 2) / sqrt(2), rel=0.03)
    assert value.item() == pytest.approx((2 - torch.pi / 2) / 2, rel=0.1), "the variance of the lengths"


def test_the_mean_length_begins_as_the_first_and_follows_slowly() -> None:
    penalty, latents = PathLength(share=1), torch.randn(COUNT, 2)
    memory = penalty.memory()
    first = penalty.value(penalty_inputs(Linear(3.0), latents, memory)).item()
    length = memory["mean"].item()
    assert length == pytest.approx(sqrt(torch.pi) / 2, rel=0.03)
    assert first == pytest.approx((2 - torch.pi / 2) / 2, rel=0.05), "the variance of the lengths"
    penalty.value(penalty_inputs(Linear(6.0), latents, memory))
    assert memory["mean"].item() == pytest.approx(length * 1.01, rel=1e-4)


@pytest.mark.parametrize("parts", [2, 8])
def test_a_batch_in_parts_moves_the_mean_length_as_far_as_the_whole_does(parts: int) -> None:
    penalty, player, latents = PathLength(share=1), Linear(3.0), torch.randn(COUNT, 2)
    whole, shared = ({"mean": torch.zeros(()), "begun": torch.ones(())} for _ in range(2))
    penalty.value(penalty_inputs(player, latents, whole))
    for _ in range(parts):
        penalty.value(replace(penalty_inputs(player, latents, shared), parts=parts))
    torch.testing.assert_close(shared, whole, rtol=1e-5, atol=0)


def test_the_lengths_are_those_by_finite_differences_of_the_images() -> None:
    network, latents = stylegan2().eval(), torch.randn(3, 6, dtype=torch.float64)
    memory: Memory = {"mean": torch.zeros((), dtype=torch.float64), "begun": torch.zeros(())}
    network.mean_latent.training = True
    torch.manual_seed(1)
    PathLength(decay=0, share=1).value(penalty_inputs(network, latents, memory, seed=2))
    torch.manual_seed(1)
    noise = network.draw_noise(3)
    probe = torch.randn(3, 2, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64) / 8
    ws = network.broadcast(network.mapping(latents)).detach().clone()
    products = torch.zeros_like(ws)
    with torch.no_grad():
        for layer in range(network.styles):
            for place in range(network.width):
                step = torch.zeros_like(ws)
                step[:, layer, place] = 1e-6
                change = network.synthesize(ws + step, noise) - network.synthesize(ws - step, noise)
                products[:, layer, place] = (change * probe).sum((1, 2, 3)) / 2e-6
    expected = products.square().sum(2).mean(1).sqrt().mean()
    torch.testing.assert_close(memory["mean"], expected, rtol=1e-6, atol=0)


STYLED = ["constant", "mapping.layers.0.weight", "blocks.0.to_image.weight"]
STYLED += [f"blocks.1.layers.{name}" for name in ("0.weight", "1.affine.bias", "1.noise.strength")]


@pytest.mark.parametrize("name", STYLED)
def test_its_derivatives_by_stylegan2s_weights_match_finite_differences(
    name: str, differentiate: Differentiate
) -> None:
    network, latents = stylegan2().train(), torch.randn(4, 6, dtype=torch.float64)
    weight, penalty = network.get_parameter(name), PathLength(decay=1 - 1e-12)

    def value() -> Tensor:
        torch.manual_seed(1)
        memory: Memory = {"mean": torch.tensor(0.3, dtype=torch.float64), "begun": torch.ones(())}
        return penalty.value(penalty_inputs(network, latents, memory))

    numeric, exact = differentiate(value, weight)
    assert numeric == pytest.approx(exact, rel=1e-5, abs=1e-10)


@pytest.mark.parametrize("name", ["blocks.0.first.weight", "blocks.0.second.bias", "convolve.weight", "head.weight"])
def test_r1s_derivatives_by_stylegan2s_weights_match_finite_differences(
    name: str, differentiate: Differentiate
) -> None:
    torch.manual_seed(0)
    discriminator = StyleGAN2Discriminator.Spec(channel_base=64).build((2, 8, 8), (1,)).double()
    real, weight = torch.randn(4, 2, 8, 8, dtype=torch.float64), discriminator.get_parameter(name)

    def value() -> Tensor:
        samples = real.clone().requires_grad_()
        scores = discriminator(samples)
        return R1().value(PenaltyInputs(Critic(discriminator), samples, real, scores, scores, torch.Generator()))

    numeric, exact = differentiate(value, weight)
    assert numeric == pytest.approx(exact, rel=1e-5, abs=1e-9)


def test_it_uses_the_first_half_of_the_batch_and_its_classes() -> None:
    network = stylegan2(Condition(classes=3)).float()
    latents, classes = torch.randn(5, 6), torch.tensor([0, 1, 2, 0, 1])
    mapped: list[tuple[Tensor, Tensor]] = []
    network.mapping.register_forward_pre_hook(lambda module, inputs: mapped.append(inputs))
    PathLength().value(penalty_inputs(network, latents, PathLength().memory(), classes))
    assert torch.equal(mapped[0][0], latents[:3])
    assert torch.equal(mapped[0][1], classes[:3])


def test_it_is_computed_in_full_precision_under_autocast() -> None:
    network, latents = stylegan2().float(), torch.randn(4, 6)

    def value() -> Tensor:
        torch.manual_seed(1)
        return PathLength().value(penalty_inputs(network, latents, PathLength().memory()))

    with torch.autocast("cpu", torch.bfloat16):
        under = value()
    assert torch.equal(under, value())


def test_the_mean_length_is_saved_with_the_game() -> None:
    game = GAN.Spec(
        generator=SPEC,
        discriminator=StyleGAN2Discriminator.Spec(channel_base=64),
        generator_penalties=(PathLength(every=4),),
    ).build((3, 8, 8))
    assert "adversary.generator_penalties.PathLength_mean" in game.state_dict()


@pytest.mark.parametrize("kind", [GAN, InfoGAN, BiGAN], ids=lambda kind: kind.__name__)
def test_a_generator_without_styles_is_refused_when_the_game_is_built(kind: type[GAN | InfoGAN | BiGAN]) -> None:
    spec = kind.Spec(generator=DCGANGenerator.Spec(width=4), generator_penalties=(PathLength(),))
    with pytest.raises(SpecError, match="PathLength is for generators with styles; DCGANGenerator has none"):
        spec.build((3, 8, 8))
    with pytest.raises(SpecError, match="such as StyleGAN2Generator"):
        Penalizer((PathLength(),), nn.Identity())


def test_a_discriminator_has_no_path_length() -> None:
    with pytest.raises(SpecError, match="PathLength is no penalty of a discriminator"):
        GAN.Spec.read({"penalties": ["PathLength"]})


@pytest.mark.parametrize("values", [{"decay": 1}, {"decay": -0.1}, {"share": 0}, {"share": 1.5}])
def test_impossible_numbers_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=f"{next(iter(values))}: got"):
        PathLength.read(values)


def test_published_numbers_are_the_defaults() -> None:
    assert (PathLength().weight, PathLength().decay, PathLength().share) == (2, 0.99, 0.5)
