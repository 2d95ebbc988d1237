"""The multi-class hinge: its definition word by word, its gradients, and its value on a finite game."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from torch import Tensor

from sparring.errors import ShapeError
from sparring.losses import Hinge, MultiClassHinge

LOSS = MultiClassHinge()
LABELS = torch.tensor([2, 0, 1, 1, 0])

GAMES = {
    "three classes": [[0.20, 0.02, 0.03, 0.10], [0.05, 0.20, 0.05, 0.25], [0.15, 0.15, 0.15, 0.05], [0, 0, 0, 0.6]],
    "one class": [[0.5, 0.2], [0.3, 0.3], [0.2, 0.5]],
}
"""Masses [points, K + 1]: p(x, y) of real samples for each class y, and q(x) of generated ones, last."""


def scores(seed: int, rows: int = 5) -> Tensor:
    return torch.randn(rows, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2


def cost(row: list[float], own: int) -> float:
    """The margin of Crammer and Singer, as a maximum over all other classes."""
    return max(0.0, *(1 - row[own] + other for k, other in enumerate(row) if k != own))


def expected_loss(masses: Tensor, table: Tensor) -> Tensor:
    """The discriminator's loss where points with scores `table` come in proportion to `masses` (multiples of 1/100)."""
    counts = (masses * 100).round().long()
    points, classes = torch.meshgrid(*map(torch.arange, masses[:, :-1].shape), indexing="ij")
    real = points.flatten().repeat_interleave(counts[:, :-1].flatten())
    labels = classes.flatten().repeat_interleave(counts[:, :-1].flatten())
    fake = torch.arange(len(masses)).repeat_interleave(counts[:, -1])
    return LOSS.discriminator(table[real], table[fake], labels)


def least_by_linear_program(masses: np.ndarray) -> float:
    """min Σ w s over scores C and slacks s, where s[x, y] ≥ 1 - C[x, y] + C[x, k] for all k ≠ y, and s ≥ 0."""
    points, classes = masses.shape
    size, rows = points * classes, []
    for x in range(points):
        for y in range(classes):
            for k in set(range(classes)) - {y}:
                row = np.zeros(2 * size)
                row[x * classes + y], row[x * classes + k], row[size + x * classes + y] = -1, 1, -1
                rows.append(row)
    bounds = [(None, None)] * size + [(0, None)] * size
    target = np.concatenate((np.zeros(size), masses.ravel()))
    return float(linprog(target, A_ub=np.array(rows), b_ub=-np.ones(len(rows)), bounds=bounds).fun)


def test_both_sides_are_their_definition_word_by_word() -> None:
    real, fake = scores(0), scores(1, rows=7)
    data = sum(cost(row, label) for row, label in zip(real.tolist(), LABELS.tolist(), strict=True)) / 5
    generated = sum(cost(row, 3) for row in fake.tolist()) / 7
    assert LOSS.discriminator(real, fake, LABELS).item() == pytest.approx(data + generated)
    wanted = sum(cost(row, label) for row, label in zip(fake[:5].tolist(), LABELS.tolist(), strict=True)) / 5
    assert LOSS.generator(fake[:5], LABELS).item() == pytest.approx(wanted)


def test_gradients_match_finite_differences() -> None:
    real, fake = scores(2).requires_grad_(), scores(3).requires_grad_()
    assert torch.autograd.gradcheck(lambda *both: LOSS.discriminator(*both, LABELS), (real, fake))
    assert torch.autograd.gradcheck(lambda fake: LOSS.generator(fake, LABELS), (fake,))


def test_gradients_stay_finite_for_huge_scores() -> None:
    for scale in (1e4, -1e4):
        real, fake = (scores(seed).float().mul(scale).requires_grad_() for seed in (4, 5))
        value = LOSS.discriminator(real, fake, LABELS) + LOSS.generator(fake, LABELS)
        assert value.isfinite()
        assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(value, (real, fake)))


def test_a_margin_that_is_met_costs_nothing_and_scores_may_all_move_together() -> None:
    sure = torch.nn.functional.one_hot(LABELS, 4).double()
    generated = torch.tensor([[0.0, 0, 0, 1]]).double()
    assert LOSS.discriminator(sure, generated, LABELS) == 0
    assert LOSS.generator(sure, LABELS) == 0
    torch.testing.assert_close(
        LOSS.discriminator(scores(0) + 5, scores(1) + 5, LABELS), LOSS.discriminator(scores(0), scores(1), LABELS)
    )


def test_the_generator_is_pulled_to_its_own_class_and_not_merely_to_real() -> None:
    fake = torch.tensor([[0.0, 0.5, 0.0, -3.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(LOSS.generator(fake, torch.tensor([0])), fake)
    assert gradient.tolist() == [[-1, 1, 0, 0]]


def test_with_one_class_it_is_the_hinge_of_the_difference() -> None:
    real, fake = scores(6)[:, :2], scores(7)[:, :2]
    difference = [(side[:, 0] - side[:, 1])[:, None] for side in (real, fake)]
    torch.testing.assert_close(LOSS.discriminator(real, fake, LABELS * 0), Hinge().discriminator(*difference))


@pytest.mark.parametrize("name", GAMES)
def test_the_closed_form_is_what_the_linear_program_finds_and_the_scores_reach_it(name: str) -> None:
    masses = torch.tensor(GAMES[name], dtype=torch.float64)
    whole, heaviest = masses.sum(1), masses.amax(1)
    least = torch.minimum(whole, 2 * (whole - heaviest)).sum().item()
    assert least_by_linear_program(masses.numpy()) == pytest.approx(least, abs=1e-9)
    best = torch.nn.functional.one_hot(masses.argmax(1), masses.shape[1]) * (2 * heaviest >= whole)[:, None]
    assert expected_loss(masses, best.double()).item() == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("name", GAMES)
def test_descent_reaches_the_linear_programs_value(name: str) -> None:
    masses = torch.tensor(GAMES[name], dtype=torch.float64)
    least = least_by_linear_program(masses.numpy())
    table = torch.zeros_like(masses, requires_grad=True)
    lowest = float("inf")
    for step in range(400):
        value = expected_loss(masses, table)
        lowest = min(lowest, value.item())
        (gradient,) = torch.autograd.grad(value, table)
        table = (table - 0.5 * 0.98**step * gradient).detach().requires_grad_()
    assert least - 1e-9 <= lowest <= least + 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LOSS.generator(scores(0)[0], LABELS), r"fake has shape \[4\]; needs \[N, K \+ 1\]"),
        (lambda: LOSS.generator(scores(0)[:, :1], LABELS), r"fake has shape \[5, 1\]; needs \[N, K \+ 1\]"),
        (lambda: LOSS.discriminator(scores(0), scores(1)[:, 1:], LABELS), r"fake has shape \[5, 3\]; needs \[M, 4\]"),
        (lambda: LOSS.discriminator(scores(0), scores(1)[0], LABELS), r"fake has shape \[4\]; needs \[M, 4\]"),
        (lambda: LOSS.generator(scores(0), LABELS[:4]), r"labels has shape \[4\] .* needs int64 \[5\]"),
        (lambda: LOSS.generator(scores(0), LABELS[:, None]), r"labels has shape \[5, 1\]"),
        (lambda: LOSS.generator(scores(0), LABELS.float()), "type torch.float32; needs int64"),
        (
            lambda: LOSS.generator(scores(0), LABELS + 1),
            "labels go from 1 to 3; fake has 4 columns, for classes 0 to 2",
        ),
        (lambda: LOSS.discriminator(scores(0), scores(1), LABELS - 1), "labels go from -1 to 1; real has 4 columns"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], Tensor], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call()


def test_it_survives_yaml() -> None:
    assert MultiClassHinge.from_yaml("{}") == LOSS
