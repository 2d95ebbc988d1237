"""Plans of grids, and of their channels, between a small base and an image of any height and width."""

from dataclasses import dataclass

Size = tuple[int, int]
"""Height and width."""

Shape = tuple[int, ...]
"""The shape of one sample without the batch: `(C, H, W)` for images, `(n,)` for vectors."""

SMALLEST = 4


@dataclass(frozen=True)
class Halving:
    """A strided convolution from `large` to `small`, and the transposed convolution back.

    An even side is halved by a kernel of 4 and stride 2, an odd one by a kernel of 3; a side that
    has reached its base keeps its size with a kernel of 3 and stride 1. Padding is 1.
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


def plan_halvings(size: Size, smallest: int = SMALLEST) -> list[Halving]:
    """Returns the steps from an image of `size` (H, W) down to its base grid, largest first.

    Each side is halved, rounding up, while it stays at least `smallest`.

    >>> [step.small for step in plan_halvings((64, 64))]
    [(32, 32), (16, 16), (8, 8), (4, 4)]
    >>> [step.small for step in plan_halvings((28, 100))]
    [(14, 50), (7, 25), (4, 13), (4, 7), (4, 4)]
    >>> [step.small for step in plan_halvings((3, 8), smallest=1)]
    [(2, 4), (1, 2), (1, 1)]
    """
    steps: list[Halving] = []
    while True:
        height, width = size
        small = _halve(height, smallest), _halve(width, smallest)
        if small == size:
            return steps
        steps.append(Halving(size, small))
        size = small


def plan_doublings(size: Size, smallest: int = SMALLEST) -> list[Size]:
    """Returns the grids from the base to an image of `size` (H, W), each twice the one before or one row less.

    Both sides are halved, rounding up, while both stay at least `smallest`: the base of 64 is 4, that of 48x80 is 6x10.

    >>> plan_doublings((16, 16))
    [(4, 4), (8, 8), (16, 16)]
    >>> plan_doublings((27, 60))
    [(4, 8), (7, 15), (14, 30), (27, 60)]
    >>> plan_doublings((1, 9))
    [(1, 9)]
    """
    sizes = [size]
    while min(smaller := tuple((side + 1) // 2 for side in sizes[0])) >= max(smallest, 2):
        sizes.insert(0, smaller)  # type: ignore[arg-type]
    return sizes


def plan_channels(levels: int, base: int, most: int) -> list[int]:
    """Returns the channels of the grids 4, 8, 16, … of `levels` levels: `base` divided by the side, at most `most`.

    >>> plan_channels(4, 2048, 200)
    [200, 200, 128, 64]
    """
    return [max(min(base // (4 << level), most), 1) for level in range(levels)]


def _halve(side: int, smallest: int) -> int:
    half = (side + 1) // 2
    return half if half >= smallest else side
