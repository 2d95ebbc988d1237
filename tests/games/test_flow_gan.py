"""Flow-GAN: the density is exact, the inverse too, and each training minimises what it says."""

from math import log, log2, pi, prod

import pytest
import torch
from torch import Tensor
from torch.autograd.functional import jacobian

from sparring.errors import ShapeError, SpecError
from sparring.game import Batch
from sparring.games import FlowGAN
from sparring.losses import Hinge, LeastSquares, Relativistic, Wasserstein
from sparring.network import Network, Shape
from sparring.networks import MLP, NICE, RealNVP
from sparring.penalties import R1, R2, GradientPenalty, OrthogonalRegularization, WeightClipping
from sparring.tensors.quantization import dequantize

PICTURE, VECTOR = (1, 4, 4), (5,)

FLOWS: list[tuple[Network.Spec, Shape]] = [
    (RealNVP.Spec(width=6, blocks=1, scales=2), PICTURE),
    (RealNVP.Spec(width=6, blocks=1), (3, 8, 8)),
    (NICE.Spec(width=8), PICTURE),
    (NICE.Spec(width=8), VECTOR),
]
ALONE: dict[str, object] = {"discriminator": None, "order": ("generator",)}

every_flow = pytest.mark.parametrize(("flow", "sample"), FLOWS, ids=lambda value: str(value).replace(" ", ""))


NARROW = NICE.Spec(width=8)


def play(flow: Network.Spec = NARROW, sample: Shape = PICTURE, **rules: object) -> FlowGAN:
    """A game whose generator has moved away from its initial weights."""
    torch.manual_seed(0)
    game = FlowGAN.Spec(**{"generator": flow, "discriminator": MLP.Spec(width=6), **rules}).build(sample)  # type: ignore[arg-type]
    assert isinstance(game, FlowGAN)
    with torch.no_grad():
        for parameter in game.generator.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.05)
    return game


def batch(sample: Shape = PICTURE) -> Batch:
    """Six samples of 256 levels."""
    levels = torch.randint(256, (6, *sample), generator=torch.Generator().manual_seed(1))
    return Batch(levels / 127.5 - 1, None, 0, torch.Generator().manual_seed(2))


def minimised(game: FlowGAN, given: Batch) -> Tensor:
    return torch.stack(list(game.generate(given).values())).sum()


@every_flow
def test_what_is_encoded_is_rendered_again_to_1e_5(flow: Network.Spec, sample: Shape) -> None:
    game, real = play(flow, sample), batch(sample).real
    with game.evaluating():
        assert (game.render(game.encode(real)) - real).abs().max() < 1e-5
        latents = game.draw_latents(6, torch.Generator().manual_seed(3))
        assert (game.encode(game.generator.transform(latents)[0]) - latents).abs().max() < 1e-5


@pytest.mark.parametrize(("flow", "sample"), [flow for flow in FLOWS if prod(flow[1]) < 20])
def test_the_log_likelihood_is_that_of_the_exact_jacobian(flow: Network.Spec, sample: Shape) -> None:
    game = play(flow, sample).double()
    real = batch(sample).real.double()
    found = game.log_likelihood(real)
    for one, value in zip(real, found, strict=True):
        exact = jacobian(lambda x: game.encode(x[None])[0], one).reshape(prod(sample), prod(sample))  # type: ignore[no-untyped-call]
        normal = torch.distributions.Normal(0, 1).log_prob(game.encode(one[None])).sum()  # type: ignore[no-untyped-call]
        torch.testing.assert_close(value, normal + exact.slogdet().logabsdet)


def test_bits_per_dimension_are_the_negative_logarithm_of_the_mass_of_a_picture() -> None:
    """Of two pixels: the density, integrated over the bin of each picture of four levels, against the bound."""
    game = play(sample=(1, 1, 2), levels=4, **ALONE).double()
    pixel = torch.arange(4).double() * 2 / 3 - 1
    pictures = torch.cartesian_prod(pixel, pixel).view(-1, 1, 1, 2)
    fine = (torch.arange(400).double() + 0.5) / 200 - 1
    with torch.no_grad():
        density = game.log_likelihood(torch.cartesian_prod(fine, fine).view(-1, 1, 1, 2)).exp()
        mass = density.view(4, 100, 4, 100).sum((1, 3)).flatten() * (2 / 400) ** 2
        random = torch.Generator().manual_seed(0)
        bits = torch.stack([game.bits_per_dim(pictures, random) for _ in range(500)])
    assert mass.sum() < 1
    assert (bits.mean(0) > -mass.log2() / 2 - 0.03).all()
    torch.testing.assert_close((-2 * bits * log(2)).exp().mean(0), mass, rtol=0.1, atol=0)  # the bound is Jensen's


def test_the_density_of_squashed_normals_has_a_closed_form() -> None:
    game = play(NICE.Spec(width=4, margin=0), (1, 1, 2), **ALONE)
    for parameter in game.generator.parameters():
        parameter.data.zero_()  # x = tanh(z/2) is left
    at = torch.tensor([0.0, 0.6]).view(1, 1, 1, 2)
    latents = 2 * at.atanh()
    expected = -(latents.square().sum() / 2 + log(2 * pi)) + (2 / (1 - at.square())).log().sum()
    torch.testing.assert_close(game.log_likelihood(at), expected[None])


def test_a_vector_has_no_levels_and_no_noise() -> None:
    game, real = play(sample=VECTOR, **ALONE), batch(VECTOR).real
    found = game.bits_per_dim(real, torch.Generator())
    torch.testing.assert_close(found, -game.log_likelihood(real) / 5 / log(2))


def test_the_generator_minimises_the_adversarial_loss_and_lambda_times_the_bits() -> None:
    game, loss = play(losses=LeastSquares(), likelihood_weight=0.3), LeastSquares()
    given, random = batch(), torch.Generator().manual_seed(2)
    noisy = dequantize(given.real, random)
    generated = game.generator.transform(torch.randn(6, 16, generator=random))[0]
    assert game.discriminator is not None
    bits = -(game.log_likelihood(noisy).mean() / 16 / log(2)) + log2(128)
    expected = loss.generator(game.discriminator(generated)) + 0.3 * bits
    weights = game.teams[1].parameters()
    wanted = torch.autograd.grad(expected, weights)
    with game.to_move(game.teams[1]):
        found = torch.autograd.grad(minimised(game, given), weights)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)
    assert given.observations["training_bits_per_dim"].item() == pytest.approx(bits.item())


def test_the_discriminator_sees_real_pictures_with_the_noise_of_their_levels() -> None:
    game, given = play(), batch()
    seen: list[Tensor] = []
    assert game.discriminator is not None
    game.discriminator.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    game.discriminate(given)
    noisy = dequantize(given.real, torch.Generator().manual_seed(2))
    assert torch.equal(torch.cat(seen)[:6], noisy)


def test_adversarial_training_is_without_likelihood_and_likelihood_training_without_a_discriminator() -> None:
    assert play(likelihood_weight=0).generate(batch()).keys() == {"adversarial"}
    alone = play(**ALONE)
    assert alone.generate(batch()).keys() == {"likelihood"}
    assert [team.name for team in alone.teams] == ["generator"]
    assert alone.spec.turns() == [("generator",)]
    assert alone.discriminator_score(batch().real) is None


def test_likelihood_training_with_and_without_a_discriminator_has_one_slope() -> None:
    both, alone = play(), play(**ALONE)
    for name, value in both.generator.state_dict().items():
        alone.generator.state_dict()[name].copy_(value)
    for one, other in zip(
        torch.autograd.grad(both.generate(batch())["likelihood"], list(both.generator.parameters())),
        torch.autograd.grad(alone.generate(batch())["likelihood"], list(alone.generator.parameters())),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_the_generator_learns_from_samples_that_reach_beyond_the_range_of_pictures() -> None:
    game = play(likelihood_weight=0)
    scale = game.generator.bijection.parts[0].log_scale  # type: ignore[index, union-attr]
    with torch.no_grad():
        scale.fill_(2)
    seen: list[Tensor] = []
    assert game.discriminator is not None
    game.discriminator.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    loss = game.generate(batch())["adversarial"]
    (gradient,) = torch.autograd.grad(loss, seen[0], retain_graph=True)
    assert gradient[seen[0].abs() > 1].all()
    assert torch.autograd.grad(loss, scale)[0].all()
    assert game.draw(6, torch.Generator().manual_seed(0)).abs().max() == 1


@pytest.mark.parametrize("losses", [Hinge(), LeastSquares(), Wasserstein(), Relativistic()], ids=repr)
def test_losses_penalties_and_projections_compose(losses: object) -> None:
    given = {"penalties": (R1(), R2(), GradientPenalty()), "generator_penalties": (OrthogonalRegularization(),)}
    game = play(losses=losses, projections=(WeightClipping(),), **given)
    assert game.discriminate(batch()).keys() == {"adversarial", "R1", "R2", "GradientPenalty"}
    assert game.generate(batch()).keys() == {"adversarial", "likelihood", "OrthogonalRegularization"}


def test_held_out_samples_take_the_same_bits_whenever_they_are_examined() -> None:
    game, real = play(), batch().real
    with game.evaluating():
        one, same = game.validation_metrics(real, None), game.validation_metrics(real, None)
    assert one == same
    assert one.keys() == game.spec.validation_metric_directions.keys() == {"bits_per_dim"}


def test_interpolations_begin_and_end_with_real_samples() -> None:
    game, real = play(RealNVP.Spec(width=4, blocks=0)), batch().real
    with game.evaluating():
        rows = game.sample_grids(real, None, 0)["interpolations"].samples.unflatten(0, (3, -1))
        torch.testing.assert_close(rows[:, 0], real[:3], atol=1e-5, rtol=0)
        torch.testing.assert_close(rows[:, -1], real[3:], atol=1e-4, rtol=0)
        assert game.sample_grids(real[:1], None, 0) == {}


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"discriminator": None}, r"order: there is no discriminator to move; set order=\[generator\]"),
        ({**ALONE, "likelihood_weight": 0}, "likelihood_weight: 0 without a discriminator leaves nothing to learn"),
        ({**ALONE, "penalties": ["R1"]}, "discriminator: penalties, projections and augmentations need one"),
        ({"levels": 1}, "levels"),
        ({"likelihood_weight": -1}, "likelihood_weight"),
    ],
)
def test_rules_that_do_not_go_together_are_refused(rules: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        FlowGAN.Spec.read(rules)


def test_a_generator_without_an_inverse_is_refused() -> None:
    with pytest.raises(SpecError, match=r"game.generator: MLP has no inverse; choose NICE or RealNVP"):
        play(MLP.Spec(width=4))


def test_a_network_that_cannot_make_such_samples_is_named() -> None:
    with pytest.raises(ShapeError, match=r"game.generator: RealNVP maps latents to images"):
        play(RealNVP.Spec(), VECTOR)
