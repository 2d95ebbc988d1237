"""VAE-GAN: an autoencoder whose reconstructions are compared in the features of a discriminator."""

from collections.abc import Iterator, Mapping

import torch
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor

from sparring.adversary import DiscriminatorCritic, GeneratedBatch, Penalizer, Penalties, check_fit, score, to_float32
from sparring.game import Batch, Game, Losses, Projection, SampleGrid, Team
from sparring.latents import Gaussian, Stochastic, attribute
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import UNLABELLED, Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator

_ROW, _MOST_ROWS, _LEAST = 10, 10, 2


class VAEGAN(Game):
    """An encoder q(z|x), a decoder and a discriminator Dis, each with a loss of its own (Larsen et al. 2016).

        L_prior = KL(q(z|x) ‖ N(0, I)),   L_llike = ½ E‖Dis_l(x) - Dis_l(x̃)‖²,   x̃ = Dec(z), z ~ q(z|x),

    Dis_l being what the discriminator's last layer looks at: -log N(Dis_l(x) | Dis_l(x̃), I) up to a constant (eq. 6).
    By algorithm 1 the encoder minimises L_prior + L_llike, the decoder γ L_llike + its adversarial loss, and the
    discriminator its own adversarial loss alone: never the error that is measured in its features. All three move at
    once, and look at the same latents and reconstructions. What is judged is one half reconstructions and one half
    decoded draws of N(0, I), as many as real samples in all, so that any loss keeps its balance; the paper counts each
    kind in full.
    """

    class Spec(Game.Spec):
        """The cast and the rules: `size` numbers a latent; `similarity_weight` is the paper's γ."""

        order: tuple[str | tuple[str, ...], ...] = (("encoder", "decoder", "discriminator"),)
        encoder: Network.Spec = DCGANDiscriminator.Spec()
        decoder: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = DCGANDiscriminator.Spec()
        size: PositiveInt = 128
        losses: AdversarialLoss = NonSaturating()
        penalties: Penalties = ()
        projections: tuple[Projection, ...] = ()
        similarity_weight: NonNegativeFloat = 1e-3

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        check_fit(sample, penalties=spec.penalties)
        self.classes = condition.classes
        self.encoding, self.prior = Stochastic(), Gaussian(size=spec.size)
        told = (self.encoding.count(spec.size),)
        self.encoder = self.build_player("encoder", spec.encoder, sample, told)
        self.decoder = self.build_player("decoder", spec.decoder, (spec.size,), sample)
        self.discriminator = self.build_player("discriminator", spec.discriminator, sample, (1,))
        self.penalties = Penalizer(spec.penalties, self.discriminator)
        self._joins = not couples_samples(self.discriminator)
        with self.evaluating():
            self.discriminator.features(torch.zeros(_LEAST, *sample))  # raises where it has none to compare
        self.teams = (
            Team("encoder", {"encoder": self.encoder}, self.infer),
            Team("decoder", {"decoder": self.decoder}, self.decode),
            Team("discriminator", {"discriminator": self.discriminator}, self.discriminate, spec.projections),
        )

    def infer(self, batch: Batch) -> Losses:
        """Returns the encoder's losses: L_prior + L_llike, in nats."""
        told = self.encoder(batch.real)
        latents = self.encoding.draw(told, batch.random)
        batch.shared["latents"] = latents.detach()
        prior = self.encoding.divergence(to_float32(told)).mean()
        return {"prior": prior, "similarity": self._compare(batch, self.decoder(latents))}

    def decode(self, batch: Batch) -> Losses:
        """Returns the decoder's losses: γ L_llike, and how far what it makes is from passing."""
        count, latents, judge = len(batch.real), self._mix(batch), self._judge()
        made = self.decoder(latents)
        judged = made[-count:]
        batch.shared.update(judged=judged.detach(), judged_latents=latents[-count:].detach())
        real = judge(batch.real) if self.spec.losses.needs_real else None
        return {
            "similarity": self.spec.similarity_weight * self._compare(batch, made[:count]),
            "adversarial": self.spec.losses.generator(judge(judged), real),
        }

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: real samples against reconstructions and decoded draws of the prior."""
        scores = score(self._judge(), batch, self._draw(batch), self.penalties)
        return {"adversarial": self.spec.losses.discriminator(scores.real, scores.fake), **scores.penalties}

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        return self.render(self.draw_latents(count, random))

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return self.prior.draw(count, random)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        samples: Tensor = self.decoder(latents, condition)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the means [N, n] of the latents of samples [N, *sample]."""
        return self.encoding.expect(self.encoder(samples))

    @property
    def spherical(self) -> bool:
        return self.prior.spherical

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        return self.discriminator(samples) if self._joins else None

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of real samples with their reconstructions below, and samples that turn into another class."""
        latents = self.encode(real)
        shown = real[: _ROW * _MOST_ROWS]
        panels = {"reconstructions": SampleGrid.compare(shown, self.render(latents[: len(shown)]), _ROW)}
        turned = list(self._turn(latents, condition)) if condition is not None and self.classes else []
        return panels | ({"attributes": SampleGrid(torch.cat(turned), _ROW)} if turned else {})

    def _judge(self) -> DiscriminatorCritic:
        return DiscriminatorCritic(self.discriminator, joins=self._joins)

    def _mix(self, batch: Batch) -> Tensor:
        """Returns latents of the real samples, and half a batch of draws of the prior behind them."""
        latents = batch.shared.get("latents")
        if latents is None:
            latents = self.encoding.draw(self.encoder(batch.real), batch.random)
        drawn = self.prior.draw(len(batch.real) - len(batch.real) // 2, batch.random)
        return torch.cat((latents, drawn))

    def _draw(self, batch: Batch) -> GeneratedBatch:
        """Returns what is judged: what the decoder makes on its move, where the two move at once."""
        if "judged" in batch.shared:
            return GeneratedBatch(batch.shared["judged"], batch.shared["judged_latents"], self.decoder)
        return GeneratedBatch.from_latents(self.decoder, self._mix(batch)[-len(batch.real) :])

    def _compare(self, batch: Batch, reconstructions: Tensor) -> Tensor:
        """Returns L_llike in nats."""
        seen = batch.shared.get("seen")
        if seen is None:
            with torch.no_grad():
                seen = batch.shared["seen"] = to_float32(self.discriminator.features(batch.real))
        return (to_float32(self.discriminator.features(reconstructions)) - seen).square().sum(1).mean() / 2

    def _turn(self, latents: Tensor, classes: Tensor) -> Iterator[Tensor]:
        """Yields rows in which the first sample of each class is moved by the way from its class to the next one."""
        found = classes[classes != UNLABELLED].bincount().nonzero()[:, 0]
        if len(found) < 2:
            return
        steps = torch.linspace(0, 1, _ROW, device=latents.device)[:, None]
        for own, other in zip(found[:_MOST_ROWS], found.roll(-1), strict=False):
            among = (classes == own) | (classes == other)
            way = attribute(latents[among], classes[among] == other)
            yield self.render(latents[classes == own][0] + steps * way)
