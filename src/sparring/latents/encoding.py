"""Distributions of latents, parametrized by an encoder's outputs."""

from abc import abstractmethod

import torch
from torch import Tensor

from sparring.spec import Family


class Encoding(Family):
    """A distribution q(z|x) of latents of n numbers; the encoder outputs its parameters."""

    @abstractmethod
    def outputs(self, size: int) -> int:
        """Returns the number of encoder outputs for latents of `size` numbers."""

    @abstractmethod
    def draw(self, outputs: Tensor, random: torch.Generator) -> Tensor:
        """Returns latents [N, n] from q(z|x), differentiable by the encoder's `outputs` [N, outputs(n)]."""

    @abstractmethod
    def expect(self, outputs: Tensor) -> Tensor:
        """Returns the mean [N, n] of q(z|x)."""


class Deterministic(Encoding):
    """The encoder outputs the latent itself, as in BiGAN (Donahue et al. 2017)."""

    def outputs(self, size: int) -> int:
        return size

    def draw(self, outputs: Tensor, random: torch.Generator) -> Tensor:
        return outputs

    def expect(self, outputs: Tensor) -> Tensor:
        return outputs


class Stochastic(Encoding):
    """The encoder outputs means μ and log variances: z = μ + σ ε, ε ~ N(0, I), as in ALI (Dumoulin et al. 2017)."""

    def outputs(self, size: int) -> int:
        return 2 * size

    def draw(self, outputs: Tensor, random: torch.Generator) -> Tensor:
        mean, log_variance = outputs.chunk(2, 1)
        step = torch.randn(mean.shape, generator=random, device=mean.device, dtype=mean.dtype)
        return mean + (log_variance / 2).exp() * step

    def expect(self, outputs: Tensor) -> Tensor:
        return outputs.chunk(2, 1)[0]

    def divergence(self, outputs: Tensor) -> Tensor:
        """Returns KL(q(z|x) ‖ N(0, I)) [N] in nats for `outputs` [N, 2n] (Kingma & Welling 2014, appendix B)."""
        mean, log_variance = outputs.chunk(2, 1)
        return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
