"""Uncertain labels for the discriminator: smoothed or flipped.

Both turn real samples of density p and generated samples of density q into samples labelled real, of
mass p̃, and samples labelled generated, of mass q̃; the optimal discriminator is that of `of` between
those two. The generator's loss stays that of `of`.
"""

from abc import abstractmethod
from typing import Annotated

from pydantic import AfterValidator, Field
from torch import Tensor

from sparring.adversary import AdversarialLoss
from sparring.losses.adversarial import NonSaturating, SeparableLoss


def separable(loss: AdversarialLoss) -> SeparableLoss:
    """Returns `loss`; raises `ValueError` unless it is a sum over single scores."""
    if isinstance(loss, SeparableLoss):
        return loss
    able = sorted(kind for kind, member in AdversarialLoss.members.items() if issubclass(member, SeparableLoss))
    raise ValueError(f"{loss.kind()} has no loss for a single labelled score; needs one of {', '.join(able)}")


Separable = Annotated[AdversarialLoss, AfterValidator(separable)]
BelowHalf = Annotated[float, Field(ge=0, lt=0.5)]


class UncertainLabels(SeparableLoss):
    """The loss `of` with uncertain labels."""

    of: Separable = NonSaturating()

    @abstractmethod
    def labels(self) -> tuple[float, float]:
        """Returns the probabilities with which a real and a generated sample are labelled real."""

    def on_real(self, scores: Tensor) -> Tensor:
        return _cost(self.of, scores, self.labels()[0])

    def on_fake(self, scores: Tensor) -> Tensor:
        return _cost(self.of, scores, self.labels()[1])

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return self.of.generator(fake, real)


class LabelSmoothing(UncertainLabels):
    """Labels of 1 - `real` for real samples and `fake` for generated ones (Salimans et al. 2016, sec. 3.4).

    A label λ costs λ a(D) + (1 - λ) b(D), with a and b those of `of` (Szegedy et al. 2016, sec. 7, for cross
    entropy; for least squares it differs from moving the target by a constant). So with r, f = `real`, `fake`:
    p̃ = (1 - r) p + f q and q̃ = (1 - f) q + r p. Over the original game the optimal D is ln p̃/q̃, a
    probability of ((1 - r) p + f q)/(p + q) between f and 1 - r. The least loss is Σ (p + q) h(p̃/(p + q)),
    h the binary entropy: largest exactly where p = q, and below that by an f-divergence.

    Smoothing is one-sided by default. f > 0 adds q to the numerator too: where p is nearly zero and q is not, the
    optimal discriminator has a peak, which holds the generator at its present samples (Goodfellow 2016, sec. 4.2).
    """

    real: BelowHalf = 0.1
    fake: BelowHalf = 0.0

    def labels(self) -> tuple[float, float]:
        return 1 - self.real, self.fake


class LabelFlipping(UncertainLabels):
    """Flips each label with a `probability` π, on the discriminator's move (Chintala et al. 2016, tip 6).

    Nothing is sampled: this is the exact expectation over the flips, the same gradient without their variance.
    It equals `LabelSmoothing` by π on both sides, drawbacks included. The discriminator plays `of` between
    the mixtures p̃ = (1 - π) p + π q and q̃ = (1 - π) q + π p, equal only where p = q. Over the original
    game the optimal D is ln p̃/q̃, a probability of ((1 - π) p + π q)/(p + q) between π and 1 - π, and the
    least loss is ln 4 - 2 JS(p̃, q̃).
    """

    probability: BelowHalf = 0.05

    def labels(self) -> tuple[float, float]:
        return 1 - self.probability, self.probability


def _cost(of: AdversarialLoss, scores: Tensor, label: float) -> Tensor:
    """Returns the loss `of` each score where the label is real with probability `label`."""
    loss = separable(of)
    if label in (0, 1):  # 0 times an overflow is NaN
        return loss.on_real(scores) if label else loss.on_fake(scores)
    return label * loss.on_real(scores) + (1 - label) * loss.on_fake(scores)
