"""The discriminator as an energy, low on data (Zhao, Mathieu & LeCun 2017)."""

from typing import Annotated

from pydantic import Field
from torch import Tensor
from torch.nn.functional import relu, softplus

from sparring.losses.adversarial import SeparableLoss


class EnergyMargin(SeparableLoss):
    """E[e(x)] + E[max(0, margin - e(G(z)))] against E[e(G(z))] (EBGAN: Zhao et al. 2017, eqs. 1-2).

    The paper's energy is a reconstruction error, nowhere below zero. Ours is e = softplus(-D), which works with any
    discriminator; with e = -D the first addend would fall without bound as the scores of data rise.
    At the optimal D, +∞ (e = 0) where p > q and -ln(exp(margin) - 1) (e = margin) where p < q, the least
    loss is margin · (1 - TV(p, q)); where p = q everywhere it is the margin (the paper's theorem 1).
    Generated samples beyond the margin no longer move the discriminator. The generator is `NonSaturating`'s.
    """

    margin: Annotated[float, Field(gt=0)] = 1.0

    def on_real(self, scores: Tensor) -> Tensor:
        return softplus(-scores)

    def on_fake(self, scores: Tensor) -> Tensor:
        return relu(self.margin - softplus(-scores))

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return softplus(-fake).mean()
