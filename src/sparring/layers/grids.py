"""Plans of grids between a small base and an image of any height and width."""

from dataclasses import dataclass

Size = tuple[int, int]

SMALLEST = 4


@dataclass(frozen=True)
class Halving:
    """One strided convolution from `large` to `small`, and one transposed convolution back, exactly.

    An even side is halved by a kernel of 4 and stride 2, an odd one by a kernel of 3; a side that
    has already reached its base keeps its size with a kernel of 3 and stride 1. Padding is 1.
    """

    large: Size
    small: Size

    @property
    def stride(self) -> Size:
        """Stride along height and width."""
        return tuple(2 if a != b else 1 for a, b in zip(self.large, self.small, strict=True))  # type: ignore[return-value]

    @property
    def kernel(self) -> Size:
        """Kernel along height and width."""
        return tuple(4 if a != b and a % 2 == 0 else 3 for a, b in zip(self.large, self.small, strict=True))  # type: ignore[return-value]


def plan_halvings(size: Size) -> list[Halving]:
    """Returns the steps from an image of `size` (H, W) down to its base grid, largest first.

    Each side is halved, rounding up, while it stays at least 4.

    >>> [step.small for step in plan_halvings((64, 64))]
    [(32, 32), (16, 16), (8, 8), (4, 4)]
    >>> [step.small for step in plan_halvings((28, 100))]
    [(14, 50), (7, 25), (4, 13), (4, 7), (4, 4)]
    """
    steps: list[Halving] = []
    while True:
        height, width = size
        small = _halve(height), _halve(width)
        if small == size:
            return steps
        steps.append(Halving(size, small))
        size = small


def _halve(side: int) -> int:
    half = (side + 1) // 2
    return half if half >= SMALLEST else side
