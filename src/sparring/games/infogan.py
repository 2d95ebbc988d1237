"""InfoGAN: a generator whose codes can be read off its samples."""

from collections.abc import Hashable, Mapping
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, GeneratedBatch
from sparring.game import Batch, Losses, SampleGrid
from sparring.games.latent_game import LatentGame
from sparring.latents import Categorical, Code, CodedPrior, Continuous, Prior, Uniform
from sparring.losses import NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator

_ROWS, _STEPS = 6, 10

Codes = Annotated[tuple[Code, ...], Field(min_length=1)]
"""The codes of a latent, in their order."""


class InfoGAN(LatentGame):
    """A generator G(z, c) and a recognizer Q(c|x) against one discriminator (Chen et al. 2016).

    In addition to the adversarial game, G and Q maximise λ L_I with L_I = E[log Q(c|G(z, c))] + H(c) ≤ I(c; G(z, c)),
    observed as `information` in nats (eqs. 4-6). Without a `recognizer` of its own, Q is the discriminator but for its
    last layer, whose auxiliary outputs are the codes (sec. 6). As in the published code, all of it moves with the
    discriminator, and both teams maximise L_I: one learns to read codes off its samples, the other to write them.
    A `recognizer` of its own moves with the generator, and the discriminator learns nothing of codes.
    """

    class Spec(AdversarialSpec):
        """The players and the rules; latents are the `noise` z followed by the `codes` c."""

        generator: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = DCGANDiscriminator.Spec()
        recognizer: Network.Spec | None = None
        noise: Prior = Uniform(size=62)
        codes: Codes = (Categorical(size=10), Continuous(size=2, deviation=1.0))
        losses: AdversarialLoss = NonSaturating()

    spec: Spec
    prior: CodedPrior

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        self.prior = CodedPrior(spec.noise, spec.codes)
        codes = self.prior.outputs
        self.generator = self.build_player("generator", spec.generator, (self.prior.size,), sample)
        outputs = 1 if spec.recognizer else 1 + codes
        self.discriminator = self.build_player("discriminator", spec.discriminator, sample, (outputs,))
        own = {"recognizer": spec.recognizer} if spec.recognizer else {}
        players = {name: self.build_player(name, player, sample, (codes,)) for name, player in own.items()}
        self.recognizer = players.get("recognizer")
        self.adversary = Adversary(spec, self.discriminator, sample, self.generator)
        self.teams = self.adversary.teams(self.discriminate, self.generate, **players)

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses, with that of reading codes off generated samples where it reads them."""
        fake = self.fake(batch)
        losses, scores = self.adversary.discriminate(batch, fake)
        return losses if self.recognizer else losses | self._recognize(batch, fake, scores.aux["fake"])

    def generate(self, batch: Batch) -> Losses:
        """Returns the losses of the generator, and of a recognizer of its own, against the discriminator as it is."""
        fake = self.fake(batch)
        losses, output = self.adversary.fool(batch, fake)
        codes = self.recognizer(fake.samples) if self.recognizer else output[:, 1:]
        return losses | self._recognize(batch, fake, codes)

    def recognize(self, samples: Tensor) -> tuple[Tensor, ...]:
        """Returns for each code its expectation under Q, [N, size], in samples [N, *sample], real ones for example.

        For a categorical code that is each category's probability, times `scale`. The caller is in `evaluating`.
        """
        return self.prior.expect(self.recognizer(samples) if self.recognizer else self.discriminator(samples)[:, 1:])

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns traversals, one for each category and each number: a row is one latent in which it alone moves."""
        latents = self.draw_latents(_ROWS, torch.Generator(real.device).manual_seed(seed))
        paths = self.prior.traverse(latents, _STEPS)
        return {name: SampleGrid(self.render(path.flatten(0, 1)), path.shape[1]) for name, path in paths}

    def capture_key(self, batch: Batch) -> Hashable | None:
        return self.adversary.capture_key(batch.step)

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        return None if couples_samples(self.discriminator) else self.discriminator(samples)[:, :1]

    def _recognize(self, batch: Batch, fake: GeneratedBatch, outputs: Tensor) -> Losses:
        """Returns -Σ λ L_I over the codes of `fake`, and observes the bounds, of all codes together and of each."""
        bounds = self.prior.information(fake.latents, outputs)
        batch.observe(information=torch.stack(list(bounds.values())).sum())
        if len(bounds) > 1:
            batch.observe(**{f"information_{name}": bound for name, bound in bounds.items()})
        weighted = [code.weight * bound for code, bound in zip(self.spec.codes, bounds.values(), strict=True)]
        return {"recognition": -torch.stack(weighted).sum()}
