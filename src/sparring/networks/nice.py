"""NICE: additive couplings, alternating between even and odd indices, and a diagonal scaling (Dinh et al. 2015)."""

from math import prod

from pydantic import NonNegativeInt, PositiveInt

from sparring.errors import ShapeError
from sparring.layers.bijections import Chain, DiagonalScaling, Reshape, Squash
from sparring.layers.couplings import AdditiveCoupling
from sparring.network import Condition, Shape
from sparring.networks.invertible import Invertible, Margin
from sparring.networks.mlp import MLP


class NICE(Invertible):
    """Latents to vectors or images by `couplings` of multilayer perceptrons (Dinh et al. 2015, sec. 3 and 4).

    The Jacobian determinant of all but the scaling is 1; images are squashed at the end, and theirs depends on
    the sample. Perceptrons have LeakyReLU 0.2 where the paper's have ReLU: no unit of a narrow one dies.
    The embedding of a class is concatenated to their inputs.
    """

    class Spec(Invertible.Spec):
        """Published for digits: 4 couplings of `depth` 5 and `width` 1000. `margin` is α of `Squash`."""

        couplings: PositiveInt = 4
        width: PositiveInt = 256
        depth: NonNegativeInt = 3
        margin: Margin = 0.05

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__(inputs, outputs)
        size = prod(outputs)
        if size < 2:
            raise ShapeError(f"NICE couples at least two numbers; asked for {inputs} to {outputs}; use an MLP")
        inner = MLP.Spec(width=spec.width, depth=spec.depth)
        couplings = (
            AdditiveCoupling(size, parity, inner.build(((size + 1 - parity) // 2,), ((size + parity) // 2,), condition))
            for parity in (index % 2 for index in range(spec.couplings))
        )
        squash = (Squash(spec.margin),) if len(outputs) == 3 else ()
        self.bijection = Chain(DiagonalScaling(size), *couplings, Reshape(outputs), *squash)
