"""A discriminator that learns to classify from few labels, with a generator's help."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import NonNegativeFloat
from torch import Tensor, cat
from torch.nn.functional import cross_entropy

from sparring.adversary import AuxiliaryCritic, Critic, score, to_float32
from sparring.direction import ScoreDirection
from sparring.errors import SpecError
from sparring.game import Batch, Losses
from sparring.games.gan import GAN
from sparring.network import UNLABELLED, Condition, Network, Shape


class ClassCritic(AuxiliaryCritic):
    """A classifier whose logits l [N, K] give the score log Σ_k exp l_k, which it tells before them."""

    def look(self, samples: Tensor) -> Tensor:
        logits = to_float32(self.network(samples))
        return cat((logits.logsumexp(1, keepdim=True), logits), 1)


class SemiSupervised(GAN):
    """A generator against a classifier of K + 1 classes, the last one "generated" (Salimans et al. 2016, sec. 5).

    That one's logit can be fixed at 0, so that the discriminator gives K logits l(x) and takes x for real with
    probability Z/(Z + 1), Z = Σ_k exp l_k(x): in the adversarial `losses` its score is log Z, of all real samples,
    labelled or not. Beside them it minimises the cross-entropy of the labelled ones; the data says of which
    samples the class is known. The generator minimises ‖E f(x) - E f(G(z))‖², f being the discriminator's last
    hidden layer (sec. 3.1), which gives better classifiers than the adversarial loss.
    """

    class Spec(GAN.Spec):
        """The cast and the rules; `class_weight` stands before the cross-entropy, 1 in the paper."""

        conditional: ClassVar[Any] = False  # type: ignore[misc]
        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"accuracy": "higher"}
        class_weight: NonNegativeFloat = 1.0

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        if not condition.classes:
            raise SpecError("game: SemiSupervised learns classes, and the data has none; give it some (data.labels)")
        self.classes = condition.classes
        super().__init__(spec, sample, condition)

    def build_discriminator(self) -> Network:
        """Returns the classifier."""
        return self.build_player("discriminator", self.spec.discriminator, self.sample, (self.classes,))

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the classifier's losses: real or generated, and which class where that is known."""
        assert batch.condition is not None
        scores = score(self._judge(batch), batch, self._draw(batch), self.discriminator_penalties)
        known, logits = batch.condition != UNLABELLED, scores.told["real"]
        entropies = cross_entropy(logits, batch.condition, ignore_index=UNLABELLED, reduction="sum")
        right = (logits.argmax(1) == batch.condition).sum()
        count = known.sum().clamp(min=1)  # a batch may be without labels
        batch.observe(labelled=known.float().mean(), training_accuracy=right / count)
        adversarial = self.spec.losses.discriminator(scores.real, scores.fake)
        return {"adversarial": adversarial, "class": self.spec.class_weight * entropies / count, **scores.penalties}

    def generate(self, batch: Batch) -> Losses:
        """Returns how far the mean features of generated samples are from those of real ones, and penalties."""
        judge, drawn = self._judge(batch), self._draw(batch)
        with torch.no_grad():
            real = to_float32(judge.features(batch.real)).mean(0)
        distance = (real - to_float32(judge.features(drawn.samples)).mean(0)).square().sum()
        if not self.generator_penalties.due(batch.step):
            return {"feature_matching": distance}
        return {"feature_matching": distance, **self._penalize(batch, judge, drawn, judge(drawn.samples), None)}

    def classify(self, samples: Tensor) -> Tensor:
        """Returns log P(c|x), [N, K], of `samples` [N, *sample]; the caller is in `evaluating`."""
        logits: Tensor = self.discriminator(samples)
        return logits.log_softmax(1)

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the share of samples whose class is told right."""
        assert condition is not None
        return {"accuracy": float((self.classify(real).argmax(1) == condition).float().mean())}

    def discriminator_score(self, samples: Tensor) -> None:
        """Returns None: logits of classes are no score."""

    def _judge(self, batch: Batch) -> Critic:
        judge = ClassCritic(self.discriminator, joins=self._joins)
        return self.augmenter.before(judge, batch)
