"""What an encoder's outputs say of the latent that stands for a sample."""

from abc import abstractmethod

import torch
from torch import Tensor

from sparring.spec import Family


class Encoding(Family):
    """A distribution q(z|x) of latents of n numbers, whose parameters an encoder tells."""

    @abstractmethod
    def count(self, size: int) -> int:
        """Returns how many numbers the encoder tells of a latent of `size` numbers."""

    @abstractmethod
    def draw(self, told: Tensor, random: torch.Generator) -> Tensor:
        """Returns latents [N, n] from q(z|x), differentiable by what was `told` [N, count(n)]."""

    @abstractmethod
    def expect(self, told: Tensor) -> Tensor:
        """Returns the mean [N, n] of q(z|x)."""


class Deterministic(Encoding):
    """The encoder tells the latent itself, as in BiGAN (Donahue et al. 2017)."""

    def count(self, size: int) -> int:
        return size

    def draw(self, told: Tensor, random: torch.Generator) -> Tensor:
        return told

    def expect(self, told: Tensor) -> Tensor:
        return told


class Stochastic(Encoding):
    """The encoder tells means μ and log variances: z = μ + σ ε, ε ~ N(0, I), as ALI does (Dumoulin et al. 2017)."""

    def count(self, size: int) -> int:
        return 2 * size

    def draw(self, told: Tensor, random: torch.Generator) -> Tensor:
        mean, log_variance = told.chunk(2, 1)
        step = torch.randn(mean.shape, generator=random, device=mean.device, dtype=mean.dtype)
        return mean + (log_variance / 2).exp() * step

    def expect(self, told: Tensor) -> Tensor:
        return told.chunk(2, 1)[0]

    def divergence(self, told: Tensor) -> Tensor:
        """Returns KL(q(z|x) ‖ N(0, I)) [N] in nats of what was `told` [N, 2n] (Kingma & Welling 2014, appendix B)."""
        mean, log_variance = told.chunk(2, 1)
        return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
