"""How a discriminator's scores become losses."""

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor

from sparring.spec import Family


class AdversarialLoss(Family):
    """Turns scores [N, 1] (logits, any real number) into scalars that the two sides minimise.

    `needs_real` says that the generator's loss depends on the scores of real samples as well; `largest_score` is the
    largest score for which every exponential in the formula stays in float32.
    """

    needs_real: ClassVar[bool] = False
    largest_score: ClassVar[float] = 1e4

    @abstractmethod
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Returns what the discriminator minimises, a scalar, given scores of real and generated samples."""

    @abstractmethod
    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Returns what the generator minimises, a scalar, given scores of generated and, where needed, real samples."""
