"""Losses of score differences between real and generated samples (Jolicoeur-Martineau 2019)."""

from typing import ClassVar

from torch import Tensor

from sparring.adversary import AdversarialLoss
from sparring.errors import ShapeError
from sparring.losses.adversarial import NonSaturating


class Relativistic(AdversarialLoss):
    """Pairs each real sample with a generated one: `of` D(x) - D(G(z)) (Jolicoeur-Martineau 2019, sec. 3.2).

    The generator plays the same game with the pair reversed. Over the non-saturating loss this is
    RpGAN, whose landscape has no bad local minima (Sun et al. 2020) and which R3GAN trains (Huang et al. 2024).
    For `of` a(real) + b(fake), the discriminator minimises E[a(d) + b(-d)]/2 with d = D(x) - D(G(z)).
    """

    needs_real: ClassVar[bool] = True

    of: AdversarialLoss = NonSaturating()

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.of.discriminator(real - fake, fake - real) / 2

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return self.discriminator(fake, _required(real))


class RelativisticAverage(AdversarialLoss):
    """Compares each sample with the mean score of the other kind: RaGAN (Jolicoeur-Martineau 2019, eqs. 10-13)."""

    needs_real: ClassVar[bool] = True

    of: AdversarialLoss = NonSaturating()

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.of.discriminator(real - fake.mean(), fake - real.mean())

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return self.discriminator(fake, _required(real))


def _required(real: Tensor | None) -> Tensor:
    if real is None:
        raise ShapeError("a relativistic generator's loss needs the scores of real samples too: generator(fake, real)")
    return real
