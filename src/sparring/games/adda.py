"""ADDA: an encoder of the target's own, which makes a discriminator take its embeddings for the source's."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, GeneratedBatch
from sparring.direction import ScoreDirection
from sparring.game import Batch, Losses, Team
from sparring.games.transfer import Transfer, domain_accuracy, label_losses, pick_domains
from sparring.layers.normalization import NoNorm
from sparring.losses import NonSaturating
from sparring.network import Condition, Network, Shape
from sparring.networks import MLP, DCGANDiscriminator
from sparring.spec import Count


class ADDA(Transfer):
    """A target encoder against a discriminator of embeddings, next to a source encoder (Tzeng et al. 2017).

    While the first `pretraining` images are shown, the source encoder and the classifier learn from the labels of the
    source (eq. 5), and the target encoder is kept equal to the source's. From then on these two stand still: the
    discriminator separates source from target embeddings by `losses`, and the target encoder minimises the generator's
    part, with `NonSaturating` that of inverted labels (eqs. 7 and 9). The classifier stays as it is, for both.

    A team whose turn it is not gives a loss of 0 and no gradients, so that its optimizer does nothing.
    """

    class Spec(AdversarialSpec):
        """The players and the rules; an embedding has `embedding` numbers, and both encoders are alike."""

        generates: ClassVar[bool] = False
        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"accuracy": "higher"}

        order: tuple[str | tuple[str, ...], ...] = ("source", "discriminator", "target")
        encoder: Network.Spec = DCGANDiscriminator.Spec(width=32, normalization=NoNorm())
        classifier: Network.Spec = MLP.Spec(width=100, depth=1)
        discriminator: Network.Spec = MLP.Spec(width=500, depth=2)
        embedding: PositiveInt = 128
        pretraining: Count = 100_000
        losses: AdversarialLoss = NonSaturating()

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        embedding = (spec.embedding,)
        self.source_encoder = self.build_player("encoder", spec.encoder, sample, embedding)
        self.target_encoder = self.build_player("encoder", spec.encoder, sample, embedding)
        self.classifier = self.build_player("classifier", spec.classifier, embedding, (self.classes,))
        self.discriminator = self.build_player("discriminator", spec.discriminator, embedding, (1,))
        self.adversary = Adversary(spec, self.discriminator, embedding, self.target_encoder)
        self._follow()
        source = {"source_encoder": self.source_encoder, "classifier": self.classifier}
        self.teams = (
            Team("source", source, self.learn),
            self.adversary.team(self.discriminate),
            Team("target", {"target_encoder": self.target_encoder}, self.adapt),
        )

    def learn(self, batch: Batch) -> Losses:
        """Returns the cross-entropy of source samples; nothing to learn after the pretraining."""
        assert batch.condition is not None
        if self._adapts(batch):
            return {"class": _nothing(batch)}
        logits = self.classifier(self.source_encoder(batch.real))
        return {"class": label_losses(logits, batch.condition, batch)}

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: embeddings of the source against as many of the target."""
        if not self._adapts(batch):
            return {"adversarial": _nothing(batch)}
        source, target = _pick(batch)
        fake = GeneratedBatch.from_latents(self.target_encoder, target)
        losses, scores = self.adversary.discriminate(batch, fake, self.source_encoder(source))
        batch.observe(domain_accuracy=domain_accuracy(scores.real, scores.fake))
        return losses

    def adapt(self, batch: Batch) -> Losses:
        """Returns the target encoder's losses; while the source is learned it becomes that encoder."""
        if not self._adapts(batch):
            self._follow()
            return {"adversarial": _nothing(batch)}
        source, target = _pick(batch)
        fake = GeneratedBatch.from_latents(self.target_encoder, target)
        real = self.source_encoder(source) if self.adversary.needs_real(batch.step) else None
        return self.adversary.fool(batch, fake, real)[0]

    def encode(self, samples: Tensor) -> Tensor:
        embeddings: Tensor = self.target_encoder(samples)
        return embeddings

    def encode_source(self, samples: Tensor) -> Tensor:
        embeddings: Tensor = self.source_encoder(samples)
        return embeddings

    def _adapts(self, batch: Batch) -> bool:
        return batch.images >= self.spec.pretraining

    @torch.no_grad()
    def _follow(self) -> None:
        self.target_encoder.load_state_dict(self.source_encoder.state_dict())


def _pick(batch: Batch) -> tuple[Tensor, Tensor]:
    """Returns the batch's source samples and its target samples, as many of either."""
    assert batch.condition is not None
    source, target = pick_domains(batch.condition)
    return batch.real[source], batch.real[target]


def _nothing(batch: Batch) -> Tensor:
    """Returns a loss of 0 that no weight has a part in."""
    return torch.zeros((), device=batch.real.device, requires_grad=True)
