"""A discriminator scores real and generated samples; which penalties are due where they meet."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import AfterValidator, NonNegativeFloat, PositiveInt
from torch import Tensor

from sparring.game import Batch, Losses
from sparring.spec import Family

Judge = Callable[[Tensor], Tensor]
"""Maps samples [N, ...] to scores [N, 1]: a discriminator that has been told its condition."""


@dataclass(frozen=True)
class Meeting:
    """Where the discriminator meets both kinds of samples: all that a penalty may look at."""

    judge: Judge
    real: Tensor
    fake: Tensor
    scores_real: Tensor
    scores_fake: Tensor
    random: torch.Generator


class Penalty(Family):
    """A further addend of the discriminator's losses.

    It is due on every `every`-th step and then counts `every` times, so that its mean strength does
    not depend on how lazily it is computed (Karras et al. 2020, appendix B; optimizers stay as they
    are here). `inputs` names the samples that must carry gradients; `differentiates` says that the
    scores are differentiated, which is done in float32.
    """

    inputs: ClassVar[frozenset[str]] = frozenset()
    differentiates: ClassVar[bool] = True

    weight: NonNegativeFloat = 1.0
    every: PositiveInt = 1

    @abstractmethod
    def value(self, meeting: Meeting) -> Tensor:
        """Returns the penalty, a scalar, before its weight."""

    def due(self, step: int) -> bool:
        """Whether the penalty is computed at `step`."""
        return self.weight > 0 and step % self.every == 0


def _each_once(penalties: tuple[Penalty, ...]) -> tuple[Penalty, ...]:
    kinds = [penalty.kind() for penalty in penalties]
    if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        raise ValueError(f"{', '.join(twice)} stands there more than once; add up the weights in one")
    return penalties


Penalties = Annotated[tuple[Penalty, ...], AfterValidator(_each_once)]
"""Penalties of different kinds."""


@dataclass(frozen=True)
class Scores:
    """Scores of real and of generated samples, [N, 1] each, and the penalties that were due."""

    real: Tensor
    fake: Tensor
    penalties: Losses


def score(judge: Judge, batch: Batch, fake: Tensor, penalties: Sequence[Penalty] = ()) -> Scores:
    """Returns the scores of `batch.real` and `fake`, and each due penalty by its kind.

    When a due penalty differentiates, all scores are computed in float32, whatever autocast says. Mean
    scores are observed as `score_real` and `score_fake`.
    """
    due = [penalty for penalty in penalties if penalty.due(batch.step)]
    needed = frozenset().union(*(penalty.inputs for penalty in due))
    exact = any(penalty.differentiates for penalty in due)
    with torch.autocast(batch.real.device.type, enabled=False) if exact else nullcontext():
        real = _input(batch.real, exact, "real" in needed)
        fake = _input(fake, exact, "fake" in needed)
        scores_real, scores_fake = in_full(judge(real)), in_full(judge(fake))
        batch.observe(score_real=scores_real.mean(), score_fake=scores_fake.mean())
        meeting = Meeting(judge, real, fake, scores_real, scores_fake, batch.random)
        added = {penalty.kind(): penalty.value(meeting) * (penalty.weight * penalty.every) for penalty in due}
    return Scores(scores_real, scores_fake, added)


def in_full(values: Tensor) -> Tensor:
    """Returns `values` in float32 at least: differences of scores need more than bfloat16's eight bits."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _input(samples: Tensor, in_float32: bool, with_gradient: bool) -> Tensor:
    samples = in_full(samples) if in_float32 else samples
    return samples.detach().requires_grad_(True) if with_gradient else samples
