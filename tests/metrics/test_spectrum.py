"""Power spectra whose form is known."""

import math

import pytest
import torch
from torch.nn import functional

from sparring.errors import MetricError
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.spectrum import ROUNDING_NOISE, Spectrum, compare_spectra, mean_spectrum, power_spectrum


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def ring_sizes(height, width):
    """How many frequencies lie in each whole ring, counted one by one."""
    side = min(height, width)
    counts = [0] * (side // 2 + 1)
    for i in range(-(height // 2), (height + 1) // 2):
        for j in range(-(width // 2), (width + 1) // 2):
            ring = round(math.hypot(i / height, j / width) * side)
            if ring < len(counts):
                counts[ring] += 1
    return torch.tensor(counts, dtype=torch.float64)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (15, 15), (12, 20)])
def test_power_adds_up_to_the_mean_square_as_parseval_says(height, width):
    # Of an image without power in the corners, where rings are not whole.
    spectrum = torch.fft.fft2(noise(3, 2, height, width))
    vertical, horizontal = torch.fft.fftfreq(height), torch.fft.fftfreq(width)
    spectrum[:, :, torch.hypot(vertical[:, None], horizontal) > 0.45] = 0
    images = torch.fft.ifft2(spectrum).real
    _, power = power_spectrum(images)
    total = (power * ring_sizes(height, width)).sum(1) / (height * width)
    torch.testing.assert_close(total, images.square().mean((1, 2, 3)))


def test_white_noise_is_flat_at_its_variance():
    frequencies, power = power_spectrum(0.3 * noise(400, 1, 32, 32))
    assert frequencies.tolist() == [k / 32 for k in range(17)]
    assert power.mean(0).tolist() == pytest.approx([0.09] * 17, rel=0.2)
    assert power.mean(0)[4:].tolist() == pytest.approx([0.09] * 13, rel=0.03)


@pytest.mark.parametrize("wave", [3, 7, 12])
def test_a_sinusoid_peaks_at_its_frequency(wave):
    phase = 2 * torch.pi * wave * torch.arange(32, dtype=torch.float64) / 32
    for image in (phase.sin().expand(1, 1, 32, 32), phase.cos()[:, None].expand(1, 1, 32, 32)):
        frequencies, power = power_spectrum(image)
        assert frequencies[power[0].argmax()] == wave / 32
        assert power[0].sum() == pytest.approx(power[0].max())


def test_a_brightness_is_at_frequency_zero_alone():
    _, power = power_spectrum(torch.full((1, 1, 8, 8), 0.5))
    assert power[0].tolist() == pytest.approx([0.25 * 64, 0, 0, 0, 0], abs=1e-20)


def test_a_blank_image_lies_at_the_noise_of_rounding():
    _, level = mean_spectrum(torch.zeros(2, 3, 8, 8))
    assert level.tolist() == pytest.approx([10 * math.log10(ROUNDING_NOISE)] * 5)


def test_rounding_to_bytes_adds_just_that_noise():
    images = 0.5 * torch.rand(100, 1, 32, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rounded = ((images + 1) * 127.5).round() / 127.5 - 1
    power = power_spectrum(rounded - images)[1].mean(0)
    assert power[1:].mean().item() == pytest.approx(ROUNDING_NOISE, rel=0.03)


def test_half_of_the_amplitude_is_a_gap_of_six_decibel_everywhere():
    images = noise(130, 3, 16, 16)
    spectra = compare_spectra(images, 0.5 * images)
    assert spectra.gap == pytest.approx(20 * math.log10(2), abs=1e-3)
    assert spectra.high_gap == pytest.approx(20 * math.log10(2), abs=1e-3)
    assert bool((spectra.fake < spectra.real).all())


def test_blur_lowers_high_frequencies_more_than_low_ones():
    images = noise(50, 1, 32, 32)
    soft = functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), mode="circular"), 3, 1)
    spectra = compare_spectra(images, soft)
    assert spectra.high_gap > spectra.gap > 5 * (spectra.real - spectra.fake)[1:4].mean().item() > 0


def test_a_checkerboard_stands_out_at_the_end():
    images = 0.2 * noise(20, 1, 32, 32)
    board = torch.ones(32, dtype=torch.float64)
    board[::2] = -1
    difference = compare_spectra(images, images + board).fake - compare_spectra(images, images).fake
    assert difference.argmax() == 16
    assert difference[:16].abs().max() < 1e-6


def test_the_metric_takes_bytes_and_is_zero_for_a_set_against_itself():
    images = ((0.2 * noise(70, 3, 28, 28)).clamp(-1, 1) * 127.5 + 127.5).to(torch.uint8)
    same = Spectrum().measure(MetricInputs(SampleStatistics(70, images=images), SampleStatistics(70, images=images)))
    assert [value.name for value in same] == list(Spectrum.directions)
    assert [value.value for value in same] == [0.0, 0.0]
    assert same[0].how == "dB, mean over 14 frequencies up to 1/2 cycle per pixel"


def test_sets_of_other_shapes_are_refused():
    with pytest.raises(MetricError, match="images differ in shape"):
        compare_spectra(torch.zeros(2, 1, 8, 8), torch.zeros(2, 1, 16, 16))
