"""A discriminator of pairs of a sample and its latent."""

from math import prod

from pydantic import PositiveInt
from torch import Tensor, cat
from torch.nn.functional import leaky_relu

from sparring.network import Network, Shape
from sparring.networks.dcgan import DCGANDiscriminator
from sparring.networks.mlp import MLP
from sparring.spec import Spec


class Joint(Spec):
    """Three networks: one of the `sample`, one of the `latent`, each with `features` outputs, and one of `both`."""

    sample: Network.Spec = DCGANDiscriminator.Spec()
    latent: Network.Spec = MLP.Spec(depth=1)
    both: Network.Spec = MLP.Spec(depth=1)
    features: PositiveInt = 256

    def build(self, sample: Shape, size: int) -> "JointDiscriminator":
        """Returns the discriminator of samples of shape `sample` with latents of `size` numbers.

        Raises:
            ShapeError: a network cannot map its inputs.
        """
        return JointDiscriminator(self, sample, size)


class JointDiscriminator(Network):
    """Scores pairs, D(x, z) = D_xz(D_x(x), D_z(z)), of Dumoulin et al. 2017.

    A pair is one vector [N, D + n], the flattened sample followed by the latent. Input gradients, interpolations
    between real and generated samples and the like therefore apply to pairs. LeakyReLU 0.2 follows the two inner
    networks.
    """

    def __init__(self, spec: Joint, sample: Shape, size: int) -> None:
        super().__init__()
        self.shape, self.size = sample, prod(sample)
        self.sample = spec.sample.build(sample, (spec.features,))
        self.latent = spec.latent.build((size,), (spec.features,))
        self.both = spec.both.build((2 * spec.features,), (1,))

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, 1] of pairs [N, D + n]."""
        scores: Tensor = self.both(self._hidden(inputs), condition)
        return scores

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the inputs of the last layer, [N, F], for pairs [N, D + n]."""
        return self.both.features(self._hidden(inputs), condition)

    def join(self, samples: Tensor, latents: Tensor) -> Tensor:
        """Returns pairs [N, D + n] of samples [N, *shape] and latents [N, n]."""
        return cat((samples.flatten(1), latents), 1)

    def part(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the samples [N, *shape] and the latents [N, n] of pairs [N, D + n]."""
        return pairs[:, : self.size].reshape(len(pairs), *self.shape), pairs[:, self.size :]

    def _hidden(self, pairs: Tensor) -> Tensor:
        samples, latents = self.part(pairs)
        return leaky_relu(cat((self.sample(samples), self.latent(latents)), 1), 0.2)
