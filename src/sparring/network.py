"""What every network shares, and how its spec builds it."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from torch import Tensor, nn

from sparring.spec import Family

Shape = tuple[int, ...]
"""The shape of one sample without the batch: `(C, H, W)` for images, `(n,)` for vectors."""


@dataclass(frozen=True)
class Condition:
    """What a player is told beside its input: one of `classes` classes, as integers [N]; none when 0."""

    classes: int = 0


class Network(nn.Module):
    """A function with weights from one shape to another, given a condition.

    A subclass nests its own `Spec(Network.Spec)` and takes `(spec, inputs, outputs, condition)`;
    it raises `ShapeError` for shapes that it cannot map.
    """

    class Spec(Family):
        """What a network is built from; `build` makes the network that the spec is nested in."""

        network: ClassVar[type["Network"]]

        def build(self, inputs: Shape, outputs: Shape, condition: Condition = Condition()) -> "Network":
            """Returns the network that maps [N, *inputs] to [N, *outputs]; raises `ShapeError` if it cannot."""
            build = cast(Any, self.network)
            return cast(Network, build(self, inputs, outputs, condition))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "Spec" in vars(cls):
            cls.Spec.network = cls

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns [N, *outputs] for `inputs` [N, *inputs] and, where the network has one, a condition [N]."""
        raise NotImplementedError
