"""NICE and Real NVP: undone to 1e-5, with exact determinants, and densities that can be trained."""

from math import log, pi, prod

import pytest
import torch
from torch import Tensor
from torch.autograd.functional import jacobian

from sparring.errors import ShapeError
from sparring.network import Condition, Network, Shape
from sparring.networks import NICE, Invertible, RealNVP
from sparring.tensors.quantization import bits_per_dimension, dequantize

TINY = [("NICE", (2,)), ("NICE", (5,)), ("NICE", (2, 1, 3)), ("RealNVP", (1, 4, 2)), ("RealNVP", (3, 1, 3))]
LARGER = [("NICE", (3, 16, 16)), ("NICE", (64,)), ("RealNVP", (1, 28, 28)), ("RealNVP", (3, 16, 24))]


def build(kind: str, sample: Shape, classes: int = 0, **fields: object) -> Invertible:
    """A network that has moved away from its initial weights."""
    torch.manual_seed(0)
    kinds: dict[str, type[Network.Spec]] = {"NICE": NICE.Spec, "RealNVP": RealNVP.Spec}
    network = kinds[kind].read({"width": 8, **fields}).build((prod(sample),), sample, Condition(classes))
    assert isinstance(network, Invertible)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.02)
    return network


def latents(network: Invertible, count: int = 3) -> Tensor:
    return torch.randn(count, *network.inputs, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("kind", "sample"), TINY + LARGER)
@pytest.mark.parametrize("classes", [0, 3])
def test_the_inverse_undoes_the_network_to_1e_5_both_ways(kind: str, sample: Shape, classes: int) -> None:
    network = build(kind, sample, classes)
    given, classes_of_latents = latents(network), torch.tensor([0, 2, 1]) if classes else None
    samples, there = network.transform(given, classes_of_latents)
    found, back = network.inverse(samples, classes_of_latents)
    assert samples.shape == (3, *sample)
    assert (found - given).abs().max() < 1e-5
    torch.testing.assert_close(back, -there, rtol=1e-5, atol=1e-3)
    again, _ = network.transform(network.inverse(samples.clamp(-1, 1), classes_of_latents)[0], classes_of_latents)
    assert (again - samples.clamp(-1, 1)).abs().max() < 1e-5


@pytest.mark.parametrize(("kind", "sample"), TINY)
def test_the_log_determinant_is_that_of_the_exact_jacobian(kind: str, sample: Shape) -> None:
    network = build(kind, sample).double()
    given = latents(network).double()
    _, found = network.transform(given)
    for one, value in zip(given, found, strict=True):
        exact = jacobian(lambda z: network.transform(z[None])[0].flatten(), one)  # type: ignore[no-untyped-call]
        torch.testing.assert_close(value, exact.slogdet().logabsdet)


@pytest.mark.parametrize(("kind", "sample"), [("RealNVP", (1, 4, 4)), ("RealNVP", (2, 8, 8)), ("NICE", (1, 4, 4))])
def test_the_determinant_is_right_over_all_scales(kind: str, sample: Shape) -> None:
    fields = {"scales": 2} if kind == "RealNVP" else {}
    network = build(kind, sample, **fields).double()
    one = latents(network, 1).double()
    exact = jacobian(lambda z: network.transform(z)[0].flatten(), one)  # type: ignore[no-untyped-call]
    expected = exact.reshape(prod(sample), prod(sample)).slogdet().logabsdet
    torch.testing.assert_close(network.transform(one)[1][0], expected)


def test_every_latent_reaches_the_sample_and_every_pixel_the_latents() -> None:
    network = build("RealNVP", (1, 8, 8)).double()
    one = latents(network, 1).double()
    exact = jacobian(lambda z: network.transform(z)[0].flatten(), one).view(64, 64)  # type: ignore[no-untyped-call]
    assert exact.any(0).all()
    assert exact.any(1).all()
    assert (exact - exact.diag().diag()).any(0).all()


def test_a_density_adds_up_to_one() -> None:
    network = build("NICE", (1, 1, 2), margin=0.0).double()
    side = torch.linspace(-1, 1, 402, dtype=torch.float64)[1:-1:1]
    side = (side[1:] + side[:-1]) / 2
    points = torch.cartesian_prod(side, side).view(-1, 1, 1, 2)
    with torch.no_grad():
        found, log_determinant = network.inverse(points)
    density = (-found.square().sum(1) / 2 - log(2 * pi) + log_determinant).exp()
    assert abs(density.sum().item() * (2 / 401) ** 2 - 1) < 0.01


@pytest.mark.parametrize("kind", ["NICE", "RealNVP"])
def test_likelihood_training_finds_that_pixels_are_alike(kind: str) -> None:
    random = torch.Generator().manual_seed(0)
    levels = torch.randint(4, (64, 1, 1, 1), generator=random).expand(-1, 1, 4, 4)
    images = levels / 1.5 - 1
    network = build(kind, (1, 4, 4), width=16)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    bits = []
    for _ in range(60):
        found, log_determinant = network.inverse(dequantize(images, random, 4))
        density = log_determinant - found.square().sum(1) / 2 - 8 * log(2 * pi)
        loss = bits_per_dimension(density, 16, 4).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        bits.append(loss.item())
    assert bits[-1] < 1.3 < 2 < bits[0]  # 2 bits for independent pixels


@pytest.mark.parametrize(("kind", "sample"), LARGER)
def test_called_as_a_generator_it_draws_pictures_in_range(kind: str, sample: Shape) -> None:
    network = build(kind, sample)
    given = 3 * latents(network)
    found, samples = network(given), network.transform(given)[0]
    assert torch.equal(found, samples.clamp(-1, 1) if len(sample) == 3 else samples)
    assert len(sample) == 1 or samples.abs().max() <= 1 / 0.9


def test_latents_may_have_any_shape_of_as_many_numbers() -> None:
    network = RealNVP.Spec(width=4).build((2, 8, 8), (2, 8, 8))
    assert isinstance(network, Invertible)
    assert network.inverse(network(torch.randn(3, 2, 8, 8)))[0].shape == (3, 2, 8, 8)


def test_channels_last_images_have_the_same_latents() -> None:
    network = build("RealNVP", (3, 8, 8))
    images = torch.rand(2, 3, 8, 8) * 2 - 1
    for found, expected in zip(
        network.inverse(images.contiguous(memory_format=torch.channels_last)), network.inverse(images), strict=True
    ):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("kind", ["NICE", "RealNVP"])
def test_under_autocast_latents_and_determinants_stay_in_float32(kind: str) -> None:
    network = build(kind, (1, 8, 8))
    images = torch.rand(2, 1, 8, 8) * 2 - 1
    expected = network.inverse(images)
    with torch.autocast("cpu", torch.bfloat16):
        found = network.inverse(images)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).abs().max() < 0.05 * other.abs().max()


def test_scales_are_as_many_as_fit_and_no_more_are_built() -> None:
    def count(sample: Shape) -> int:
        network = RealNVP.Spec(width=1, blocks=0).build((prod(sample),), sample)
        return sum(type(layer).__name__ == "Scale" for layer in network.modules()) + 1

    assert [count((1, side, side)) for side in (5, 8, 28, 32, 64)] == [1, 2, 3, 4, 5]
    assert count((1, 8, 6)) == 1
    with pytest.raises(ShapeError, match=r"scales=4 halves height and width 3 times.*scales=3 fits"):
        RealNVP.Spec(scales=4).build((784,), (1, 28, 28))
    with pytest.raises(ShapeError, match="scales=1 fits"):
        RealNVP.Spec(scales=2).build((12,), (3, 2, 2))


@pytest.mark.parametrize("kind", ["NICE", "RealNVP"])
def test_a_prior_of_another_size_is_refused_with_the_right_one(kind: str) -> None:
    spec = NICE.Spec() if kind == "NICE" else RealNVP.Spec()
    with pytest.raises(ShapeError, match=rf"{kind} .*\(128,\) to \(1, 28, 28\); give the prior a size of 784"):
        spec.build((128,), (1, 28, 28))


def test_what_cannot_be_coupled_is_refused() -> None:
    with pytest.raises(ShapeError, match="NICE couples at least two numbers"):
        NICE.Spec().build((1,), (1,))
    for sample in ((6,), (4, 1, 1)):
        with pytest.raises(ShapeError, match="RealNVP maps latents to images"):
            RealNVP.Spec().build((prod(sample),), sample)
