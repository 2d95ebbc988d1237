"""A penalty on scores that drift away from zero."""

from typing import ClassVar

from pydantic import NonNegativeFloat
from torch import Tensor

from sparring.adversary import Meeting, Penalty


class Drift(Penalty):
    """E D(x)² at real samples; `weight` is the paper's ε (Karras et al. 2018, appendix A.1).

    A Wasserstein loss knows differences of scores only; this keeps them near zero and changes little else.
    """

    differentiates: ClassVar[bool] = False
    steady: ClassVar[bool] = True

    weight: NonNegativeFloat = 0.001

    def value(self, meeting: Meeting) -> Tensor:  # noqa: D102
        assert meeting.scores_real is not None
        return meeting.scores_real.square().mean()
