"""What a player is told beside its input: nothing, a class, several labels or measurements, or an image."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from sparring.errors import ShapeError, SpecError

Classes = int | Sequence[int] | Sequence[float] | Tensor | None
"""What to draw: a class, weights of classes, numbers or an image, for all; one for each; or None for all alike."""

UNLABELLED = -1
"""What stands in place of a class that the data does not tell."""

_ROUNDING = 1e-4


@dataclass(frozen=True)
class Condition:
    """What a player is told beside its input: nothing, a class, several labels or measurements, or an image.

    A class is one of `classes`, as integers [N], or between some: weights that sum to one, float32 [N, classes]. Other
    conditions are vectors of `numbers` numbers in [0, 1], float32 [N, numbers], several labels as zeros and ones; or
    images of `shape`, float32 [N, *shape] in [-1, 1], which a game translates. `partly` says that the data does
    not tell the class of every sample: there it is `UNLABELLED`. `examples` are numbers as the data has them.
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
        """Returns `count` conditions, None where there are none: classes are drawn evenly, numbers from the examples.

        Numbers without examples are drawn evenly from [0, 1].

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

    def tell(self, given: Classes, count: int, device: torch.device) -> Tensor | None:
        """Returns the conditions of `count` samples where one is `given` for all, or one for each; None for None.

        Raises:
            SpecError: there is no condition, or it is another.
        """
        if given is None:
            return None
        if not self:
            raise SpecError("condition: the game is not conditional; train it with game.conditional=true")
        told = torch.as_tensor(given, device=device)
        mixed = told.is_floating_point()
        one = self.shape or ((self.size,) if self.numbers or mixed else ())
        told = told.expand(count, *one) if told.shape == one else told
        if told.shape != (count, *one) or not self._holds(told):
            raise SpecError(
                f"condition: got {tuple(told.shape)} of {told.dtype}; needs {self._needed} for each of {count} "
                f"samples, or for all alike{self._instead}"
            )
        return told.float() if mixed or not self.classes else told.long()

    def _holds(self, told: Tensor) -> bool:
        """Returns whether `told`, which has a right shape, has only values that can be."""
        if not self.classes:
            return bool(((told >= (-1 if self.shape else 0)) & (told <= 1)).all())
        if not told.is_floating_point():
            return bool(((told >= 0) & (told < self.classes)).all())
        return bool((told >= 0).all() and ((told.sum(1) - 1).abs() < _ROUNDING).all())

    @property
    def _needed(self) -> str:
        if self.shape:
            return f"an image {self.shape} in [-1, 1]"
        return f"{self.numbers} from 0 to 1" if self.numbers else f"one whole number from 0 to {self.classes - 1}"

    @property
    def _instead(self) -> str:
        return f"; or {self.classes} weights of the classes, which sum to one" if self.classes else ""

    @property
    def size(self) -> int:
        """The length of `vector`; raises `ShapeError` for images, which have none."""
        if self.shape:
            raise ShapeError(f"there is no embedding of an image {self.shape}; play a game that translates images")
        return self.classes or self.numbers

    def embedding(self, features: int) -> nn.Module:
        """Returns a layer that learns a vector of each class, or of each number, from N(0, 1): conditions to [N, F]."""
        return ClassEmbedding(self.classes, features) if self.classes else NumberEmbedding(self.size, features)

    def vector(self, told: Tensor) -> Tensor:
        """Returns conditions as vectors [N, size]: a class as a one among zeros."""
        return told if told.is_floating_point() else one_hot(told, self.classes)


class ClassEmbedding(nn.Embedding):
    """A learned vector of each class; between classes the sum of theirs, times their weights."""

    def forward(self, condition: Tensor) -> Tensor:
        """Returns [N, F] for classes [N], or for weights [N, classes]."""
        mixed = condition.is_floating_point()
        return condition.to(self.weight.dtype) @ self.weight if mixed else super().forward(condition)


class NumberEmbedding(nn.Module):
    """Sums a learned vector of each number, times that number: of several labels, the vectors of those that hold."""

    def __init__(self, numbers: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(numbers, features))

    def forward(self, condition: Tensor) -> Tensor:
        """Returns [N, F] for numbers [N, D]."""
        return condition.to(self.weight.dtype) @ self.weight
