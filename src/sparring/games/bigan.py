"""BiGAN, also known as ALI: a generator and an encoder that learn to be each other's inverse."""

from collections.abc import Hashable, Mapping
from math import prod

from torch import Tensor

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, Augmenter, GeneratedBatch
from sparring.errors import ShapeError
from sparring.game import Batch, Losses, SampleGrid
from sparring.games.latent_game import LatentGame
from sparring.latents import Deterministic, Encoding, Gaussian, Prior
from sparring.losses import NonSaturating
from sparring.network import Condition, Network, Shape
from sparring.networks import DCGANDiscriminator, DCGANGenerator, Joint, JointDiscriminator

_COLUMNS, _MAX_ROWS = 10, 5


class BiGAN(LatentGame):
    """A generator G(z) and an encoder E(x) against a discriminator of pairs, (x, E(x)) from (G(z), z).

    With the best discriminator the team minimises the Jensen-Shannon divergence of the two joint distributions; where
    it is 0, E inverts G almost everywhere (Donahue et al. 2017, sec. 3; Dumoulin et al. 2017). The team minimises
    the discriminator's loss with the two kinds of pairs exchanged, the former paper's inverse objective (sec. 3.4); the
    generator's part of a loss is not used.
    Penalties read pairs: input gradients are those by sample and latent together. `augmentations` transform the
    samples of both kinds of pairs, but neither the encoder's inputs nor the latents.
    """

    class Spec(AdversarialSpec):
        """The players and the rules; `encoding` reads the encoder's outputs: BiGAN's is deterministic, ALI's not."""

        generator: Network.Spec = DCGANGenerator.Spec()
        encoder: Network.Spec = DCGANDiscriminator.Spec()
        discriminator: Joint = Joint()
        prior: Prior = Gaussian(size=64)
        encoding: Encoding = Deterministic()
        losses: AdversarialLoss = NonSaturating()

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        self.prior, size = spec.prior, spec.prior.size
        self.generator = self.build_player("generator", spec.generator, (size,), sample)
        self.encoder = self.build_player("encoder", spec.encoder, sample, (spec.encoding.outputs(size),))
        try:
            self.discriminator = spec.discriminator.build(sample, size)
        except ShapeError as error:
            raise ShapeError(f"game.discriminator: {error}") from None
        augmenter, pair = _PairAugmenter(spec, self.discriminator), (prod(sample) + size,)
        self.adversary = Adversary(
            spec, self.discriminator, pair, self.generator, augmenter=augmenter, augmented=sample
        )
        self.teams = self.adversary.teams(self.discriminate, self.generate, encoder=self.encoder)

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: samples with their codes against latents with their samples."""
        return self.adversary.discriminate(batch, real=self._encode(batch), fake=self._fake(batch))[0]

    def generate(self, batch: Batch) -> Losses:
        """Returns the losses of generator and encoder against the discriminator as it is."""
        critic, fake, pairs = self.adversary.critic(batch), self._fake(batch), self._encode(batch)
        scores_real, scores_fake = self.adversary.compare(critic, pairs, fake.samples)
        losses = {"adversarial": self.spec.losses.discriminator(scores_fake, scores_real)}
        return losses | self.adversary.penalize(critic, batch, fake, pairs, scores_fake, scores_real)

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the latents [N, n] of samples [N, *sample], the means where the encoder is stochastic."""
        return self.spec.encoding.expect(self.encoder(samples))

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of real samples over their reconstructions."""
        samples = real[: _COLUMNS * _MAX_ROWS]
        return {"reconstructions": SampleGrid.compare(samples, self.render(self.encode(samples)), _COLUMNS)}

    def capture_key(self, batch: Batch) -> Hashable | None:
        return self.adversary.capture_key(batch.step)

    def _encode(self, batch: Batch) -> Tensor:
        """Returns pairs of real samples and their codes."""
        return self.discriminator.join(batch.real, self.spec.encoding.draw(self.encoder(batch.real), batch.random))

    def _fake(self, batch: Batch) -> GeneratedBatch:
        """Returns pairs of generated samples and their latents."""
        latents = self.draw_latents(len(batch.real), batch.random)
        return GeneratedBatch.from_latents(lambda z: self.discriminator.join(self.generator(z), z), latents)


class _PairAugmenter(Augmenter):
    """Augments the samples of pairs, and leaves the latents as they are."""

    def __init__(self, spec: AdversarialSpec, discriminator: JointDiscriminator) -> None:
        super().__init__(spec.augmentations)
        self._discriminator = (discriminator,)

    def forward(self, pairs: Tensor, batch: Batch) -> Tensor:
        samples, latents = self._discriminator[0].part(pairs)
        return self._discriminator[0].join(super().forward(samples, batch), latents)
