"""Perceptual path length where it has a closed form."""

import math
from dataclasses import dataclass

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.path_length import FACE, PPL, PPLW, path_lengths, trimmed


@dataclass(frozen=True)
class Linear:
    """A generator whose image is a matrix times its latent, and one more than its class where it has one."""

    matrix: torch.Tensor
    side: tuple[int, int]
    spherical: bool = False
    classes: int = 0

    def draw(self, count, seed):
        random = torch.Generator().manual_seed(seed)
        return torch.randn(count, self.matrix.shape[1], generator=random, dtype=self.matrix.dtype)

    def draw_ends(self, count, seed):
        ends = self.draw(2 * count, seed)
        return ends[:count], ends[count:], torch.arange(count) % self.classes if self.classes else None

    def generate(self, latents, classes):
        images = (latents @ self.matrix.T).view(-1, 1, *self.side)
        return images if classes is None else images * (1 + classes.view(-1, 1, 1, 1))


class Known:
    """A generator whose latent spaces are `spaces`."""

    def __init__(self, **spaces):
        self.space = spaces.__getitem__


def squared(one, other):
    return (one - other).square().sum((1, 2, 3))


def linear(height=3, width=2, size=5, **fields):
    random = torch.Generator().manual_seed(7)
    return Linear(torch.randn(height * width, size, generator=random, dtype=torch.float64), (height, width), **fields)


def test_a_linear_generator_has_the_squared_length_of_its_image_of_the_path():
    space = linear()
    latents = space.draw(20, seed=3)
    expected = ((latents[10:] - latents[:10]) @ space.matrix.T).square().sum(1)
    for sampling in ("full", "ends"):
        result = path_lengths(space, squared, count=10, sampling=sampling, seed=3)
        assert result.tolist() == pytest.approx(expected.tolist(), rel=1e-6)


def test_its_mean_over_paths_is_twice_the_squared_norm_of_the_matrix():
    space = linear()
    lengths = path_lengths(space, squared, count=20_000, batch=5000)
    expected = 2 * space.matrix.square().sum().item()
    assert lengths.mean().item() == pytest.approx(expected, abs=4 * lengths.std().item() / 20_000**0.5)


def test_on_the_sphere_the_identity_has_the_squared_angle():
    # Latents of length 1 stay on the arc, whose speed is its angle; a chord of ε·Ω is shorter by its fourth power.
    space = Linear(torch.eye(4, dtype=torch.float64), (2, 2), spherical=True)
    unit = space.draw(16, seed=0)
    unit /= unit.norm(dim=1, keepdim=True)

    class Unit(Linear):
        def draw(self, count, seed):
            return unit

    result = path_lengths(Unit(space.matrix, (2, 2), spherical=True), squared, count=8)
    angles = torch.acos((unit[:8] * unit[8:]).sum(1))
    assert result.tolist() == pytest.approx(angles.square().tolist(), rel=1e-6)


def test_both_images_of_a_path_have_one_class():
    # Were the classes of the two to differ, the distance would not shrink with ε².
    plain = path_lengths(linear(), squared, count=6)
    classy = path_lengths(linear(classes=3), squared, count=6)
    expected = plain * (1 + torch.arange(6) % 3) ** 2
    assert classy.tolist() == pytest.approx(expected.tolist(), rel=1e-6)


def test_float32_latents_keep_three_digits_of_a_step():
    space = linear()
    single = Linear(space.matrix.float(), space.side)
    latents = single.draw(40, seed=0)
    expected = ((latents[20:] - latents[:20]).double() @ space.matrix.T).square().sum(1)
    result = path_lengths(single, squared, count=20)
    assert result.dtype == torch.float64
    assert result.mean().item() == pytest.approx(expected.mean().item(), rel=0.01)


def test_the_crop_for_faces_is_the_published_part_of_the_image():
    compared = []

    def distance(one, other):
        compared.append(one)
        return squared(one, other)

    space = Linear(torch.eye(64, dtype=torch.float64), (8, 8))
    path_lengths(space, distance, count=1, crop=FACE, sampling="ends")
    whole = space.generate(space.draw(2, 0)[:1], None)
    torch.testing.assert_close(compared[0], whole[:, :, 3:7, 2:6])


@pytest.mark.parametrize(("side", "expected"), [(256, 256), (511, 511), (512, 256), (1024, 256)])
def test_large_images_are_averaged_down_to_256(side, expected):
    class Blank:
        spherical = False

        def draw_ends(self, count, seed):
            return torch.zeros(count, 1), torch.zeros(count, 1), None

        def generate(self, latents, classes):
            ramp = torch.arange(side, dtype=torch.float32).expand(len(latents), 1, side, side)
            return ramp / side + latents[:, :, None, None]

    compared = []

    def distance(one, other):
        compared.append(one)
        return squared(one, other)

    path_lengths(Blank(), distance, count=1)
    assert compared[0].shape == (1, 1, expected, expected)
    assert compared[0].mean().item() == pytest.approx((side - 1) / 2 / side)


def test_trimming_drops_what_lies_beyond_the_percentiles_as_published():
    numpy = pytest.importorskip("numpy")
    for count in (10, 100, 1000, 1234):
        lengths = torch.rand(count, generator=torch.Generator().manual_seed(count), dtype=torch.float64)
        array = lengths.numpy()
        low, high = numpy.percentile(array, 1, method="lower"), numpy.percentile(array, 99, method="higher")
        assert trimmed(lengths).tolist() == array[(array >= low) & (array <= high)].tolist()
    assert len(trimmed(torch.arange(1000.0))) == 982
    assert len(trimmed(torch.arange(1000.0), tail=0.0)) == 1000


def test_the_metric_is_the_trimmed_mean_and_repeats_with_the_seed():
    space = linear()
    inputs = MetricInputs(
        SampleStatistics(0), SampleStatistics(0), seed=4, perceptual=squared, generator=Known(z=space)
    )
    (value,) = PPL(count=300).measure(inputs)
    lengths = trimmed(path_lengths(space, squared, count=300, seed=4))
    assert value.value == lengths.mean().item() == PPL(count=300).measure(inputs)[0].value
    assert value.deviation == pytest.approx(lengths.std().item() / math.sqrt(len(lengths)))
    assert value.how == "standard error over 296 of 300 paths; lerp, full, ε 0.0001, no crop"
    assert value.name in PPL.directions


def test_the_metric_in_w_measures_paths_in_w_from_their_ends():
    inner, seed = linear(size=7), 4
    inputs = MetricInputs(
        SampleStatistics(0), SampleStatistics(0), seed, perceptual=squared, generator=Known(z=linear(), w=inner)
    )
    (value,) = PPLW(count=50).measure(inputs)
    assert value.name == "PPL-W"
    assert value.value == trimmed(path_lengths(inner, squared, count=50, sampling="ends", seed=seed)).mean().item()
    assert "ends" in value.how


@pytest.mark.parametrize("metric", [PPL(), PPLW()])
def test_a_run_without_generator_has_no_path_length(metric):
    with pytest.raises(MetricError, match=r"PPL(-W)?: needs a generator and a perceptual network"):
        metric.measure(MetricInputs(SampleStatistics(0), SampleStatistics(0), perceptual=squared))


def test_images_that_are_not_finite_are_refused():
    space = Linear(torch.full((4, 3), torch.nan), (2, 2))
    with pytest.raises(MetricError, match="5 of 5 path lengths are not finite"):
        path_lengths(space, squared, count=5)


@pytest.mark.parametrize("crop", [(0.5, 0.5, 0, 1), (0, 1, 0.2, 1.2), (0.6, 0.4, 0, 1)])
def test_a_crop_outside_of_the_image_is_refused(crop):
    with pytest.raises(ValueError, match="needs 0 ≤ top < bottom ≤ 1"):
        PPL(crop=crop)


def test_half_of_what_a_gpu_would_round_off_is_forbidden():
    allowed = []

    class Watching(Linear):
        def generate(self, latents, classes):
            allowed.append(torch.backends.cudnn.allow_tf32)
            return super().generate(latents, classes)

    before = torch.backends.cudnn.allow_tf32
    path_lengths(Watching(torch.eye(4), (2, 2)), squared, count=1)
    assert allowed == [False, False]
    assert torch.backends.cudnn.allow_tf32 == before
