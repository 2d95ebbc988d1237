"""Wavelet filters, and the matrices that apply them to reflected images."""

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.augment.wavelets import SYM2, SYM6, doubling, fold, halving, octaves, reflecting

SIDES = [1, 2, 3, 5, 8, 13]

every_side = pytest.mark.parametrize("side", SIDES)

LIKE = torch.zeros((), dtype=torch.float64)


def reflected(row: np.ndarray, margin: int) -> np.ndarray:
    return np.pad(row, margin, mode="reflect") if len(row) > 1 else np.full(2 * margin + 1, row[0])


def row_of(side: int) -> np.ndarray:
    return np.random.default_rng(side).normal(size=side)


@pytest.mark.parametrize("taps", [SYM2, SYM6], ids=["sym2", "sym6"])
def test_a_symlet_is_orthogonal_to_its_even_shifts_and_has_as_many_vanishing_moments_as_its_name_says(
    taps: tuple[float, ...],
) -> None:
    count, places = len(taps), np.arange(len(taps))
    products = [np.dot(taps[: count - shift], taps[shift:]) for shift in range(0, count, 2)]
    np.testing.assert_allclose(products, [1, *[0] * (len(products) - 1)], atol=1e-9)
    assert sum(taps) == pytest.approx(2**0.5, abs=1e-9)
    for moment in range(count // 2):
        alternating = np.array(taps) * (-1.0) ** places * (places / count) ** moment
        assert alternating.sum() == pytest.approx(0, abs=1e-9)


@every_side
def test_folding_reads_pixels_as_reflection_pads_them(side: int) -> None:
    row = row_of(side)
    outputs = row[fold(torch.arange(-40, side + 40), side).numpy()]
    np.testing.assert_array_equal(outputs, reflected(row, 40))


@every_side
def test_doubling_is_zeros_between_pixels_and_the_filter_over_them(side: int) -> None:
    row = row_of(side)
    spread = np.zeros(2 * (side + 40))
    spread[::2] = reflected(row, 20)
    # tap k of pixel i falls on sample 2 i + k - 5, so that its twelve taps lie evenly around (i + ½) · 2 - ½
    whole = np.convolve(spread, np.array(SYM6) * 2**0.5)[40 + 5 :]
    matrix = doubling(side, LIKE)
    np.testing.assert_allclose((matrix @ torch.from_numpy(row)).numpy(), whole[: len(matrix)], atol=1e-12)


@every_side
def test_halving_undoes_doubling(side: int) -> None:
    double, half = doubling(side, LIKE), halving(side, LIKE)
    sampled = double[torch.arange(-5, 2 * side + 5) % (len(double) - 1)]
    torch.testing.assert_close(half @ sampled, torch.eye(side, dtype=torch.float64), atol=1e-9, rtol=0)


def response(taps: list[float], frequencies: np.ndarray) -> np.ndarray:
    places = np.arange(len(taps)) - len(taps) // 2
    return (np.exp(-1j * frequencies[:, None] * places) @ np.array(taps)).real


def test_octaves_are_the_products_of_the_paper_and_together_change_nothing() -> None:
    frequencies = np.linspace(0, np.pi, 65)

    def low(factor: int) -> np.ndarray:
        z = np.exp(-1j * factor * frequencies)
        return np.abs(sum(tap * z**place for place, tap in enumerate(SYM2))) ** 2 / 2

    def high(factor: int) -> np.ndarray:
        return 1 - low(factor)

    expected = [low(1) * low(2) * low(4), low(1) * low(2) * high(4), low(1) * high(2), high(1)]
    outputs = [response(band, frequencies) for band in octaves()]
    np.testing.assert_allclose(outputs, expected, atol=1e-9)
    np.testing.assert_allclose(sum(outputs), 1, atol=1e-9)
    peaks = [frequencies[np.argmax(band)] / np.pi for band in outputs]
    assert peaks[0] == 0
    assert 1 / 8 <= peaks[1] <= 1 / 4 <= peaks[2] <= 1 / 2 <= peaks[3]


@every_side
def test_a_filter_goes_over_reflected_rows(side: int) -> None:
    row, filters = row_of(side), np.array(octaves())
    expected = [np.convolve(reflected(row, 21), taps, mode="valid") for taps in filters]
    outputs: Tensor = reflecting(torch.from_numpy(filters), side) @ torch.from_numpy(row)
    np.testing.assert_allclose(outputs.numpy(), expected, atol=1e-12)
