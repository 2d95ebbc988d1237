"""Structural similarity of images at several scales, and the mean similarity within a set."""

import torch
from pydantic import PositiveInt
from torch import Tensor
from torch.nn import functional

from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, SampleStatistics, Value
from sparring.metrics.statistics.accumulators import Mean
from sparring.metrics.statistics.images import check_images, random_pairs, signed

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""The exponents of the scales, finest first (Wang et al. 2003, sec. 3.2)."""

WINDOW, DEVIATION = 11, 1.5
"""Side and standard deviation, in pixels, of the Gaussian window (Wang et al. 2004)."""

LEAST_SIDE = 7
"""Scales with a smaller shorter side are left out: their window would contain hardly any structure."""

_BATCH = 64


def structural_similarity(one: Tensor, other: Tensor) -> Tensor:
    """Returns SSIM [N], float64, of the images in `one` and `other`, [N, C, H, W], uint8 or in [-1, 1].

    SSIM = (2μν + C₁)(2σ_xy + C₂) / ((μ² + ν² + C₁)(σ_x² + σ_y² + C₂)) with C₁ = .01², C₂ = .03² for pixels in
    [0, 1], under an 11x11 Gaussian window of σ = 1.5 that stays inside the image, averaged over positions and
    channels (Wang et al. 2004). In images with a side below 11 the window is of that side, σ in proportion.

    Raises:
        MetricError: not two batches of images of one shape.

    >>> structural_similarity(torch.zeros(1, 1, 11, 11), torch.zeros(1, 1, 11, 11))
    tensor([1.], dtype=torch.float64)
    """
    return _terms(*_unit(one, other))[0]


def multiscale_structural_similarity(one: Tensor, other: Tensor) -> Tensor:
    """Returns MS-SSIM [N], float64, of the images in `one` and `other`, [N, C, H, W], uint8 or in [-1, 1].

    The product over five scales, each the 2x2 averages of the one before, of the mean contrast-structure term, at
    the last scale of the mean SSIM, to the power of `WEIGHTS` (Wang et al. 2003, eq. 7). Means are over positions
    and channels; a negative one, whose power is not real, counts as zero.

    The paper's scales fit images of 176 pixels and more. In smaller ones the window shrinks with the scale as in
    TensorFlow's first public MS-SSIM, by which GANs at 128x128 were measured; scales with a side below 7 pixels
    are left out, and the weights of the others raised to the same sum: all five from 112 pixels on, three at 28 and 32.

    Raises:
        MetricError: not two batches of images of one shape.
    """
    one, other = _unit(one, other)
    weights = one.new_tensor(scale_weights(*one.shape[2:]))
    terms = []
    for _ in weights[1:]:
        terms.append(_terms(one, other)[1])
        one, other = functional.avg_pool2d(one, 2), functional.avg_pool2d(other, 2)
    terms.append(_terms(one, other)[0])
    return torch.stack(terms, 1).clamp(min=0).pow(weights).prod(1)


def scale_weights(height: int, width: int) -> tuple[float, ...]:
    """Returns the weights of the scales of an image of this size, finest first, with the sum of `WEIGHTS`."""
    scales = sum(min(height, width) >> scale >= LEAST_SIDE for scale in range(len(WEIGHTS)))
    kept = WEIGHTS[: max(scales, 1)]
    return tuple(weight * (sum(WEIGHTS) / sum(kept)) for weight in kept)


def pairwise_similarity(images: Tensor, labels: Tensor | None = None, pairs: int = 1000, seed: int = 0) -> Mean:
    """Returns the mean MS-SSIM of random pairs of different `images` [N, C, H, W], and its standard error.

    With `labels` [N], both images of a pair have the same class, and pairs are distributed evenly over classes.

    Raises:
        MetricError: fewer than two images (of one class), or not images.
    """
    check_images("MS-SSIM", 2, given=images)
    groups = torch.zeros(len(images), dtype=torch.long) if labels is None else labels
    mean = Mean()
    indices = random_pairs(groups, pairs, seed)
    for one, other in zip(*(torch.split(index, _BATCH) for index in indices), strict=True):
        mean.update(multiscale_structural_similarity(images[one], images[other]))
    return mean


class MSSSIM(Metric):
    """The mean MS-SSIM of random pairs of generated samples, and that of real ones: a measure of diversity.

    If generated and real samples have labels, both of a pair have the same class (Odena et al. 2017, with 100 pairs per
    class at 128x128). A collapsed set has more similar samples than the real one; a value below the real one is noise
    or clutter. In ImageNet the most uniform class has .25, and Odena et al. call a class collapsed above that; values
    depend on the data set, hence the real set's value.
    """

    needs = frozenset[Need]({"images", "labels"})
    directions = {"MS-SSIM": "real", "MS-SSIM-real": "real"}
    scope = "none"

    pairs: PositiveInt = 1000

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the value of generated samples, and that of real ones."""
        check_images("MS-SSIM", 2, real=inputs.real.images, fake=inputs.fake.images)
        labelled = inputs.real.labels is not None and inputs.fake.labels is not None
        return (
            self._value("MS-SSIM", inputs.fake, labelled, inputs.seed),
            self._value("MS-SSIM-real", inputs.real, labelled, inputs.seed),
        )

    def _value(self, name: str, statistics: SampleStatistics, labelled: bool, seed: int) -> Value:
        mean = pairwise_similarity(statistics.images, statistics.labels if labelled else None, self.pairs, seed)
        scales = len(scale_weights(*statistics.images.shape[2:]))
        whose = "of one class" if labelled else "of any class"
        return Value(name, mean.value, mean.error, f"standard error over {self.pairs} pairs {whose}; {scales} scales")


def _unit(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Returns both in [0, 1], float64: SSIM's luminance is not defined for negative numbers."""
    check_images("SSIM", 1, one=one, other=other)
    if len(one) != len(other):
        raise MetricError(f"SSIM: got {len(one)} images and {len(other)}; needs equal counts")
    first, second = ((signed(images.detach()).cpu().double() + 1) / 2 for images in (one, other))
    return first, second


def _terms(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the mean SSIM [N] and the mean contrast-structure term [N] of images in [0, 1]."""
    height, width = one.shape[2:]
    size = min(WINDOW, height, width)
    rows, columns = _window(size, height), _window(size, width)
    mean, other_mean, square, other_square, product = (
        rows @ (image @ columns.T) for image in (one, other, one * one, other * other, one * other)
    )
    variances = square - mean**2 + other_square - other_mean**2
    contrast = (2 * (product - mean * other_mean) + 0.03**2) / (variances + 0.03**2)
    luminance = (2 * mean * other_mean + 0.01**2) / (mean**2 + other_mean**2 + 0.01**2)
    return (luminance * contrast).mean((1, 2, 3)), contrast.mean((1, 2, 3))


def _window(size: int, length: int) -> Tensor:
    """Returns the matrix [length - size + 1, length] of a Gaussian average at every position.

    On a CPU, the float64 blur by matrix products is six times as fast as a convolution.
    """
    positions = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    weights = torch.exp(-(positions**2) / (2 * (DEVIATION * size / WINDOW) ** 2))
    matrix = torch.zeros(length - size + 1, length, dtype=torch.float64)
    for start, row in enumerate(matrix):
        row[start : start + size] = weights / weights.sum()
    return matrix
