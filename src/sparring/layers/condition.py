"""The condition of a network or game: none, a class, several labels or measurements, or an image."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from sparring.errors import ShapeError, SpecError

ConditionLike = int | Sequence[int] | Sequence[float] | Tensor | None
"""A class, class weights, numbers or an image, for all samples or one for each; None for no choice."""

UNLABELLED = -1
"""The class index of unlabelled samples."""

_ROUNDING = 1e-4


@dataclass(frozen=True)
class Condition:
    """What a network takes in addition to its input: nothing, a class, several labels or measurements, or an image.

    A class is one of `classes`, as integers [N], or a mixture: weights that sum to one, float32 [N, classes]. Other
    conditions are vectors of `numbers` numbers in [0, 1], float32 [N, numbers], several labels as zeros and ones; or
    images of `shape`, float32 [N, *shape] in [-1, 1], which a game translates. With `partly`, the class of some
    samples is unknown (`UNLABELLED`). `examples` are rows of numbers from the data.
    """

    classes: int = 0
    numbers: int = 0
    partly: bool = False
    shape: tuple[int, ...] = ()
    examples: tuple[tuple[float, ...], ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        if sum(map(bool, (self.classes, self.numbers, self.shape))) > 1:
            raise SpecError(f"a condition is a class, or numbers, or an image; got several: {self}")

    def __bool__(self) -> bool:
        return bool(self.classes or self.numbers or self.shape)

    def draw(self, count: int, random: torch.Generator) -> Tensor | None:
        """Returns `count` conditions, or None without a condition.

        Classes are uniform; numbers are rows of the examples, or without examples uniform on [0, 1].

        Raises:
            SpecError: the condition is an image, which only data can give.
        """
        if self.shape:
            raise SpecError(
                f"the game translates images: give it {count} of {self.shape} as the condition (`spar translate` does)"
            )
        if self.examples:
            chosen = torch.randint(len(self.examples), (count,), generator=random, device=random.device)
            return torch.tensor(self.examples, device=random.device)[chosen]
        if self.numbers:
            return torch.rand(count, self.numbers, generator=random, device=random.device)
        return torch.randint(self.classes, (count,), generator=random, device=random.device) if self.classes else None

    def as_tensor(self, values: ConditionLike, count: int, device: torch.device) -> Tensor | None:
        """Returns the conditions of `count` samples, from `values` for all of them or one for each; None for None.

        Raises:
            SpecError: there is no condition, or the values do not fit it.
        """
        if values is None:
            return None
        if not self:
            raise SpecError("condition: the game is not conditional; train it with game.conditional=true")
        conditions = torch.as_tensor(values, device=device)
        mixed = conditions.is_floating_point()
        one = self.shape or ((self.size,) if self.numbers or mixed else ())
        conditions = conditions.expand(count, *one) if conditions.shape == one else conditions
        if conditions.shape != (count, *one) or not self._in_range(conditions):
            raise SpecError(
                f"condition: got {tuple(conditions.shape)} of {conditions.dtype}; needs {self._needed} for each of "
                f"{count} samples, or one for all{self._instead}"
            )
        return conditions.float() if mixed or not self.classes else conditions.long()

    def _in_range(self, conditions: Tensor) -> bool:
        """Whether all values of `conditions`, which have the right shape, are allowed."""
        if not self.classes:
            return bool(((conditions >= (-1 if self.shape else 0)) & (conditions <= 1)).all())
        if not conditions.is_floating_point():
            return bool(((conditions >= 0) & (conditions < self.classes)).all())
        return bool((conditions >= 0).all() and ((conditions.sum(1) - 1).abs() < _ROUNDING).all())

    @property
    def _needed(self) -> str:
        if self.shape:
            return f"an image {self.shape} in [-1, 1]"
        return f"{self.numbers} from 0 to 1" if self.numbers else f"one whole number from 0 to {self.classes - 1}"

    @property
    def _instead(self) -> str:
        return f"; or {self.classes} class weights that sum to one" if self.classes else ""

    @property
    def size(self) -> int:
        """The length of `vector`; raises `ShapeError` for images, which have none."""
        if self.shape:
            raise ShapeError(f"there is no embedding of an image {self.shape}; play a game that translates images")
        return self.classes or self.numbers

    def embedding(self, features: int) -> nn.Module:
        """Returns an embedding layer, conditions to [N, F]: a learned vector per class or number, from N(0, 1)."""
        return ClassEmbedding(self.classes, features) if self.classes else NumberEmbedding(self.size, features)

    def vector(self, conditions: Tensor) -> Tensor:
        """Returns conditions as vectors [N, size]; classes are one-hot."""
        return conditions if conditions.is_floating_point() else one_hot(conditions, self.classes)


class ClassEmbedding(nn.Embedding):
    """A learned vector for each class; a mixture gets the weighted sum of them."""

    def forward(self, condition: Tensor) -> Tensor:
        """Returns [N, F] for classes [N], or for weights [N, classes]."""
        mixed = condition.is_floating_point()
        return condition.to(self.weight.dtype) @ self.weight if mixed else super().forward(condition)


class NumberEmbedding(nn.Module):
    """The sum of a learned vector for each number, times that number: for labels, the sum over those that hold."""

    def __init__(self, numbers: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(numbers, features))

    def forward(self, condition: Tensor) -> Tensor:
        """Returns [N, F] for numbers [N, D]."""
        return condition.to(self.weight.dtype) @ self.weight


class ConditionCheck(nn.Module):
    """Returns its input; refuses a missing condition, and one that the network would silently ignore."""

    added = 0

    def __init__(self, condition: Condition) -> None:
        super().__init__()
        self.conditional = bool(condition)

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs`; raises `ShapeError`."""
        if self.conditional and condition is None:
            raise ShapeError(NEEDED)
        if not self.conditional and condition is not None:
            raise ShapeError("an unconditional network was given a condition; build the game with conditional=true")
        return inputs


NEEDED = "a conditional network needs a condition: one class index, or one vector, a sample"


class Unmodulated(nn.Module):
    """Ignores the condition."""

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs`."""
        return inputs


class Unprojected(nn.Module):
    """Ignores features and condition."""

    def forward(self, scores: Tensor, features: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `scores`."""
        return scores
