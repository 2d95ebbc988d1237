"""Each loss's best discriminator on a finite game, by descent, is the closed form of its docstring."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from sparring.losses import (
    AdversarialLoss,
    Alpha,
    EnergyMargin,
    Hinge,
    JensenShannon,
    KullbackLeibler,
    LabelFlipping,
    LabelSmoothing,
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


def labelled(real: float, fake: float) -> tuple[Tensor, Tensor]:
    """Returns the masses that carry the labels "real" and "generated" when shares of both are labelled wrongly."""
    return (1 - real) * P + fake * Q, (1 - fake) * Q + real * P


def entropy(real: Tensor, fake: Tensor) -> float:
    """Returns the least cross entropy of a classifier of two masses."""
    share = real / (real + fake)
    return -float((real * share.log()).sum() + (fake * (1 - share).log()).sum())


REAL, FAKE = labelled(0.1, 0.0)
BOTH_REAL, BOTH_FAKE = labelled(0.2, 0.1)
FLIP_P, FLIP_Q = labelled(0.05, 0.05)
NEST_P, NEST_Q = labelled(0.3 * 0.8 + 0.7 * 0.2, 0.3)
"""Real labels smoothed by 0.2 over labels flipped by 0.3: those that stay flip, and so do those that moved."""

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
    EnergyMargin(): (None, 1 - 0.3),
    EnergyMargin(margin=2.5): (None, 2.5 * (1 - 0.3)),
    LabelSmoothing(): ((REAL / FAKE).log(), entropy(REAL, FAKE)),
    LabelSmoothing(real=0.2, fake=0.1): ((BOTH_REAL / BOTH_FAKE).log(), entropy(BOTH_REAL, BOTH_FAKE)),
    LabelSmoothing(of=Hinge()): (None, 2 * float(torch.minimum(REAL, FAKE).sum())),
    LabelSmoothing(of=LeastSquares(a=0.0, b=1.0, c=1.0)): (REAL / M / 2, float((REAL * FAKE / M).sum()) / 4),
    LabelSmoothing(of=PearsonChiSquare()): (2 * (REAL / FAKE - 1), -float(((REAL - FAKE).square() / FAKE).sum())),
    LabelSmoothing(of=LabelFlipping(probability=0.3), real=0.2): ((NEST_P / NEST_Q).log(), entropy(NEST_P, NEST_Q)),
    LabelFlipping(): ((FLIP_P / FLIP_Q).log(), entropy(FLIP_P, FLIP_Q)),
    LabelFlipping(of=KullbackLeibler()): (
        1 + (FLIP_P / FLIP_Q).log(),
        -float((FLIP_P * (FLIP_P / FLIP_Q).log()).sum()),
    ),
    LabelFlipping(of=TotalVariation()): (None, -0.3 * 0.9),
    LabelFlipping(of=EnergyMargin()): (None, 1 - 0.3 * 0.9),
    Relativistic(): (None, (LN4 - 2 * RELATIVISTIC_JS) / 2),
}
"""Optimal scores (None where they are not unique) and the least loss of the discriminator."""

NO_CLOSED_FORM = {Wasserstein: "its value needs a constraint", RelativisticAverage: "no closed form is published"}


def find_best(loss: AdversarialLoss) -> tuple[Tensor, float]:
    """Descends over three scores; expectations are means over 10 real by 10 generated points in proportion.

    Curved losses are settled by the first optimizer; the second goes by signs alone, to where corners are.
    """
    scores = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    real, fake = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 2, 2]), torch.tensor([0, 0, 1, 1, 1, 2, 2, 2, 2, 2])
    real, fake = real.repeat_interleave(10), fake.repeat(10)
    curved = torch.optim.LBFGS(
        [scores], max_iter=500, tolerance_grad=1e-14, tolerance_change=1e-18, line_search_fn="strong_wolfe"
    )
    cornered = torch.optim.Rprop([scores], step_sizes=(1e-12, 5.0))

    def value() -> Tensor:
        scores.grad = None
        total = loss.discriminator(scores[real], scores[fake])
        total.backward()
        return total

    curved.step(value)
    best, least = scores.detach().clone(), value().item()
    for _ in range(150):
        cornered.step(value)
    return (scores.detach(), value().item()) if value().item() < least - 1e-9 else (best, least)


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
