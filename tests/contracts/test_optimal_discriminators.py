"""Each loss's best discriminator on a finite game, found by descent, is the closed form of its docstring."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from sparring.losses import (
    AdversarialLoss,
    Alpha,
    Hinge,
    JensenShannon,
    KullbackLeibler,
    LeastSquares,
    MaximumLikelihood,
    Minimax,
    NonSaturating,
    PearsonChiSquare,
    Relativistic,
    RelativisticAverage,
    ReverseKullbackLeibler,
    SquaredHellinger,
    TotalVariation,
    Wasserstein,
)

P = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
Q = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
RATIO = P / Q
M = (P + Q) / 2
KL = float((P * RATIO.log()).sum())
REVERSE_KL = float((Q * (Q / P).log()).sum())
CHI_SQUARE = float(((P - Q).square() / Q).sum())
JS = float((P * (P / M).log()).sum() + (Q * (Q / M).log()).sum()) / 2
LN4 = float(torch.tensor(4.0, dtype=torch.float64).log())
RELATIVISTIC_JS = 0.1245162110

CLOSED_FORMS: dict[AdversarialLoss, tuple[Tensor | None, float]] = {
    Minimax(): (RATIO.log(), LN4 - 2 * JS),
    NonSaturating(): (RATIO.log(), LN4 - 2 * JS),
    MaximumLikelihood(): (RATIO.log(), LN4 - 2 * JS),
    Hinge(): (None, 2 - 2 * 0.3),
    LeastSquares(a=0.0, b=1.0, c=1.0): (P / (P + Q), float((P * Q / (P + Q)).sum()) / 2),
    LeastSquares(): ((P - Q) / (P + Q), float((P * Q / (P + Q)).sum()) * 2),
    KullbackLeibler(): (1 + RATIO.log(), -KL),
    ReverseKullbackLeibler(): (RATIO.log(), -REVERSE_KL),
    PearsonChiSquare(): (2 * (RATIO - 1), -CHI_SQUARE),
    SquaredHellinger(): (RATIO.log() / 2, -0.1350889359),
    JensenShannon(): (RATIO.log(), -2 * JS),
    TotalVariation(): (None, -0.3),
    Alpha(alpha=2.0): (RATIO - 1, -CHI_SQUARE / 2),
    Alpha(alpha=3.0): ((RATIO.square() - 1) / 2, -float((Q * (RATIO**3 - 1 - 3 * (RATIO - 1))).sum()) / 6),
    Relativistic(): (None, (LN4 - 2 * RELATIVISTIC_JS) / 2),
}
"""Optimal scores (None where they are not unique) and the least loss of the discriminator."""

NO_CLOSED_FORM = {Wasserstein: "its value needs a constraint", RelativisticAverage: "no closed form is published"}


def find_best(loss: AdversarialLoss) -> tuple[Tensor, float]:
    """Descends over three scores; expectations are means over 10 real by 10 generated points in proportion."""
    scores = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    real, fake = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 2, 2]), torch.tensor([0, 0, 1, 1, 1, 2, 2, 2, 2, 2])
    real, fake = real.repeat_interleave(10), fake.repeat(10)
    optimizer = torch.optim.LBFGS(
        [scores], max_iter=500, tolerance_grad=1e-14, tolerance_change=1e-18, line_search_fn="strong_wolfe"
    )

    def value() -> Tensor:
        optimizer.zero_grad()
        total = loss.discriminator(scores[real], scores[fake])
        total.backward()
        return total

    optimizer.step(value)
    return scores.detach(), value().item()


@pytest.mark.parametrize(("loss", "closed"), CLOSED_FORMS.items(), ids=[str(loss) for loss in CLOSED_FORMS])
def test_descent_finds_the_closed_form(loss: AdversarialLoss, closed: tuple[Tensor | None, float]) -> None:
    scores, value = find_best(loss)
    best, least = closed
    assert value == pytest.approx(least, abs=1e-6)
    if best is not None:
        torch.testing.assert_close(scores, best, atol=1e-6, rtol=1e-6)


def test_every_loss_has_its_closed_form_here() -> None:
    known = {type(loss) for loss in CLOSED_FORMS} | set(NO_CLOSED_FORM)
    ours = {kind for kind in AdversarialLoss.members.values() if kind.__module__.startswith("sparring.")}
    assert ours == known


def test_maximum_likelihood_has_the_gradient_of_kl() -> None:
    """At the optimal discriminator, held fixed, d/dq of -E_q[p/q] equals d/dq KL(p‖q) = -p/q."""
    expected: Callable[[Tensor], Tensor] = lambda q: (q * -RATIO).sum()  # noqa: E731
    q = Q.clone().requires_grad_()
    (ours,) = torch.autograd.grad(expected(q), q)
    (theirs,) = torch.autograd.grad((P * (P / q).log()).sum(), q)
    torch.testing.assert_close(ours, theirs)
    assert MaximumLikelihood().generator(RATIO.log()) == pytest.approx(float(-RATIO.mean()))
