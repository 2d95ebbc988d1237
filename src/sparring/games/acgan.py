"""AC-GAN: the discriminator is not given the class, it has to recognize it."""

from typing import Any, ClassVar

from pydantic import NonNegativeFloat
from torch import Tensor
from torch.nn.functional import cross_entropy

from sparring.errors import SpecError
from sparring.game import Batch, Losses
from sparring.games.gan import GAN, check_condition
from sparring.network import Condition, Network, Shape


class ACGAN(GAN):
    """A conditional generator against a discriminator with an auxiliary classifier (Odena et al. 2017).

    With L_S the adversarial game and L_C = E[log P(c|x)] + E[log P(c|G(z, c))], the discriminator maximises
    L_S + L_C and the generator L_C - L_S (eqs. 2 and 3): both want the classes recognized. The classifier is all of the
    discriminator but for its last layer. Classes of generated samples are those of the batch.
    """

    class Spec(GAN.Spec):
        """The players and the rules; `class_weight` multiplies L_C, 1 in the paper."""

        conditional: ClassVar[Any] = True  # type: ignore[misc]
        class_weight: NonNegativeFloat = 1.0

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        check_condition("game", condition)
        if not condition.classes:
            raise SpecError(
                "game: ACGAN recognizes classes, and the data has numbers; choose GAN with conditional=true"
            )
        super().__init__(spec, sample, condition)

    def build_discriminator(self) -> Network:
        """Returns the discriminator: a score and a logit of each class."""
        outputs = (1 + self.condition.classes,)
        return self.build_player("discriminator", self.spec.discriminator, self.sample, outputs, Condition())

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: real or generated, and of which class."""
        losses, scores = self.adversary.discriminate(batch, self.fake(batch))
        classes = {f"class_{side}": self._classify(batch, side, logits) for side, logits in scores.aux.items()}
        return losses | classes

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses: its samples shall be taken for real, and for their class."""
        losses, output = self.adversary.fool(batch, self.fake(batch))
        return {**losses, "class": self._classify(batch, "fake", output[:, 1:])}

    def classify(self, samples: Tensor) -> Tensor:
        """Returns log P(c|x), [N, K], of `samples` [N, *sample]; the caller is in `evaluating`."""
        logits: Tensor = self.discriminator(samples)[:, 1:]
        return logits.log_softmax(1)

    def _classify(self, batch: Batch, side: str, logits: Tensor) -> Tensor:
        assert batch.condition is not None
        correct = logits.argmax(1) == batch.condition
        batch.observe(**{f"accuracy_{side}": correct.float().mean()})
        return self.spec.class_weight * cross_entropy(logits, batch.condition)
