from math import factorial, log

import numpy as np
import pytest
import torch

from sparring.errors import SpecError
from sparring.losses import Minimax, NonSaturating, Relativistic
from sparring.theory import count_minima, jensen_shannon, paired_value, separable_value
from sparring.theory.landscape import OFF, Assignment


@pytest.mark.parametrize(("count", "bad"), [(1, 0), (2, 2), (3, 21), (4, 4**4 - factorial(4))])
def test_separable_losses_have_n_to_the_n_minus_n_factorial_strict_bad_minima(count, bad):
    landscape = count_minima(count)
    assert landscape.strict_bad_minima == bad == count**count - factorial(count)
    assert landscape.global_minima == factorial(count)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_relativistic_pairing_has_none_and_a_path_out_of_everywhere(count):
    landscape = count_minima(count, paired_value)
    assert (landscape.strict_bad_minima, landscape.trapped) == (0, 0)
    assert landscape.global_minima == factorial(count)


def test_the_separable_value_is_that_of_the_divergence():
    p, q = np.array([1 / 3, 1 / 3, 1 / 3, 0]), np.array([2 / 3, 0, 0, 1 / 3])
    assert separable_value((0, OFF, 0)) == pytest.approx(2 * jensen_shannon(p, q) - log(4), abs=1e-12)


def best_loss(loss, assignment: Assignment) -> float:
    """What the library's own loss falls to when D may say anything at data points and at points off the data."""
    count = len(assignment)
    places = torch.tensor([count + index if place == OFF else place for index, place in enumerate(assignment)])
    free = torch.zeros(2 * count, 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([free], lr=1, max_iter=200, tolerance_grad=1e-12, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        value = loss.discriminator(free[:count], free[places])
        value.backward()
        return value

    optimizer.step(closure)
    return closure().item()


@pytest.mark.parametrize("assignment", [(0, 1), (1, 0), (0, 0), (OFF, 1), (OFF, OFF), (0, 0, 1), (1, 2, 0), (1, 0, 0)])
def test_the_closed_forms_are_what_the_losses_themselves_fall_to(assignment):
    assert best_loss(Minimax(), assignment) == pytest.approx(-separable_value(assignment), abs=1e-5)
    relativistic = Relativistic(of=NonSaturating())
    assert best_loss(relativistic, assignment) == pytest.approx(-paired_value(assignment), abs=1e-5)


def test_too_many_points_are_refused():
    with pytest.raises(SpecError, match="count: 5 is too large to be solved exactly"):
        count_minima(5)
