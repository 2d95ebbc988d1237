"""Semi-supervised GAN: a discriminator that learns to classify from few labels, with a generator's help."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import NonNegativeFloat
from torch import Tensor
from torch.nn.functional import cross_entropy

from sparring.adversary import to_float32
from sparring.direction import ScoreDirection
from sparring.errors import SpecError
from sparring.game import Batch, Losses
from sparring.games.gan import GAN
from sparring.network import UNLABELLED, Condition, Network, Shape


class ScoredClassifier(Network):
    """A classifier with logits l(x) [N, K] and, as the score of a discriminator, log Σ_k exp l_k(x)."""

    def __init__(self, classifier: Network) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the scores and the logits [N, 1 + K] of samples [N, *sample]."""
        logits = to_float32(self.classifier(inputs))
        return torch.cat((logits.logsumexp(1, keepdim=True), logits), 1)

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.classifier.features(inputs)


class SemiSupervised(GAN):
    """A generator against a classifier of K + 1 classes, the last one "generated" (Salimans et al. 2016, sec. 5).

    That one's logit can be fixed at 0: the discriminator gives K logits l(x) and takes x for real with probability
    Z/(Z + 1), Z = Σ_k exp l_k(x). In the adversarial `losses` its score is log Z, of all real samples, labelled or not.
    It also minimises the cross-entropy of the labelled ones; the data says which samples have a label. The generator
    minimises ‖E f(x) - E f(G(z))‖², f being the discriminator's last hidden layer (sec. 3.1), which gives better
    classifiers than the adversarial loss.
    """

    class Spec(GAN.Spec):
        """The players and the rules; `class_weight` multiplies the cross-entropy, 1 in the paper."""

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
        classes = (self.classes,)
        return ScoredClassifier(self.build_player("discriminator", self.spec.discriminator, self.sample, classes))

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the classifier's losses: real or generated, and which class where that is known."""
        assert batch.condition is not None
        losses, scores = self.adversary.discriminate(batch, self.fake(batch))
        known, logits = batch.condition != UNLABELLED, scores.aux["real"]
        entropies = cross_entropy(logits, batch.condition, ignore_index=UNLABELLED, reduction="sum")
        correct = (logits.argmax(1) == batch.condition).sum()
        count = known.sum().clamp(min=1)  # a batch may be without labels
        batch.observe(labelled=known.float().mean(), training_accuracy=correct / count)
        return {**losses, "class": self.spec.class_weight * entropies / count}

    def generate(self, batch: Batch) -> Losses:
        """Returns how far the mean features of generated samples are from those of real ones, and penalties."""
        critic, fake = self.adversary.critic(batch), self.fake(batch)
        with torch.no_grad():
            real = to_float32(critic.features(batch.real)).mean(0)
        distance = (real - to_float32(critic.features(fake.samples)).mean(0)).square().sum()
        if not self.adversary.generator_penalties.due(batch.step):
            return {"feature_matching": distance}
        penalties = self.adversary.penalize(critic, batch, fake, batch.real, critic(fake.samples), None)
        return {"feature_matching": distance, **penalties}

    def classify(self, samples: Tensor) -> Tensor:
        """Returns log P(c|x), [N, K], of `samples` [N, *sample]; the caller is in `evaluating`."""
        logits: Tensor = self.discriminator(samples)[:, 1:]
        return logits.log_softmax(1)

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the share of samples whose class is recognized."""
        assert condition is not None
        return {"accuracy": float((self.classify(real).argmax(1) == condition).float().mean())}

    def discriminator_score(self, samples: Tensor) -> None:
        """Returns None: the log-sum-exp of class logits is no score to show."""
