"""A discriminator scores real and generated samples; which penalties are due where they meet."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import AfterValidator, NonNegativeFloat, PositiveInt
from torch import Tensor, nn

from sparring.game import Batch, Losses
from sparring.network import Network, couples_samples, slope_of
from sparring.spec import Family

Side = Literal["real", "fake"]


class Judge:
    """Scores samples [N, ...] as [N, 1]: any function that does, or (`NetworkJudge`) a discriminator.

    `joins` says that real and generated samples may be scored in one batch.
    """

    joins: bool = False

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function

    def __call__(self, samples: Tensor) -> Tensor:
        """Returns scores [N, 1] of `samples`, in float32 at least."""
        return in_full(self.function(samples))

    def slope(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the scores [N, 1] of `samples` and their gradients by these, differentiable in turn."""
        return slope_of(self, samples)

    def features(self, samples: Tensor) -> Tensor:
        """Returns what the discriminator's last layer looks at, [N, F]; raises `SpecError` where it does not tell."""
        raise NotImplementedError

    def doubled(self) -> "Judge":
        """Returns the judge of a batch of twice the size, the same conditions in both halves."""
        return self


class NetworkJudge(Judge):
    """A discriminator that has been told its condition."""

    def __init__(self, network: Network, condition: Tensor | None = None, joins: bool | None = None) -> None:
        super().__init__(lambda samples: network(samples, condition))
        self.network, self.condition = network, condition
        self.joins = not couples_samples(network) if joins is None else joins

    def slope(self, samples: Tensor) -> tuple[Tensor, Tensor]:  # noqa: D102
        scores, slope = self.network.slope(samples, self.condition)
        return in_full(scores), slope

    def features(self, samples: Tensor) -> Tensor:  # noqa: D102
        return self.network.features(samples, self.condition)

    def doubled(self) -> "Judge":  # noqa: D102
        if self.condition is None:
            return self
        return NetworkJudge(self.network, torch.cat((self.condition, self.condition)), self.joins)


@dataclass(frozen=True)
class Drawn:
    """Generated samples [N, ...], and where they come from: `generate` maps `latents` [N, n] to them."""

    samples: Tensor
    latents: Tensor
    generate: Callable[[Tensor], Tensor]

    @classmethod
    def by(cls, generate: Callable[[Tensor], Tensor], latents: Tensor) -> "Drawn":
        """Returns what `generate` makes of `latents`."""
        return cls(generate(latents), latents, generate)


Memory = dict[str, Tensor]
"""What a penalty remembers from step to step, by name; it changes these tensors in place."""


@dataclass(frozen=True)
class Meeting:
    """Where a discriminator meets real and generated samples: all that a penalty may look at.

    `player` is the one that moves, `drawn` where the generated samples come from; on the generator's
    move they depend on its weights, and real samples have scores only if its loss needs them. `memory` is
    the penalty's own.
    """

    judge: Judge
    real: Tensor
    fake: Tensor
    scores_real: Tensor | None
    scores_fake: Tensor
    random: torch.Generator
    slopes: Mapping[Side, Tensor] = field(default_factory=dict)
    player: nn.Module | None = None
    drawn: Drawn | None = None
    memory: Memory = field(default_factory=dict)

    def slope(self, side: Side) -> Tensor:
        """Returns the gradients of the scores by the samples of one side, [N, D], themselves differentiable."""
        if side in self.slopes:
            return self.slopes[side].flatten(1)
        samples, scores = (self.real, self.scores_real) if side == "real" else (self.fake, self.scores_fake)
        assert scores is not None
        (slope,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
        return slope.flatten(1)


class Penalty(Family):
    """A further addend of a player's losses.

    It is due on every `every`-th step and then counts `every` times, so that its mean strength does
    not depend on how lazily it is computed (Karras et al. 2020, appendix B; optimizers stay as they
    are here). `slopes` names the sides at whose samples the scores are differentiated; `differentiates`
    says that they are differentiated anywhere, which is done in float32; `players` who may have it.
    """

    slopes: ClassVar[frozenset[Side]] = frozenset()
    differentiates: ClassVar[bool] = True
    players: ClassVar[frozenset[str]] = frozenset({"discriminator"})

    weight: NonNegativeFloat = 1.0
    every: PositiveInt = 1

    @abstractmethod
    def value(self, meeting: Meeting) -> Tensor:
        """Returns the penalty, a scalar, before its weight."""

    def memory(self) -> Memory:
        """Returns what the penalty remembers before the first step; saved with the run."""
        return {}

    def due(self, step: int) -> bool:
        """Whether the penalty is computed at `step`."""
        return self.weight > 0 and step % self.every == 0


def _check(penalties: tuple[Penalty, ...], player: str) -> tuple[Penalty, ...]:
    kinds = [penalty.kind() for penalty in penalties]
    if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        raise ValueError(f"{', '.join(twice)} stands there more than once; add up the weights in one")
    if wrong := [penalty.kind() for penalty in penalties if player not in penalty.players]:
        raise ValueError(f"{', '.join(wrong)} is no penalty of a {player}")
    return penalties


Penalties = Annotated[tuple[Penalty, ...], AfterValidator(lambda given: _check(given, "discriminator"))]
"""A discriminator's penalties, of different kinds."""

GeneratorPenalties = Annotated[tuple[Penalty, ...], AfterValidator(lambda given: _check(given, "generator"))]
"""A generator's penalties, of different kinds."""


@dataclass(frozen=True)
class Scores:
    """Scores of real and of generated samples, [N, 1] each, and the penalties that were due."""

    real: Tensor
    fake: Tensor
    penalties: Losses


class Penalizer(nn.Module):
    """The penalties of one `player`; what they remember are its buffers, so that it is saved with the game."""

    def __init__(self, penalties: Sequence[Penalty], player: nn.Module) -> None:
        super().__init__()
        self.penalties = tuple(penalties)
        self._player = (player,)  # in a tuple, since it is no part of this module
        self._memories = {penalty.kind(): tuple(penalty.memory()) for penalty in penalties}
        for penalty in penalties:
            for name, value in penalty.memory().items():
                self.register_buffer(f"{penalty.kind()}_{name}", value)

    @property
    def player(self) -> nn.Module:
        """Whose penalties these are."""
        return self._player[0]

    def due(self, step: int) -> list[Penalty]:
        """Returns the penalties that are computed at `step`."""
        return [penalty for penalty in self.penalties if penalty.due(step)]

    def losses(self, due: Sequence[Penalty], meeting: Meeting) -> Losses:
        """Returns the values of the `due` penalties, weights applied, by their kind."""
        return {
            penalty.kind(): penalty.value(self._introduce(penalty, meeting)) * (penalty.weight * penalty.every)
            for penalty in due
        }

    def _introduce(self, penalty: Penalty, meeting: Meeting) -> Meeting:
        names = self._memories[penalty.kind()]
        if not names:
            return meeting
        memory = {name: self.get_buffer(f"{penalty.kind()}_{name}") for name in names}
        return replace(meeting, memory=memory)


def score(judge: Judge, batch: Batch, drawn: Drawn, penalizer: Penalizer | None = None) -> Scores:
    """Returns the scores of `batch.real` and of the samples of `drawn`, and each due penalty by its kind.

    Both are scored in one pass where the judge joins them. When a due penalty differentiates, all scores are
    computed in float32, whatever autocast says. Mean scores are observed as `score_real` and `score_fake`.
    """
    due = penalizer.due(batch.step) if penalizer else []
    sides = frozenset().union(*(penalty.slopes for penalty in due))
    exact = any(penalty.differentiates for penalty in due)
    with torch.autocast(batch.real.device.type, enabled=False) if exact else nullcontext():
        real, fake = (in_full(batch.real), in_full(drawn.samples)) if exact else (batch.real, drawn.samples)
        scores, slopes = _look(judge, {"real": real, "fake": fake}, sides)
        batch.observe(score_real=scores["real"].mean(), score_fake=scores["fake"].mean())
        added: Losses = {}
        if penalizer and due:
            meeting = Meeting(
                judge, real, fake, scores["real"], scores["fake"], batch.random, slopes, penalizer.player, drawn
            )
            added = penalizer.losses(due, meeting)
    return Scores(scores["real"], scores["fake"], added)


def _look(
    judge: Judge, samples: dict[Side, Tensor], sides: frozenset[Side]
) -> tuple[dict[Side, Tensor], dict[Side, Tensor]]:
    """Returns the scores of both sides, and the slopes of those asked for: in one pass where that saves work."""
    if judge.joins and len(sides) != 1 and len(samples["real"]) == len(samples["fake"]):
        both, together = judge.doubled(), torch.cat((samples["real"], samples["fake"]))
        if not sides:
            return dict(zip(samples, both(together).chunk(2), strict=True)), {}
        scores, slopes = both.slope(together)
        return dict(zip(samples, scores.chunk(2), strict=True)), dict(zip(samples, slopes.chunk(2), strict=True))
    found: tuple[dict[Side, Tensor], dict[Side, Tensor]] = ({}, {})
    for side, given in samples.items():
        if side in sides:
            found[0][side], found[1][side] = judge.slope(given)
        else:
            found[0][side] = judge(given)
    return found


def in_full(values: Tensor) -> Tensor:
    """Returns `values` in float32 at least: differences of scores need more than bfloat16's eight bits."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
