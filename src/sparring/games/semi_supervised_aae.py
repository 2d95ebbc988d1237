"""Semi-supervised adversarial autoencoder: a code of a class and a style, and few labels."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversaries, Adversary, GeneratedBatch, to_float32
from sparring.direction import ScoreDirection
from sparring.errors import SpecError
from sparring.game import Batch, Game, Losses, SampleGrid, Team
from sparring.latents import Gaussian, Prior
from sparring.losses import NonSaturating
from sparring.network import UNLABELLED, Condition, Network, Shape
from sparring.networks import MLP, DCGANDiscriminator, DCGANGenerator

_COLUMNS, _MAX_ROWS = 10, 10


class SemiSupervisedAAE(Game):
    """An encoder of class y and style z, a decoder, and a discriminator of each (Makhzani et al. 2016, sec. 5).

    The encoder gives a softmax over K classes and a style; one discriminator makes the classes look like draws of
    an even categorical distribution, the other the styles like draws of the `prior`: y holds what comes in K kinds and
    z the rest. The decoder sees both. The encoder minimises reconstruction, regularization, and the cross-entropy of
    the labelled samples; the paper takes the three in turn on each batch, here they are the addends of one move. A
    latent is z followed by y.
    """

    class Spec(AdversarialSpec):
        """The players and the rules; `style` and `sort` are the discriminators of z and of y, under the same rules."""

        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"accuracy": "higher"}

        order: tuple[str | tuple[str, ...], ...] = ("discriminators", "autoencoder")
        encoder: Network.Spec = DCGANDiscriminator.Spec()
        decoder: Network.Spec = DCGANGenerator.Spec()
        style: Network.Spec = MLP.Spec()
        sort: Network.Spec = MLP.Spec()
        prior: Prior = Gaussian(size=8)
        losses: AdversarialLoss = NonSaturating()
        reconstruction_weight: PositiveFloat = 10.0
        class_weight: NonNegativeFloat = 1.0

    spec: Spec
    spherical = False

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        if not condition.classes:
            raise SpecError("game: SemiSupervisedAAE learns classes, and the data has none; give it some (data.labels)")
        super().__init__(spec, sample, Condition(condition.classes))
        self.classes, alone = condition.classes, Condition()
        style, sort = (spec.prior.size,), (self.classes,)
        code = (spec.prior.size + self.classes,)
        self.encoder = self.build_player("encoder", spec.encoder, sample, code, alone)
        self.decoder = self.build_player("decoder", spec.decoder, code, sample, alone)
        self.style = self.build_player("style", spec.style, style, (1,), alone)
        self.sort = self.build_player("sort", spec.sort, sort, (1,), alone)
        self.adversaries = Adversaries(
            {
                "style": Adversary(spec, self.style, style, self.encoder, name="style"),
                "sort": Adversary(spec, self.sort, sort, self.encoder, name="sort"),
            }
        )
        players = {"encoder": self.encoder, "decoder": self.decoder}
        self.teams = (self.adversaries.team(self.discriminate), Team("autoencoder", players, self.autoencode))

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the losses of both discriminators: draws of prior and classes against encoded styles and classes."""
        losses: Losses = {}
        codes, real = self._split(self.encode(batch.real)), self._draw_real(batch)
        for name, fake in codes.items():
            generated = GeneratedBatch.from_latents(lambda codes: codes, fake)
            losses |= self.adversaries[name].discriminate(batch, generated, real[name])[0]
        return losses

    def autoencode(self, batch: Batch) -> Losses:
        """Returns the autoencoder's losses: reconstruction, those of its codes against both, and known classes."""
        assert batch.condition is not None
        outputs = self.encoder(batch.real)
        latents, logits = self._soften(outputs), to_float32(outputs[:, -self.classes :])
        codes, real = self._split(latents), self._draw_real(batch)
        losses = {"reconstruction": self.spec.reconstruction_weight * mse_loss(self.decoder(latents), batch.real)}
        for name, fake in codes.items():
            generated = GeneratedBatch.from_latents(lambda codes: codes, fake)
            losses |= self.adversaries[name].fool(batch, generated, real[name])[0]
        known = batch.condition != UNLABELLED
        entropies = cross_entropy(logits, batch.condition, ignore_index=UNLABELLED, reduction="sum")
        losses["class"] = self.spec.class_weight * entropies / known.sum().clamp(min=1)  # a batch may be unlabelled
        return losses

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        return self.render(self.draw_latents(count, random), condition)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        styles = self.spec.prior.draw(count, random)
        sorts = torch.randint(self.classes, (count,), generator=random, device=random.device)
        return torch.cat((styles, one_hot(sorts, self.classes).to(styles.dtype)), 1)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the samples of `latents` [N, n + K]; a `condition` [N] replaces their classes."""
        if condition is not None:
            sorts = self.condition.vector(condition).to(latents.dtype)
            latents = torch.cat((self._split(latents)["style"], sorts), 1)
        samples: Tensor = self.decoder(latents)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns latents [N, n + K] of samples [N, *sample]: styles, and the probabilities of the classes."""
        return self._soften(self.encoder(samples))

    def classify(self, samples: Tensor) -> Tensor:
        """Returns log P(c|x), [N, K], of `samples` [N, *sample]; the caller is in `evaluating`."""
        outputs: Tensor = self.encoder(samples)
        return outputs[:, -self.classes :].log_softmax(1)

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the share of samples whose class is recognized."""
        assert condition is not None
        return {"accuracy": float((self.classify(real).argmax(1) == condition).float().mean())}

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of real samples over their reconstructions, and a row of every class for some styles."""
        samples, count = real[: _COLUMNS * _MAX_ROWS // 2], min(self.classes, _COLUMNS)
        styles = self.draw_latents(_MAX_ROWS, torch.Generator(real.device).manual_seed(seed))
        sorts = torch.arange(count, device=real.device).repeat(_MAX_ROWS)
        return {
            "reconstructions": SampleGrid.compare(samples, self.render(self.encode(samples)), _COLUMNS),
            "styles": SampleGrid(self.render(styles.repeat_interleave(count, 0), sorts), count),
        }

    def _draw_real(self, batch: Batch) -> dict[str, Tensor]:
        return self._split(self.draw_latents(len(batch.real), batch.random))

    def _soften(self, outputs: Tensor) -> Tensor:
        style, logits = self._split(outputs).values()
        return torch.cat((style, logits.softmax(1)), 1)

    def _split(self, latents: Tensor) -> dict[str, Tensor]:
        return {"style": latents[:, : -self.classes], "sort": latents[:, -self.classes :]}
