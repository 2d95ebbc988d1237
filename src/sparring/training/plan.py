"""The `training` section of a recipe: how long, in what steps, with which optimizers and averages."""

from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from sparring.spec import Count, Spec
from sparring.training.averages import Average
from sparring.training.optimizers import Adam, Optimizer
from sparring.training.precision import Format, Layout

ImageCount = Annotated[Count, Field(gt=0)]


class Checkpoints(Spec):
    """When the run is saved and what is kept.

    A checkpoint is written every `every` images, after `minutes` without one (0: never by time),
    where a step scores among the `best` by the score called `by`, and at the end. The `last` newest
    and the `best` are kept; a score whose best value is that of real samples cannot be `by`.
    """

    every: ImageCount = 100_000
    minutes: NonNegativeFloat = 5.0
    last: PositiveInt = 2
    best: NonNegativeInt = 1
    by: str = "sliced_wasserstein"


class Training(Spec):
    """How a game is played.

    `images` counts real images shown, `batch` those of one move, computed in `accumulation` equal
    micro-batches. `optimizers` and `averages` are by team; learning rates fall to `final_rate` of
    themselves along half a cosine (Loshchilov & Hutter 2017), from the share `decay_after` of the run on;
    `clip_gradient` bounds the norm of a team's gradient. `recorded` replays captured graphs of moves of networks of
    linear layers, on a CPU in float32, without accumulation and where the game allows it; the numbers stay the same.
    `compiled` lets `torch.compile` compute the moves without double backward, where the game names them: for GPUs, as
    it takes minutes at the start. `threads` is the number of CPU threads; 0 leaves it to PyTorch, one suits small
    networks. A line is logged every `record_every` images.
    """

    images: ImageCount = 1_000_000
    batch: PositiveInt = 64
    accumulation: PositiveInt = 1
    optimizers: dict[str, Optimizer] = {"discriminator": Adam(), "generator": Adam()}
    averages: dict[str, Average] = {"generator": Average()}
    final_rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    decay_after: Annotated[float, Field(ge=0, lt=1)] = 0.0
    clip_gradient: PositiveFloat | None = None
    precision: Format = "float32"
    layout: Layout = "channels_last"
    recorded: bool = False
    compiled: bool = False
    threads: NonNegativeInt = 0
    record_every: ImageCount = 2_000
    checkpoints: Checkpoints = Checkpoints()

    @model_validator(mode="after")
    def _choose(self) -> Self:
        if self.recorded and self.compiled:
            raise ValueError("recorded, compiled: a move is either recorded or compiled; choose one of them")
        return self

    @model_validator(mode="after")
    def _divide(self) -> Self:
        if self.batch % self.accumulation:
            raise ValueError(
                f"accumulation: a batch of {self.batch} cannot be computed in {self.accumulation} equal parts"
            )
        return self
