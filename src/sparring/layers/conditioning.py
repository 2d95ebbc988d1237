"""How a network is told its condition."""

from torch import Tensor, cat, nn

from sparring.errors import ShapeError


class Unconditional(nn.Module):
    """Passes its input on; refuses a condition, so that labels are never ignored silently."""

    added = 0

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs`."""
        if condition is not None:
            raise ShapeError("an unconditional network was given a condition; build the game with conditional=true")
        return inputs


class ClassConcatenation(nn.Module):
    """Concatenates a learned embedding of the class along dimension 1 (Mirza & Osindero 2014).

    Vectors [N, D] get `features` more numbers, images [N, C, H, W] get one more plane.
    """

    def __init__(self, classes: int, shape: tuple[int, ...], features: int = 32) -> None:
        super().__init__()
        self.shape = (1, *shape[1:]) if len(shape) == 3 else (features,)
        self.added = self.shape[0]
        size = 1
        for side in self.shape:
            size *= side
        self.embedding = nn.Embedding(classes, size)

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs` [N, C, ...] with the embeddings of `condition` [N] as channels behind them."""
        if condition is None:
            raise ShapeError("a conditional network needs a condition: one class index a sample")
        return cat((inputs, self.embedding(condition).view(-1, *self.shape)), 1)


def concatenation(classes: int, shape: tuple[int, ...]) -> Unconditional | ClassConcatenation:
    """Returns the part that tells a network with inputs of `shape` one of `classes` classes; 0 means none."""
    return ClassConcatenation(classes, shape) if classes else Unconditional()
