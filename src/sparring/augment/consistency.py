"""Penalties on the change of scores under transforms of the samples."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, NonNegativeFloat
from torch import Tensor

from sparring.adversary import Augmentations, Penalty, PenaltyInputs
from sparring.augment.movement import Flip, Shift
from sparring.network import Shape


def _check(transformations: Augmentations) -> Augmentations:
    if wrong := [transformation.kind() for transformation in transformations if transformation.memory()]:
        raise ValueError(f"{', '.join(wrong)} adapts to a game and cannot be part of a penalty; use Pipeline")
    return transformations


class Consistency(Penalty):
    """E(D(x) - D(T(x)))² over real samples x: CR (Zhang et al. 2020, sec. 2); `weight` is its λ = 10.

    T applies random `transformations` one after the other, sampled anew for each sample; the paper's, a flip and a
    shift, are for images. Gradients go through both scores.
    """

    stationary: ClassVar[bool] = True
    needs_double_backward: ClassVar[bool] = False

    weight: NonNegativeFloat = 10.0
    transformations: Annotated[Augmentations, AfterValidator(_check)] = (Flip(), Shift())

    def check(self, sample: Shape) -> None:
        for transformation in self.transformations:
            transformation.check(sample)

    def value(self, inputs: PenaltyInputs) -> Tensor:
        assert inputs.scores_real is not None
        return self.change(inputs, inputs.real, inputs.scores_real)

    def change(self, inputs: PenaltyInputs, samples: Tensor, scores: Tensor) -> Tensor:
        """Returns the mean squared difference between `scores` [N, 1] and those of transformed `samples` [N, ...]."""
        for transformation in self.transformations:
            samples = transformation(samples, inputs.random, inputs.images)
        return (scores - inputs.critic(samples)).square().mean()


class BalancedConsistency(Consistency):
    """E(D(x) - D(T(x)))² + E(D(G(z)) - D(T(G(z))))²: bCR (Zhao et al. 2021, algorithm 1).

    `weight` is both λ_real and λ_fake, 10 there. With real samples alone the generator learns to produce transformed
    ones. Together with `LatentConsistency` and `LatentDiversity` this is ICR.
    """

    def value(self, inputs: PenaltyInputs) -> Tensor:
        return super().value(inputs) + self.change(inputs, inputs.fake.detach(), inputs.scores_fake)
