"""Where a network is told its condition: at its inputs, in its normalizations, or at its outputs."""

from math import prod

import torch
from torch import Tensor, cat, nn

from sparring.errors import ShapeError, SpecError
from sparring.layers.condition import Condition
from sparring.layers.normalization import BatchNorm, Normalization
from sparring.spec import Family

FEATURES = 32
"""How many numbers stand for a condition beside a vector."""


class Listening(nn.Module):
    """Where a network is told its condition; a part without one passes everything on."""


class Unconditional(nn.Module):
    """Passes its input on; refuses a condition, so that labels are never ignored silently."""

    added = 0

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs`."""
        if condition is not None:
            raise ShapeError("an unconditional network was given a condition; build the game with conditional=true")
        return inputs


class Informed(nn.Module):
    """Passes its input on; insists on a condition, which a later layer of the network is told."""

    added = 0

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs`."""
        if condition is None:
            raise ShapeError(_NEEDED)
        return inputs


_NEEDED = "a conditional network needs a condition: one class index, or one vector, a sample"


class ConditionConcatenation(Listening):
    """Concatenates a learned embedding of the condition along dimension 1 (Mirza & Osindero 2014).

    Vectors [N, D] get `FEATURES` more numbers, images [N, C, H, W] get one more plane.
    """

    def __init__(self, condition: Condition, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = (1, *shape[1:]) if len(shape) == 3 else (FEATURES,)
        self.added = self.shape[0]
        self.embedding = condition.embedding(prod(self.shape))

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs` [N, C, ...] with the embeddings of `condition` as channels behind them."""
        if condition is None:
            raise ShapeError(_NEEDED)
        return cat((inputs, self.embedding(condition).view(-1, *self.shape)), 1)


def concatenation(condition: Condition, shape: tuple[int, ...]) -> Unconditional | ConditionConcatenation:
    """Returns the part that tells a network its condition, if it has one, at inputs of `shape`."""
    return ConditionConcatenation(condition, shape) if condition else Unconditional()


class Unmodulated(nn.Module):
    """Passes its input on, whatever the condition."""

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs`."""
        return inputs


class Modulation(Listening):
    """Scales and shifts each channel by what is learned for the condition: (1 + γ(y)) x + β(y).

    It begins as DCGAN's batch normalization does: scales from N(1, 0.02²), no shifts.
    """

    def __init__(self, condition: Condition, channels: int) -> None:
        super().__init__()
        self.scale, self.shift = condition.embedding(channels), condition.embedding(channels)
        with torch.no_grad():
            self.scale.get_parameter("weight").mul_(0.02)
            self.shift.get_parameter("weight").zero_()

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `inputs` [N, C, ...] scaled and shifted for `condition`."""
        over = (-1, inputs.shape[1], *(1 for _ in inputs.shape[2:]))
        return torch.addcmul(self.shift(condition).view(over), inputs, 1 + self.scale(condition).view(over))


class Unprojected(nn.Module):
    """Passes scores on, whatever the condition."""

    def forward(self, scores: Tensor, features: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `scores`."""
        return scores


class ProjectedCondition(Listening):
    """Adds ⟨V y, φ(x)⟩, the features of a sample projected on what is learned for its condition, to its scores."""

    def __init__(self, condition: Condition, features: int, outputs: int) -> None:
        super().__init__()
        self.condition, self.outputs = condition, outputs
        # A linear layer of the one-hot class, so that spectral norm and its like take it as any other layer.
        self.embed = nn.Linear(condition.size, features * outputs, bias=False)

    def forward(self, scores: Tensor, features: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `scores` [N, n] with the projections of `features` [N, F] added."""
        if condition is None:
            raise ShapeError(_NEEDED)
        vector = self.condition.vector(condition).to(self.embed.weight.dtype)
        embedded = self.embed(vector).view(len(features), self.outputs, -1)
        projected: Tensor = scores + (embedded * features[:, None]).sum(2)
        return projected


Entrance = Unconditional | Informed | ConditionConcatenation
"""What is done to a network's inputs."""


class Conditioning(Family):
    """How a network is told its condition; every method is about one of the places where it might be.

    A network asks for the part that belongs at each place that it has, and then `check`s that it was told anywhere.
    """

    def entrance(self, condition: Condition, shape: tuple[int, ...]) -> Entrance:
        """Returns what is done to the inputs, of `shape`; it says how many channels are `added`."""
        return Informed() if condition else Unconditional()

    def normalization(self, condition: Condition, usual: Normalization) -> Normalization:
        """Returns the normalization of hidden layers where `usual` is the network's own."""
        return usual

    def modulation(self, condition: Condition, channels: int) -> Unmodulated | Modulation:
        """Returns what follows the normalization of a hidden layer of `channels`."""
        return Unmodulated()

    def projection(self, condition: Condition, features: int, outputs: int) -> Unprojected | ProjectedCondition:
        """Returns what is done to `outputs` scores, given the last hidden layer's `features`."""
        return Unprojected()

    def check(self, network: nn.Module, condition: Condition) -> None:
        """Raises `SpecError` without a condition to tell `network`, `ShapeError` where that has no place for it."""
        if not condition:
            raise SpecError(
                f"{type(network).__name__}: conditioning={self.kind()}, but this player is told nothing; set "
                "game.conditional=true where the game has it, or leave conditioning out"
            )
        if not any(isinstance(part, Listening) for part in network.modules()):
            raise ShapeError(
                f"{type(network).__name__} of these shapes has no place where {self.kind()} could tell it its "
                "condition; choose conditioning=Concatenation"
            )


class Concatenation(Conditioning):
    """Beside the inputs: an embedding of the condition as further channels (Mirza & Osindero 2014)."""

    def entrance(self, condition: Condition, shape: tuple[int, ...]) -> Unconditional | ConditionConcatenation:
        return concatenation(condition, shape)

    def check(self, network: nn.Module, condition: Condition) -> None:
        """Does nothing: every network has inputs, and without a condition nothing is joined to them."""


class ConditionalBatchNorm(Conditioning):
    """In the normalizations: batch statistics, then a scale and a shift of each channel that belong to the condition.

    (De Vries et al. 2017; the generators of Miyato & Koyama 2018 and of Brock et al. 2019.) It stands in place
    of the network's own normalization, after every layer that has one; in a perceptron after every hidden layer.
    """

    def normalization(self, condition: Condition, usual: Normalization) -> Normalization:
        return BatchNorm(affine=False) if condition else usual

    def modulation(self, condition: Condition, channels: int) -> Unmodulated | Modulation:
        return Modulation(condition, channels) if condition else Unmodulated()


class Projection(Conditioning):
    """At the outputs of a discriminator: D(x, y) = ψ(φ(x)) + ⟨V y, φ(x)⟩ (Miyato & Koyama 2018, eq. 3).

    φ is all but the last layer, ψ the last one.
    """

    def projection(self, condition: Condition, features: int, outputs: int) -> Unprojected | ProjectedCondition:
        return ProjectedCondition(condition, features, outputs) if condition else Unprojected()
