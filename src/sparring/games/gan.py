"""The game of 2014: one generator against one discriminator, conditional as an option."""

from collections.abc import Hashable, Mapping

from torch import Tensor

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary
from sparring.errors import SpecError
from sparring.game import Batch, Losses, SampleGrid
from sparring.games.class_grids import show_conditions
from sparring.games.latent_game import LatentGame
from sparring.latents import Gaussian, Prior
from sparring.losses import NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator


class GAN(LatentGame):
    """A generator G(z) against a discriminator D(x) (Goodfellow et al. 2014).

    A conditional game conditions both players on the class, or the numbers, of each sample in the data (Mirza &
    Osindero 2014); each network's `conditioning` says how.
    """

    class Spec(AdversarialSpec):
        """The players, their prior and the rules."""

        generator: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = DCGANDiscriminator.Spec()
        prior: Prior = Gaussian()
        losses: AdversarialLoss = NonSaturating()
        conditional: bool = False

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        if spec.conditional:
            check_condition("game.conditional", condition)
        super().__init__(spec, sample, condition if spec.conditional else Condition())
        self.prior = spec.prior
        self.generator = self.build_player("generator", spec.generator, (spec.prior.size,), sample)
        self.discriminator = self.build_discriminator()
        self.adversary = Adversary(spec, self.discriminator, sample, self.generator)
        self.teams = self.adversary.teams(self.discriminate, self.generate)

    def build_discriminator(self) -> Network:
        """Returns the discriminator."""
        return self.build_player("discriminator", self.spec.discriminator, self.sample, (1,))

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: real samples against as many generated ones."""
        fake = self.fake(batch)
        return self.adversary.discriminate(batch, fake, condition=fake.condition)[0]

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses against the discriminator as it is."""
        fake = self.fake(batch)
        return self.adversary.fool(batch, fake, condition=fake.condition)[0]

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns samples of the same latents under other conditions, in a conditional game: see `show_conditions`."""
        return show_conditions(self, condition, seed) if self.condition else {}

    def capture_key(self, batch: Batch) -> Hashable | None:
        return self.adversary.capture_key(batch.step)

    def needs_double_backward(self, team: str, step: int) -> bool:
        return self.adversary.needs_double_backward(team, step)

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        return None if self.condition or couples_samples(self.discriminator) else self.discriminator(samples)


def check_condition(field: str, condition: Condition) -> None:
    """Raises `SpecError` naming the game's `field` unless the data has the class, or the numbers, of every sample."""
    if not condition:
        raise SpecError(f"{field}: the data has no labels to condition the players on; give it some (data.labels)")
    if condition.partly:
        raise SpecError(f"{field}: the data has labels of some samples only, which is for the game SemiSupervised")
