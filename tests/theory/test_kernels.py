import numpy as np
import pytest

from sparring.errors import ShapeError, SpecError
from sparring.theory import (
    any_rotation,
    compose_kernels,
    cyclic,
    flip,
    gaussian_noise,
    gaussian_spectrum,
    independently,
    leak,
    other_rotations,
    smallest_eigenvalue,
    spectrum,
)

SHARES = (0.0, 0.1, 0.3, 0.6, 0.9, 1.0)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize(
    ("build", "expected"),
    [(flip, lambda p: 1 - 2 * p), (other_rotations, lambda p: 1 - 4 * p / 3), (any_rotation, lambda p: 1 - p)],
)
def test_the_smallest_eigenvalue_is_the_closed_form(build, expected, share):
    assert smallest_eigenvalue(build(share)) == pytest.approx(expected(share), abs=1e-9)
    assert spectrum(build(share))[0] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("build", "fails"), [(flip, 0.5), (other_rotations, 0.75), (any_rotation, 1.0)])
def test_a_kernel_leaks_exactly_where_its_smallest_eigenvalue_vanishes(build, fails):
    pair = leak(build(fails))
    assert pair is not None
    assert np.abs(pair.first - pair.second).max() > 0.1
    np.testing.assert_allclose(pair.first @ build(fails), pair.second @ build(fails), atol=1e-12)
    assert all(leak(build(share)) is None for share in SHARES if share != fails)


def test_commuting_eigenvalues_multiply_and_injective_compositions_stay_injective():
    both = compose_kernels(other_rotations(0.2), any_rotation(0.5))
    assert smallest_eigenvalue(both) == pytest.approx((1 - 0.8 / 3) * 0.5, abs=1e-9)
    assert leak(both) is None
    assert leak(compose_kernels(other_rotations(0.2), any_rotation(1.0))) is not None
    products = np.outer(spectrum(flip(0.2)), spectrum(any_rotation(0.3))).ravel().real
    np.testing.assert_allclose(np.sort(spectrum(independently(flip(0.2), any_rotation(0.3))).real), np.sort(products))


def test_rotations_one_way_have_complex_eigenvalues():
    eigenvalues = spectrum(cyclic([0.7, 0.3, 0, 0]))
    np.testing.assert_allclose(sorted(eigenvalues, key=np.angle)[0], 0.7 - 0.3j, atol=1e-12)


def test_gaussian_noise_has_the_gaussian_spectrum_and_never_leaks():
    np.testing.assert_allclose(gaussian_spectrum(2.0, [0.0, 0.5, 1.0]), np.exp([0, -0.5, -2.0]), rtol=1e-15)
    count, deviation = 16, 1.5
    frequencies = 2 * np.pi * np.minimum(np.arange(count), count - np.arange(count)) / count
    aliased = sum(gaussian_spectrum(deviation, frequencies + 2 * np.pi * turn) for turn in range(-3, 4))
    expected = np.sort(aliased / aliased[0])[::-1]
    np.testing.assert_allclose(spectrum(gaussian_noise(deviation, count)).real, expected, atol=1e-12)
    assert leak(gaussian_noise(deviation, count)) is None


def test_noise_much_wider_than_the_ring_forgets_everything():
    np.testing.assert_allclose(gaussian_noise(1e12, 5), 0.2, rtol=1e-14)


def test_a_projection_that_forgets_leaks_though_it_is_not_square():
    pair = leak([[1, 0], [0, 1], [0.5, 0.5]])
    assert pair is not None
    kernel = np.array([[1, 0], [0, 1], [0.5, 0.5]])
    np.testing.assert_allclose(pair.first @ kernel, pair.second @ kernel, atol=1e-12)
    assert leak([[0.5, 0.5, 0], [0, 0.5, 0.5]]) is None


def test_what_is_no_kernel_is_named():
    with pytest.raises(SpecError, match=r"probability is 1.5; it must be in \[0, 1\]"):
        flip(1.5)
    with pytest.raises(SpecError, match=r"steps sums to 0.5"):
        cyclic([0.25, 0.25])
    with pytest.raises(SpecError, match="kernel, row 0, holds the negative mass"):
        spectrum([[1.5, -0.5], [0, 1]])
    with pytest.raises(ShapeError, match="eigenvalues need as many points to as from"):
        spectrum([[0.5, 0.5]])
    with pytest.raises(ShapeError, match="kernel 1 leads to 2 points, kernel 2 starts from 4"):
        compose_kernels(flip(0.1), any_rotation(0.1))
    with pytest.raises(SpecError, match="needs at least one kernel"):
        compose_kernels()
    with pytest.raises(SpecError, match="deviation is 0"):
        gaussian_noise(0, 4)
    with pytest.raises(SpecError, match="count is 0"):
        gaussian_noise(1, 0)
    with pytest.raises(SpecError, match="count: 1000000000 is too large"):
        gaussian_noise(1, 10**9)
    with pytest.raises(SpecError, match="pairs: 4096 is too large"):
        independently(gaussian_noise(1, 64), gaussian_noise(1, 64))
    with pytest.raises(ShapeError, match="frequencies is not an array of numbers"):
        gaussian_spectrum(1.0, "high")
