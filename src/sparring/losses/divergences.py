"""f-GAN: a loss for each f-divergence, by its variational bound (Nowozin et al. 2016).

D_f(p‖q) = sup_T E_p[T] - E_q[f*(T)]. Scores pass through an output activation g into the domain of
the conjugate f*; the discriminator minimises -E_p[g(D)] + E_q[f*(g(D))], whose least value is
-D_f(p‖q), reached where g(D) = f'(p/q). The generator minimises -E_q[f*(g(D))] (saturating, the
bound itself), or -E_q[g(D)] if `saturating` is false (section 3.2).
"""

from abc import abstractmethod
from math import log
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from sparring.losses.adversarial import SeparableLoss


class FDivergence(SeparableLoss):
    """The loss of an f-divergence; subclasses define the activation g and the conjugate f* of f."""

    saturating: bool = True

    @abstractmethod
    def activation(self, scores: Tensor) -> Tensor:
        """Returns g(scores), in the domain of f*."""

    @abstractmethod
    def conjugate(self, scores: Tensor) -> Tensor:
        """Returns f*(g(scores)), computed without overflow where possible."""

    def on_real(self, scores: Tensor) -> Tensor:
        return -self.activation(scores)

    def on_fake(self, scores: Tensor) -> Tensor:
        return self.conjugate(scores)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return -(self.conjugate(fake) if self.saturating else self.activation(fake)).mean()


class KullbackLeibler(FDivergence):
    """KL(p‖q): f(u) = u ln u, g(v) = v, f*(t) = exp(t - 1); optimal D = 1 + ln p/q."""

    largest_score: ClassVar[float] = 80.0

    def activation(self, scores: Tensor) -> Tensor:
        return scores

    def conjugate(self, scores: Tensor) -> Tensor:
        return (scores - 1).exp()


class ReverseKullbackLeibler(FDivergence):
    """KL(q‖p): f(u) = -ln u, g(v) = -exp(-v), f*(t) = -1 - ln(-t); optimal D = ln p/q."""

    largest_score: ClassVar[float] = 80.0

    def activation(self, scores: Tensor) -> Tensor:
        return -(-scores).exp()

    def conjugate(self, scores: Tensor) -> Tensor:
        return scores - 1


class PearsonChiSquare(FDivergence):
    """Σ (p - q)²/q: f(u) = (u - 1)², g(v) = v, f*(t) = t²/4 + t; optimal D = 2(p/q - 1)."""

    def activation(self, scores: Tensor) -> Tensor:
        return scores

    def conjugate(self, scores: Tensor) -> Tensor:
        return scores.square() / 4 + scores


class SquaredHellinger(FDivergence):
    """Σ (√p - √q)²: f(u) = (√u - 1)², g(v) = 1 - exp(-v), f*(t) = t/(1 - t); optimal D = ½ ln p/q."""

    largest_score: ClassVar[float] = 80.0

    def activation(self, scores: Tensor) -> Tensor:
        return -torch.expm1(-scores)

    def conjugate(self, scores: Tensor) -> Tensor:
        return torch.expm1(scores)


class JensenShannon(FDivergence):
    """KL(p‖m) + KL(q‖m), m = (p + q)/2, twice the Jensen-Shannon divergence: the original game plus ln 4.

    f(u) = u ln u - (1 + u) ln((1 + u)/2), g(v) = ln 2 - softplus(-v), f*(t) = -ln(2 - exp(t));
    optimal D = ln p/q.
    """

    def activation(self, scores: Tensor) -> Tensor:
        return log(2) + logsigmoid(scores)

    def conjugate(self, scores: Tensor) -> Tensor:
        return softplus(scores) - log(2)


class TotalVariation(FDivergence):
    """½ Σ |p - q|: f(u) = ½|u - 1|, g(v) = ½ tanh v, f*(t) = t; optimal D = ±∞, the sign of p - q."""

    def activation(self, scores: Tensor) -> Tensor:
        return scores.tanh() / 2

    def conjugate(self, scores: Tensor) -> Tensor:
        return scores.tanh() / 2


class Alpha(FDivergence):
    """The α-divergence, f(u) = (u^α - 1 - α(u - 1)) / (α(α - 1)), for α above 1: 2 is half of Pearson's chi-square.

    g(v) = v; f*(t) = ((1 + (α - 1) t)₊^(α/(α - 1)) - 1)/α; optimal D = ((p/q)^(α - 1) - 1)/(α - 1).
    """

    alpha: Annotated[float, Field(gt=1)] = 2.0

    def activation(self, scores: Tensor) -> Tensor:
        return scores

    def conjugate(self, scores: Tensor) -> Tensor:
        rest = self.alpha - 1
        return ((1 + rest * scores).clamp_min(0) ** (self.alpha / rest) - 1) / self.alpha
