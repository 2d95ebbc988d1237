"""Where a network takes its condition: at its inputs, in its normalizations, or at its outputs."""

from math import prod

import torch
from torch import Tensor, cat, nn

from sparring.errors import ShapeError, SpecError
from sparring.layers.condition import NEEDED, Condition, ConditionCheck, Unmodulated, Unprojected
from sparring.layers.normalization import BatchNorm, Normalization
from sparring.spec import Family

FEATURES = 32
"""The embedding size of a condition that is concatenated to a vector."""


class ConditionalModule(nn.Module):
    """Base class of modules that consume the condition."""


class ConditionConcatenation(ConditionalModule):
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
            raise ShapeError(NEEDED)
        return cat((inputs, self.embedding(condition).view(-1, *self.shape)), 1)


Conditioner = ConditionCheck | ConditionConcatenation
"""A module applied to the inputs of a network and its condition; it adds `added` channels."""


def concatenation(condition: Condition, shape: tuple[int, ...]) -> Conditioner:
    """Returns the module that joins the condition, if there is one, to inputs of `shape`."""
    return ConditionConcatenation(condition, shape) if condition else ConditionCheck(condition)


class Modulation(ConditionalModule):
    """Scales and shifts each channel by learned functions of the condition: (1 + γ(y)) x + β(y).

    Scales begin as in DCGAN's batch normalization, from N(1, 0.02²), shifts at zero.
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


class ProjectedCondition(ConditionalModule):
    """Adds ⟨V y, φ(x)⟩, the inner product of a learned embedding of the condition and the features, to the scores."""

    def __init__(self, condition: Condition, features: int, outputs: int) -> None:
        super().__init__()
        self.condition, self.outputs = condition, outputs
        # A linear layer of the one-hot class: spectral norm and its like then apply as to any other layer.
        self.embed = nn.Linear(condition.size, features * outputs, bias=False)

    def forward(self, scores: Tensor, features: Tensor, condition: Tensor | None) -> Tensor:
        """Returns `scores` [N, n] with the projections of `features` [N, F] added."""
        if condition is None:
            raise ShapeError(NEEDED)
        vector = self.condition.vector(condition).to(self.embed.weight.dtype)
        embedded = self.embed(vector).view(len(features), self.outputs, -1)
        projected: Tensor = scores + (embedded * features[:, None]).sum(2)
        return projected


class Conditioning(Family):
    """How a network takes its condition; each method returns the module for one of the possible places.

    A network asks for the modules of the places that it has, then calls `check`.
    """

    def input_layer(self, condition: Condition, shape: tuple[int, ...]) -> Conditioner:
        """Returns the module for the inputs, of `shape`."""
        return ConditionCheck(condition)

    def normalization(self, condition: Condition, usual: Normalization) -> Normalization:
        """Returns the normalization of hidden layers, `usual` being the network's own."""
        return usual

    def modulation(self, condition: Condition, channels: int) -> Unmodulated | Modulation:
        """Returns the module after the normalization of a hidden layer of `channels`."""
        return Unmodulated()

    def projection(self, condition: Condition, features: int, outputs: int) -> Unprojected | ProjectedCondition:
        """Returns the module for `outputs` scores and the last hidden layer's `features`."""
        return Unprojected()

    def check(self, network: nn.Module, condition: Condition) -> None:
        """Raises `SpecError` if there is no condition, `ShapeError` if `network` has no place for it."""
        if not condition:
            raise SpecError(
                f"{type(network).__name__}: conditioning={self.kind()}, but this player has no condition; set "
                "game.conditional=true where the game has it, or leave conditioning out"
            )
        if not any(isinstance(part, ConditionalModule) for part in network.modules()):
            raise ShapeError(
                f"{type(network).__name__} of these shapes has no place for {self.kind()}; "
                "choose conditioning=Concatenation"
            )


class Concatenation(Conditioning):
    """At the inputs: an embedding of the condition as further channels (Mirza & Osindero 2014)."""

    def input_layer(self, condition: Condition, shape: tuple[int, ...]) -> Conditioner:
        return concatenation(condition, shape)

    def check(self, network: nn.Module, condition: Condition) -> None:
        """Does nothing: every network has inputs, and without a condition nothing is joined to them."""


class ConditionalBatchNorm(Conditioning):
    """In the normalizations: batch statistics, then a scale and a shift of each channel, learned for the condition.

    (De Vries et al. 2017; the generators of Miyato & Koyama 2018 and of Brock et al. 2019.) Replaces the network's own
    normalization, after every layer that has one; in a perceptron after every hidden layer.
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
