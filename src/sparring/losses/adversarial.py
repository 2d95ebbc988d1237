"""How a discriminator's scores become losses: the zero-sum game of 2014 and its alternatives."""

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import relu, softplus

from sparring.adversary import AdversarialLoss


class SeparableLoss(AdversarialLoss):
    """A sum over single scores of samples labelled real or generated: E[a(D(x))] + E[b(D(G(z)))].

    Subclasses define a and b. `LabelSmoothing` and `LabelFlipping` wrap any of them.
    """

    @abstractmethod
    def on_real(self, scores: Tensor) -> Tensor:
        """Returns a(scores), the discriminator's loss for each score of a sample labelled real."""

    @abstractmethod
    def on_fake(self, scores: Tensor) -> Tensor:
        """Returns b(scores), the discriminator's loss for each score of a sample labelled generated."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.on_real(real).mean() + self.on_fake(fake).mean()


class Minimax(SeparableLoss):
    """The original zero-sum game: max_D E[ln σ(D(x))] + E[ln(1 - σ(D(G(z))))] (Goodfellow et al. 2014, eq. 1).

    At the optimal D, ln p/q, the value is 2 JS(p, q) - ln 4. The generator's gradient vanishes
    where the discriminator is certain.
    """

    def on_real(self, scores: Tensor) -> Tensor:
        return softplus(-scores)

    def on_fake(self, scores: Tensor) -> Tensor:
        return softplus(scores)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return -softplus(fake).mean()


class NonSaturating(Minimax):
    """The original discriminator, and a generator that minimises -E[ln σ(D(G(z)))] (Goodfellow et al. 2014, sec. 3)."""

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return softplus(-fake).mean()


class MaximumLikelihood(Minimax):
    """The original discriminator, and a generator that minimises -E[exp(σ⁻¹(D(G(z))))] = -E[exp(logit)].

    With the optimal discriminator this is -E_q[p/q]: its expected gradient is that of KL(p‖q)
    (Goodfellow 2014, eq. 4). Its variance is large: few samples carry nearly all of it.
    """

    largest_score: ClassVar[float] = 80.0

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return -fake.exp().mean()


class Hinge(SeparableLoss):
    """Margins of one on both sides (Lim & Ye 2017; Miyato et al. 2018, eqs. 16-17).

    At the optimal D, sign(p - q), the discriminator's loss is 2 - 2 TV(p, q).
    """

    def on_real(self, scores: Tensor) -> Tensor:
        return relu(1 - scores)

    def on_fake(self, scores: Tensor) -> Tensor:
        return relu(1 + scores)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return -fake.mean()


class LeastSquares(SeparableLoss):
    """½E[(D(x) - b)²] + ½E[(D(G(z)) - a)²] against ½E[(D(G(z)) - c)²] (Mao et al. 2017, eq. 2).

    With b - c = 1 and b - a = 2 (the defaults) the generator minimises the Pearson chi-square
    divergence of (p + q) from 2q; a, b, c = 0, 1, 1 are the paper's binary labels.
    """

    a: float = -1.0
    b: float = 1.0
    c: float = 0.0

    def on_real(self, scores: Tensor) -> Tensor:
        return (scores - self.b).square() / 2

    def on_fake(self, scores: Tensor) -> Tensor:
        return (scores - self.a).square() / 2

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return (fake - self.c).square().mean() / 2


class Wasserstein(AdversarialLoss):
    """E[D(G(z))] - E[D(x)] (Arjovsky et al. 2017, eq. 2): -W1(p, q) when the critic is the best 1-Lipschitz one.

    It needs a constraint on the critic: weight clipping, a gradient penalty, or spectral norm. It is not
    a `SeparableLoss`, since only differences of its scores have a meaning: with labels smoothed on one side,
    moving all scores together would lower the loss without bound.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean() - real.mean()

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return -fake.mean()
