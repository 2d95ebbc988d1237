"""DANN: one network whose embeddings carry the class and, by reversed gradients, not the domain."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, GeneratedBatch
from sparring.direction import ScoreDirection
from sparring.game import Batch, Losses, Team
from sparring.games.transfer import Transfer, domain_accuracy, label_losses, pick_domains
from sparring.layers.normalization import NoNorm
from sparring.layers.reversal import reverse_gradient
from sparring.losses import Minimax
from sparring.network import Condition, Network, Shape
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

    class Spec(AdversarialSpec):
        """The players and the rules; an embedding has `embedding` numbers."""

        generates: ClassVar[bool] = False
        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"accuracy": "higher"}
        generator_penalties: ClassVar[Any] = ()  # type: ignore[misc]
        projections: ClassVar[Any] = ()  # type: ignore[misc]
        augmentations: ClassVar[Any] = ()  # type: ignore[misc]

        order: tuple[str | tuple[str, ...], ...] = ("learner",)
        encoder: Network.Spec = DCGANDiscriminator.Spec(width=32, normalization=NoNorm())
        classifier: Network.Spec = MLP.Spec(width=100, depth=1)
        discriminator: Network.Spec = MLP.Spec(width=100, depth=1)
        embedding: PositiveInt = 128
        losses: AdversarialLoss = Minimax()
        strength: NonNegativeScheduled = Logistic(start=0, end=1, images=1_000_000)

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        embedding = (spec.embedding,)
        self.encoder = self.build_player("encoder", spec.encoder, sample, embedding)
        self.classifier = self.build_player("classifier", spec.classifier, embedding, (self.classes,))
        self.discriminator = self.build_player("discriminator", spec.discriminator, embedding, (1,))
        self.adversary = Adversary(spec, self.discriminator, embedding, self.encoder)
        players = {"encoder": self.encoder, "classifier": self.classifier, "discriminator": self.discriminator}
        self.teams = (Team("learner", players, self.learn),)

    def learn(self, batch: Batch) -> Losses:
        """Returns the cross-entropy of labelled samples, the adversarial loss of all, and penalties."""
        assert batch.condition is not None
        source, target = pick_domains(batch.condition)
        embeddings: Tensor = self.encoder(batch.real)
        strength = self.spec.strength.at(batch.images)
        reversed_ = reverse_gradient(embeddings, strength)
        critic = self.adversary.critic(batch)
        real, fake = self.adversary.compare(critic, reversed_[source], reversed_[target])
        batch.observe(score_real=real.mean(), score_fake=fake.mean())
        batch.observe(strength=torch.tensor(strength), domain_accuracy=domain_accuracy(real, fake))
        losses = {
            "class": label_losses(self.classifier(embeddings), batch.condition, batch),
            "adversarial": self.spec.losses.discriminator(real, fake),
        }
        if not self.adversary.discriminator_penalties.due(batch.step):
            return losses
        fixed = embeddings.detach()  # penalties are the discriminator's
        generated = GeneratedBatch.from_latents(lambda codes: codes, fixed[target])
        return losses | self.adversary.discriminate(batch, generated, fixed[source])[1].penalties

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the embeddings [N, F] of samples [N, *sample] of either domain; the caller is in `evaluating`."""
        embeddings: Tensor = self.encoder(samples)
        return embeddings
