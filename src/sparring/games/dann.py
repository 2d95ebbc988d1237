"""DANN: one network whose embeddings tell the class and, by reversed gradients, not the domain."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.adversary import DiscriminatorCritic, GeneratedBatch, Penalizer, Penalties, Scores, check_fit, score
from sparring.direction import ScoreDirection
from sparring.game import Batch, Game, Losses, Team
from sparring.games.transfer import Transfer, label_losses, pick_domains, tell_domains_right
from sparring.layers.normalization import NoNorm
from sparring.layers.reversal import reverse_gradient
from sparring.losses import AdversarialLoss, Minimax
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import MLP, DCGANDiscriminator
from sparring.spec.schedule import Logistic, NonNegativeScheduled


class DANN(Transfer):
    """An encoder f and a classifier against a discriminator of domains, as one team (Ganin et al. 2016).

    With L_y the cross-entropy of source samples and L_d what the discriminator minimises of embeddings f(x), source
    against target, encoder and classifier seek the saddle of L_y - λ L_d (eq. 9): between encoder and discriminator
    gradients are multiplied by -λ, and everyone descends. λ, the `strength`, rises as 2/(1 + exp(-10 p)) - 1 with
    the progress p of the run (sec. 5.2.2); its `images` should be those of the run. With a strength of 0 the network
    learns from the source only. `losses` is played as a zero-sum game, whatever its generator's part is.

    `penalties` are the discriminator's: their gradients go no further.
    """

    class Spec(Game.Spec):
        """The cast and the rules; `embedding` numbers stand for a sample."""

        order: tuple[str | tuple[str, ...], ...] = ("learner",)
        encoder: Network.Spec = DCGANDiscriminator.Spec(width=32, normalization=NoNorm())
        classifier: Network.Spec = MLP.Spec(width=100, depth=1)
        discriminator: Network.Spec = MLP.Spec(width=100, depth=1)
        embedding: PositiveInt = 128
        losses: AdversarialLoss = Minimax()
        strength: NonNegativeScheduled = Logistic(start=0, end=1, images=1_000_000)
        penalties: Penalties = ()
        generates: ClassVar[bool] = False
        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"accuracy": "higher"}

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        embedding = (spec.embedding,)
        check_fit(embedding, penalties=spec.penalties)
        self.encoder = self.build_player("encoder", spec.encoder, sample, embedding)
        self.classifier = self.build_player("classifier", spec.classifier, embedding, (self.classes,))
        self.discriminator = self.build_player("discriminator", spec.discriminator, embedding, (1,))
        self.penalties = Penalizer(spec.penalties, self.discriminator)
        self._joins = not couples_samples(self.discriminator)
        players = {"encoder": self.encoder, "classifier": self.classifier, "discriminator": self.discriminator}
        self.teams = (Team("learner", players, self.learn),)

    def learn(self, batch: Batch) -> Losses:
        """Returns the cross-entropy of what has a class, what it costs to tell the domains, and penalties."""
        assert batch.condition is not None
        source, target = pick_domains(batch.condition)
        embeddings: Tensor = self.encoder(batch.real)
        strength = self.spec.strength.at(batch.images)
        turned = reverse_gradient(embeddings, strength)
        scores = self._score(batch, turned[source], turned[target])
        batch.observe(strength=torch.tensor(strength), domain_accuracy=tell_domains_right(scores.real, scores.fake))
        losses = {
            "class": label_losses(self.classifier(embeddings), batch.condition, batch),
            "adversarial": self.spec.losses.discriminator(scores.real, scores.fake),
        }
        if not self.penalties.due(batch.step):
            return losses
        still = embeddings.detach()
        return losses | self._score(batch, still[source], still[target], self.penalties).penalties

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the embeddings [N, F] of samples [N, *sample] of either domain; the caller is in `evaluating`."""
        embeddings: Tensor = self.encoder(samples)
        return embeddings

    def _score(self, batch: Batch, source: Tensor, target: Tensor, penalties: Penalizer | None = None) -> Scores:
        judge = DiscriminatorCritic(self.discriminator, joins=self._joins)
        return score(
            judge, replace(batch, real=source), GeneratedBatch.from_latents(lambda given: given, target), penalties
        )
