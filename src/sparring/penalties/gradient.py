"""Penalties on the gradient of the discriminator's scores with respect to its samples."""

from typing import ClassVar

import torch
from torch import Tensor

from sparring.scoring import Meeting, Penalty


def gradient_of(scores: Tensor, samples: Tensor) -> Tensor:
    """Returns d(sum of `scores` [N, 1]) / d `samples` as [N, D], itself differentiable."""
    (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
    return gradient.flatten(1)


class R1(Penalty):
    """½ E‖∇D(x)‖² at real samples (Mescheder et al. 2018, eq. 9); `weight` is the paper's γ."""

    inputs: ClassVar[frozenset[str]] = frozenset({"real"})

    def value(self, meeting: Meeting) -> Tensor:  # noqa: D102
        return gradient_of(meeting.scores_real, meeting.real).square().sum(1).mean() / 2


class R2(Penalty):
    """½ E‖∇D(G(z))‖² at generated samples (Mescheder et al. 2018, eq. 10); `weight` is the paper's γ."""

    inputs: ClassVar[frozenset[str]] = frozenset({"fake"})

    def value(self, meeting: Meeting) -> Tensor:  # noqa: D102
        return gradient_of(meeting.scores_fake, meeting.fake).square().sum(1).mean() / 2


class GradientPenalty(Penalty):
    """E(‖∇D(x̂)‖ - 1)² at random points x̂ between real and generated samples: WGAN-GP (Gulrajani et al. 2017, eq. 3)."""

    weight: float = 10.0
    target: float = 1.0

    def value(self, meeting: Meeting) -> Tensor:  # noqa: D102
        real, fake = meeting.real.detach(), meeting.fake.detach()
        share = torch.rand(len(real), *[1] * (real.dim() - 1), generator=meeting.random, device=real.device)
        between = torch.lerp(fake, real, share).requires_grad_(True)
        norm: Tensor = torch.linalg.vector_norm(gradient_of(meeting.judge(between), between), dim=1)
        return (norm - self.target).square().mean()
