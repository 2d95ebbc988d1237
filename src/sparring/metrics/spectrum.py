"""The power spectra of two sets of images: frequencies that generators leave out, or put in."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.metrics.metric import Metric, MetricInputs, Need, Value
from sparring.metrics.statistics.images import check_images, signed

ROUNDING_NOISE = (2 / 255) ** 2 / 12
"""The power at every frequency of rounding to 8 bits on the scale [-1, 1]: no stored picture lies below it."""

HIGH = 0.25
"""Frequencies from here on, in cycles per pixel, are high: the upper half, which the last upsampling has to make."""

_BATCH = 64


@dataclass(frozen=True)
class Spectra:
    """Mean spectra of two sets: at `frequencies` [K], in cycles per pixel, `real` [K] and `fake` [K] in decibel."""

    frequencies: Tensor
    real: Tensor
    fake: Tensor

    @property
    def gap(self) -> float:
        """The mean of |fake - real| in dB, over all frequencies but 0."""
        return float((self.fake - self.real)[1:].abs().mean())

    @property
    def high_gap(self) -> float:
        """The mean of |fake - real| in dB, over the frequencies from `HIGH` on."""
        return float((self.fake - self.real)[self.frequencies >= HIGH].abs().mean())


def power_spectrum(images: Tensor) -> tuple[Tensor, Tensor]:
    """Returns frequencies [K] in cycles per pixel and the power of each image there [N, K], both float64.

    The power |F|² / (H W) of `images` [N, C, H, W], uint8 or in [-1, 1], is averaged over channels and over rings of
    frequencies of one length, the nearest multiple of 1 / min(H, W) up to 1/2 (Durall et al. 2020, eq. 3; corners
    beyond 1/2, where there is no whole ring, are left out). White noise of variance σ² has the power σ² everywhere.
    """
    images = signed(images.detach()).cpu().double()
    height, width = images.shape[2:]
    power = torch.fft.fft2(images, norm="ortho").abs().square().mean(1)
    vertical, horizontal = (torch.fft.fftfreq(size, dtype=torch.float64) for size in (height, width))
    side = min(height, width)
    rings = (torch.hypot(vertical[:, None], horizontal) * side).round().long().flatten()
    inside = rings <= side // 2
    rings = rings[inside]
    sums = power.new_zeros(len(images), side // 2 + 1).index_add_(1, rings, power.flatten(1)[:, inside])
    return torch.arange(side // 2 + 1, dtype=torch.float64) / side, sums / rings.bincount()


def mean_spectrum(images: Tensor) -> tuple[Tensor, Tensor]:
    """Returns frequencies [K], and the mean over `images` [N, C, H, W] of their power in decibel [K].

    8-bit rounding noise is added to each power, so that a blank image has a logarithm too.
    """
    total, frequencies = torch.zeros(1, dtype=torch.float64), torch.zeros(0)
    for batch in torch.split(images, _BATCH):
        frequencies, power = power_spectrum(batch)
        total = total + (10 * (power + ROUNDING_NOISE).log10()).sum(0)
    return frequencies, total / len(images)


def compare_spectra(real: Tensor, fake: Tensor) -> Spectra:
    """Returns the mean spectra of `real` [N, C, H, W] and `fake` [M, C, H, W], uint8 or in [-1, 1].

    A generator that upsamples with care follows the real spectrum to the end; transposed convolutions most often
    end too high, in a checkerboard, plain bilinear upsampling too low (Durall et al. 2020; Schwarz et al. 2021).

    Raises:
        MetricError: a set is empty, or the images differ in shape.
    """
    check_images("spectrum", 1, real=real, fake=fake)
    frequencies, reals = mean_spectrum(real)
    return Spectra(frequencies, reals, mean_spectrum(fake)[1])


class Spectrum(Metric):
    """The distance of the mean log power spectra of generated and real samples, in decibel: `compare_spectra`."""

    needs = frozenset[Need]({"images"})
    directions = {"spectrum-gap": "lower", "spectrum-gap-high": "lower"}
    scope = "none"

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the gap over all frequencies, and that over the upper half of them."""
        spectra = compare_spectra(inputs.real.images, inputs.fake.images)
        over = f"dB, mean over {len(spectra.frequencies) - 1} frequencies up to 1/2 cycle per pixel"
        return (
            Value("spectrum-gap", spectra.gap, how=over),
            Value("spectrum-gap-high", spectra.high_gap, how=f"dB, mean over frequencies from {HIGH:g} on"),
        )
