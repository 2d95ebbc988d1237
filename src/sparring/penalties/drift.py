"""A penalty that keeps scores near zero."""

from typing import ClassVar

from pydantic import NonNegativeFloat
from torch import Tensor

from sparring.adversary import Penalty, PenaltyInputs


class Drift(Penalty):
    """E D(x)² at real samples; `weight` is the paper's ε (Karras et al. 2018, appendix A.1).

    A Wasserstein loss depends on differences of scores only; this keeps them near zero and changes little else.
    """

    needs_double_backward: ClassVar[bool] = False
    stationary: ClassVar[bool] = True

    weight: NonNegativeFloat = 0.001

    def value(self, inputs: PenaltyInputs) -> Tensor:
        assert inputs.scores_real is not None
        return inputs.scores_real.square().mean()
