"""VAE-GAN: an autoencoder whose reconstructions are compared in the features of a discriminator."""

from collections.abc import Iterator, Mapping

import torch
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, GeneratedBatch, to_float32
from sparring.game import Batch, Losses, SampleGrid, Team
from sparring.games.latent_game import LatentGame
from sparring.latents import Gaussian, Stochastic, attribute_direction
from sparring.losses import NonSaturating
from sparring.network import UNLABELLED, Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator

_COLUMNS, _MAX_ROWS, _MIN_BATCH = 10, 10, 2


class VAEGAN(LatentGame):
    """An encoder q(z|x), a decoder and a discriminator Dis, each with a loss of its own (Larsen et al. 2016).

        L_prior = KL(q(z|x) ‖ N(0, I)),   L_llike = ½ E‖Dis_l(x) - Dis_l(x̃)‖²,   x̃ = Dec(z), z ~ q(z|x),

    Dis_l being the input of the discriminator's last layer: -log N(Dis_l(x) | Dis_l(x̃), I) up to a constant (eq. 6).
    By algorithm 1 the encoder minimises L_prior + L_llike, the decoder γ L_llike + its adversarial loss, and the
    discriminator its own adversarial loss alone: never the error that is measured in its features. All three move at
    once, with the same latents and reconstructions. Generated samples are one half reconstructions and one half decoded
    draws of N(0, I), as many as real samples in all, which balances any loss; the paper counts each kind in full.
    """

    class Spec(AdversarialSpec):
        """The players and the rules: a latent has `size` numbers; `similarity_weight` is the paper's γ."""

        order: tuple[str | tuple[str, ...], ...] = (("encoder", "decoder", "discriminator"),)
        encoder: Network.Spec = DCGANDiscriminator.Spec()
        decoder: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = DCGANDiscriminator.Spec()
        size: PositiveInt = 128
        losses: AdversarialLoss = NonSaturating()
        similarity_weight: NonNegativeFloat = 1e-3

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        self.classes = condition.classes
        self.encoding, self.prior = Stochastic(), Gaussian(size=spec.size)
        self.encoder = self.build_player("encoder", spec.encoder, sample, (self.encoding.outputs(spec.size),))
        self.decoder = self.build_player("decoder", spec.decoder, (spec.size,), sample)
        self.discriminator = self.build_player("discriminator", spec.discriminator, sample, (1,))
        self.adversary = Adversary(spec, self.discriminator, sample, self.decoder)
        with self.evaluating():
            self.discriminator.features(torch.zeros(_MIN_BATCH, *sample))  # raises where it has none to compare
        self.teams = (
            Team("encoder", {"encoder": self.encoder}, self.infer),
            Team("decoder", {"decoder": self.decoder}, self.decode),
            self.adversary.team(self.discriminate),
        )

    def infer(self, batch: Batch) -> Losses:
        """Returns the encoder's losses: L_prior + L_llike, in nats."""
        outputs = self.encoder(batch.real)
        latents = self.encoding.draw(outputs, batch.random)
        batch.shared["latents"] = latents.detach()
        prior = self.encoding.divergence(to_float32(outputs)).mean()
        return {"prior": prior, "similarity": self._compare(batch, self.decoder(latents))}

    def decode(self, batch: Batch) -> Losses:
        """Returns the decoder's losses: γ L_llike, and the adversarial loss of what it generates."""
        count, latents = len(batch.real), self._mix(batch)
        decoded = self.decoder(latents)
        fake = GeneratedBatch(decoded[-count:], latents[-count:], self.decoder)
        batch.shared.update(fake=fake.samples.detach(), fake_latents=fake.latents.detach())
        similarity = self.spec.similarity_weight * self._compare(batch, decoded[:count])
        return {"similarity": similarity, **self.adversary.fool(batch, fake)[0]}

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: real samples against reconstructions and decoded draws of the prior."""
        return self.adversary.discriminate(batch, self._fake(batch))[0]

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        samples: Tensor = self.decoder(latents, condition)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the means [N, n] of the latents of samples [N, *sample]."""
        return self.encoding.expect(self.encoder(samples))

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        return None if couples_samples(self.discriminator) else self.discriminator(samples)

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of real samples with their reconstructions below, and samples that turn into another class."""
        latents = self.encode(real)
        samples = real[: _COLUMNS * _MAX_ROWS]
        grids = {"reconstructions": SampleGrid.compare(samples, self.render(latents[: len(samples)]), _COLUMNS)}
        rows = list(self._turn(latents, condition)) if condition is not None and self.classes else []
        return grids | ({"attributes": SampleGrid(torch.cat(rows), _COLUMNS)} if rows else {})

    def _mix(self, batch: Batch) -> Tensor:
        """Returns latents of the real samples, and half a batch of draws of the prior behind them."""
        latents = batch.shared.get("latents")
        if latents is None:
            latents = self.encoding.draw(self.encoder(batch.real), batch.random)
        prior = self.prior.draw(len(batch.real) - len(batch.real) // 2, batch.random)
        return torch.cat((latents, prior))

    def _fake(self, batch: Batch) -> GeneratedBatch:
        """Returns the decoder's samples on its move, if it moves at once; else new ones."""
        if "fake" in batch.shared:
            return GeneratedBatch(batch.shared["fake"], batch.shared["fake_latents"], self.decoder)
        return GeneratedBatch.from_latents(self.decoder, self._mix(batch)[-len(batch.real) :])

    def _compare(self, batch: Batch, reconstructions: Tensor) -> Tensor:
        """Returns L_llike in nats."""
        features = batch.shared.get("features")
        if features is None:
            with torch.no_grad():
                features = batch.shared["features"] = to_float32(self.discriminator.features(batch.real))
        return (to_float32(self.discriminator.features(reconstructions)) - features).square().sum(1).mean() / 2

    def _turn(self, latents: Tensor, classes: Tensor) -> Iterator[Tensor]:
        """Yields rows in which the first sample of each class moves along the attribute vector to the next class."""
        present = classes[classes != UNLABELLED].bincount().nonzero()[:, 0]
        if len(present) < 2:
            return
        steps = torch.linspace(0, 1, _COLUMNS, device=latents.device)[:, None]
        for own, other in zip(present[:_MAX_ROWS], present.roll(-1), strict=False):
            among = (classes == own) | (classes == other)
            direction = attribute_direction(latents[among], classes[among] == other)
            yield self.render(latents[classes == own][0] + steps * direction)
