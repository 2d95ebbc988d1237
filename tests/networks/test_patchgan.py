"""PatchGAN: how far it sees, by gradients; maps of scores in every loss and every penalty."""

from typing import get_args

import pytest
import torch
from torch import Tensor, nn

import sparring.recipes  # noqa: F401 (defines every member)
from sparring.adversary import DiscriminatorCritic, GeneratedBatch, Penalizer, Penalty, PenaltyInputs, score
from sparring.errors import ShapeError
from sparring.game import Batch
from sparring.layers.normalization import InstanceNorm, NoNorm
from sparring.losses import AdversarialLoss
from sparring.network import Network, Shape
from sparring.networks import PatchGAN
from sparring.networks.patchgan import Field, smallest_side
from sparring.penalties import R1, GradientPenalty, PathLength

FIELDS: tuple[Field, ...] = get_args(Field)
SAMPLE = (2, 12, 12)

every_field = pytest.mark.parametrize("field", FIELDS)


def build(field: Field = 16, inputs: Shape = SAMPLE, **fields: object) -> Network:
    torch.manual_seed(0)
    return PatchGAN.Spec.read({"width": 4, "normalization": "NoNorm", "field": field, **fields}).build(inputs, (1,))


def members(family: type) -> list[type]:
    return [member for _, member in sorted(family.members.items()) if member.__module__.startswith("sparring.")]  # type: ignore[attr-defined]


@every_field
def test_a_score_sees_a_patch_of_exactly_the_field(field: Field) -> None:
    side = 2 * field + 40
    network = build(field, (1, side, side), width=2)
    given = torch.randn(1, 1, side, side, requires_grad=True)
    scores = network(given)
    middle = scores.shape[2] // 2
    (gradient,) = torch.autograd.grad(scores[0, 0, middle, middle], given)
    seen = gradient[0, 0].abs() > 0
    assert seen.any(1).sum() == field
    assert seen.any(0).sum() == field


def test_a_256x256_image_goes_through_the_published_layers() -> None:
    with torch.device("meta"):
        network = PatchGAN.Spec().build((6, 256, 256), (1,))
        assert network(torch.empty(1, 6, 256, 256)).shape == (1, 1, 30, 30)
    layers = [network.get_submodule(f"convolutions.{index}") for index in range(4)]
    assert [layer.out_channels for layer in layers] == [64, 128, 256, 512]
    assert [layer.bias is None for layer in layers] == [False, True, True, True]
    kinds = [type(network.get_submodule(f"normalize.{index}")) for index in range(4)]
    assert kinds == [nn.Identity, *[nn.BatchNorm2d] * 3]


@every_field
def test_the_smallest_image_has_a_score_and_a_smaller_one_is_refused_with_what_fits(field: Field) -> None:
    side = smallest_side(field)
    for normalization in ("BatchNorm", "InstanceNorm"):
        if field > 1:
            network = build(field, (1, side, side + 1), normalization=normalization)
            assert network(torch.randn(1, 1, side, side + 1)).shape[:3] == (1, 1, 1)
    if field > 1:
        fit = max(other for other in FIELDS if other < field)
        with pytest.raises(ShapeError, match=f"at least {side}x{side}.*field={fit} fits"):
            PatchGAN.Spec(field=field).build((3, side + 5, side - 1), (1,))


def test_what_is_no_image_is_refused() -> None:
    for inputs, outputs in (((6,), (1,)), ((3, 64, 64), (3, 64, 64))):
        with pytest.raises(ShapeError, match="PatchGAN maps images"):
            PatchGAN.Spec().build(inputs, outputs)


def test_pixels_are_scored_independently() -> None:
    network, given = build(1), torch.randn(2, *SAMPLE)
    mixed = given.flatten(2)[:, :, torch.randperm(144)].view_as(given)
    torch.testing.assert_close(network(mixed).flatten(1).sort()[0], network(given).flatten(1).sort()[0])


@pytest.mark.parametrize("kind", members(AdversarialLoss), ids=lambda kind: kind.__name__)
def test_a_loss_of_maps_is_the_mean_of_its_losses_at_the_places(kind: type[AdversarialLoss]) -> None:
    loss = kind()
    real, fake = torch.randn(2, 5, 1, 3, 2, generator=torch.Generator().manual_seed(0))
    found = loss.discriminator(real, fake), loss.generator(fake, real)
    assert all(value.shape == () and value.isfinite() for value in found)
    flat = (
        loss.discriminator(real.reshape(-1, 1), fake.reshape(-1, 1)),
        loss.generator(fake.reshape(-1, 1), real.reshape(-1, 1)),
    )
    torch.testing.assert_close(found, flat)


def penalty_of(network: Network, penalty: Penalty) -> Tensor:
    random = torch.Generator().manual_seed(1)
    real = torch.rand(4, *SAMPLE, generator=random) * 2 - 1
    batch = Batch(real, None, 0, random)
    generator = nn.Sequential(nn.Linear(3, 2 * 144), nn.Tanh(), nn.Unflatten(1, SAMPLE))
    fake = GeneratedBatch.from_latents(generator, torch.randn(4, 3, generator=random))
    critic = DiscriminatorCritic(network)
    if "discriminator" in penalty.players:
        return score(critic, batch, fake, Penalizer((penalty,), network)).penalties[penalty.kind()]
    scores = (critic(real), critic(fake.samples))
    inputs = PenaltyInputs(critic, real, fake.samples, *scores, random, player=generator, generated=fake)
    return Penalizer((penalty,), generator).losses(inputs, 0)[penalty.kind()]


OF_SCORES = [kind for kind in members(Penalty) if kind is not PathLength]  # it has no discriminator


@pytest.mark.parametrize("kind", OF_SCORES, ids=lambda kind: kind.__name__)
def test_every_penalty_takes_maps(kind: type[Penalty]) -> None:
    network = build()
    penalty = penalty_of(network, kind())
    assert penalty.shape == ()
    assert penalty.isfinite()
    penalty.backward()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("penalty", [R1(), GradientPenalty()], ids=repr)
def test_a_gradient_penalty_differentiates_the_mean_over_places(penalty: Penalty) -> None:
    network = build()

    class Mean(Network):
        def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
            return network(inputs).mean((2, 3))  # type: ignore[no-any-return]

    torch.manual_seed(0)
    expected = penalty_of(Mean(), penalty)
    torch.manual_seed(0)
    torch.testing.assert_close(penalty_of(network, penalty), expected)


def test_input_gradients_are_differentiable_and_come_with_the_scores() -> None:
    network, given = build().double(), torch.randn(2, *SAMPLE, dtype=torch.float64)
    scores, gradients = network.input_gradient(given)
    assert torch.equal(scores, network(given))
    step = 1e-5 * torch.randn_like(given)
    change = (network(given + step) - network(given - step)).mean((2, 3)).flatten() / 2
    torch.testing.assert_close((gradients * step).flatten(1).sum(1), change, rtol=1e-5, atol=1e-12)
    gradients.square().sum().backward()  # type: ignore[no-untyped-call]
    assert network.get_parameter("convolutions.0.weight").grad is not None


def test_features_are_the_inputs_of_the_last_layer() -> None:
    network, given = build(), torch.randn(2, *SAMPLE)
    hidden = network.features(given).view(2, 8, 5, 5)
    torch.testing.assert_close(network.get_submodule("head")(hidden), network(given))


def test_channels_last_and_bfloat16_give_nearly_the_same() -> None:
    network, given = build(70, (3, 32, 32), normalization=InstanceNorm()), torch.randn(2, 3, 32, 32)
    expected = network(given)
    found = network.to(memory_format=torch.channels_last)(given.contiguous(memory_format=torch.channels_last))  # type: ignore[call-overload]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        assert (network(given) - expected).abs().max() < 0.05


def test_no_normalization_leaves_biases() -> None:
    network = PatchGAN.Spec(width=2, normalization=NoNorm()).build((3, 24, 24), (1,))
    assert all(network.get_submodule(f"convolutions.{index}").bias is not None for index in range(4))
