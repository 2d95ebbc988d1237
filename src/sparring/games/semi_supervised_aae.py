"""Semi-supervised adversarial autoencoder: a code of a class and a style, and few labels."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from sparring.adversary import DiscriminatorCritic, GeneratedBatch, Penalizer, Penalties, check_fit, score, to_float32
from sparring.direction import ScoreDirection
from sparring.errors import SpecError
from sparring.game import Batch, Game, Losses, SampleGrid, Team
from sparring.latents import Gaussian, Prior
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import UNLABELLED, Condition, Network, Shape, couples_samples
from sparring.networks import MLP, DCGANDiscriminator, DCGANGenerator

_ROW, _MOST_ROWS = 10, 10


class SemiSupervisedAAE(Game):
    """An encoder of class y and style z, a decoder, and a discriminator of each (Makhzani et al. 2016, sec. 5).

    The encoder tells a softmax over K classes and a style; one discriminator makes the classes look like draws of
    an even categorical distribution, the other the styles like draws of the `prior`, so that y holds what comes in
    K kinds and z the rest. The decoder sees both. Beside reconstruction and regularization the encoder minimises the
    cross-entropy of the samples whose class the data tells; the paper takes the three in turn on each batch, here they
    are the addends of one move. A latent is z with y behind it.
    """

    class Spec(Game.Spec):
        """The cast and the rules; `style` and `sort` are the discriminators of z and of y, alike in their losses."""

        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"accuracy": "higher"}

        order: tuple[str | tuple[str, ...], ...] = ("discriminators", "autoencoder")
        encoder: Network.Spec = DCGANDiscriminator.Spec()
        decoder: Network.Spec = DCGANGenerator.Spec()
        style: Network.Spec = MLP.Spec()
        sort: Network.Spec = MLP.Spec()
        prior: Prior = Gaussian(size=8)
        losses: AdversarialLoss = NonSaturating()
        penalties: Penalties = ()
        reconstruction_weight: PositiveFloat = 10.0
        class_weight: NonNegativeFloat = 1.0

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        if not condition.classes:
            raise SpecError("game: SemiSupervisedAAE learns classes, and the data has none; give it some (data.labels)")
        super().__init__(spec, sample, Condition(condition.classes))
        self.classes, untold = condition.classes, Condition()
        style, sort = (spec.prior.size,), (self.classes,)
        code = (spec.prior.size + self.classes,)
        check_fit(style, penalties=spec.penalties)
        self.encoder = self.build_player("encoder", spec.encoder, sample, code, untold)
        self.decoder = self.build_player("decoder", spec.decoder, code, sample, untold)
        self.style = self.build_player("style", spec.style, style, (1,), untold)
        self.sort = self.build_player("sort", spec.sort, sort, (1,), untold)
        self.style_penalties = Penalizer(spec.penalties, self.style)
        self.sort_penalties = Penalizer(spec.penalties, self.sort)
        self.teams = (
            Team("discriminators", {"style": self.style, "sort": self.sort}, self.discriminate),
            Team("autoencoder", {"encoder": self.encoder, "decoder": self.decoder}, self.autoencode),
        )

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the losses of both discriminators: draws of prior and classes against styles and classes encoded."""
        codes, drawn = self.encode(batch.real), self.draw_latents(len(batch.real), batch.random)
        (style, sort), (real_style, real_sort) = self._part(codes), self._part(drawn)
        return self._meet(batch, "style", self.style, self.style_penalties, real_style, style) | self._meet(
            batch, "sort", self.sort, self.sort_penalties, real_sort, sort
        )

    def autoencode(self, batch: Batch) -> Losses:
        """Returns the autoencoder's losses: reconstruction, what codes cost against both, and known classes."""
        assert batch.condition is not None
        told = self.encoder(batch.real)
        codes, logits = self._soften(told), to_float32(told[:, -self.classes :])
        (style, sort), drawn = self._part(codes), self._part(self.draw_latents(len(codes), batch.random))
        real = [self.style(drawn[0]), self.sort(drawn[1])] if self.spec.losses.needs_real else [None, None]
        known = batch.condition != UNLABELLED
        entropies = cross_entropy(logits, batch.condition, ignore_index=UNLABELLED, reduction="sum")
        return {
            "reconstruction": self.spec.reconstruction_weight * mse_loss(self.decoder(codes), batch.real),
            "style": self.spec.losses.generator(to_float32(self.style(style)), real[0]),
            "sort": self.spec.losses.generator(to_float32(self.sort(sort)), real[1]),
            "class": self.spec.class_weight * entropies / known.sum().clamp(min=1),  # a batch may be without labels
        }

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        return self.render(self.draw_latents(count, random), condition)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        styles = self.spec.prior.draw(count, random)
        drawn = torch.randint(self.classes, (count,), generator=random, device=random.device)
        return torch.cat((styles, one_hot(drawn, self.classes).to(styles.dtype)), 1)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the samples of `latents` [N, n + K]; a `condition` [N] stands in place of their classes."""
        if condition is not None:
            sorts = self.condition.vector(condition).to(latents.dtype)
            latents = torch.cat((self._part(latents)[0], sorts), 1)
        samples: Tensor = self.decoder(latents)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns latents [N, n + K] of samples [N, *sample]: styles, and the probabilities of the classes."""
        return self._soften(self.encoder(samples))

    def classify(self, samples: Tensor) -> Tensor:
        """Returns log P(c|x), [N, K], of `samples` [N, *sample]; the caller is in `evaluating`."""
        told: Tensor = self.encoder(samples)
        return told[:, -self.classes :].log_softmax(1)

    @property
    def spherical(self) -> bool:
        return False

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the share of samples whose class is told right."""
        assert condition is not None
        return {"accuracy": float((self.classify(real).argmax(1) == condition).float().mean())}

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of real samples with their reconstructions below, and a row of every class for some styles."""
        shown, count = real[: _ROW * _MOST_ROWS // 2], min(self.classes, _ROW)
        styles = self.draw_latents(_MOST_ROWS, torch.Generator(real.device).manual_seed(seed))
        sorts = torch.arange(count, device=real.device).repeat(_MOST_ROWS)
        return {
            "reconstructions": SampleGrid.compare(shown, self.render(self.encode(shown)), _ROW),
            "styles": SampleGrid(self.render(styles.repeat_interleave(count, 0), sorts), count),
        }

    def _soften(self, told: Tensor) -> Tensor:
        style, logits = self._part(told)
        return torch.cat((style, logits.softmax(1)), 1)

    def _part(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        return latents[:, : -self.classes], latents[:, -self.classes :]

    def _meet(
        self, batch: Batch, name: str, player: Network, penalties: Penalizer, real: Tensor, fake: Tensor
    ) -> Losses:
        """Returns the losses of the discriminator called `name`, which scores `real` and `fake` [N, d]."""
        seen = replace(batch, real=real, observations={})
        judge = DiscriminatorCritic(player, joins=not couples_samples(player))
        scores = score(judge, seen, GeneratedBatch.from_latents(lambda codes: codes, fake), penalties)
        batch.observe(**{f"{name}_{key}": value for key, value in seen.observations.items()})
        adversarial = self.spec.losses.discriminator(scores.real, scores.fake)
        return {name: adversarial, **{f"{name}_{key}": value for key, value in scores.penalties.items()}}
