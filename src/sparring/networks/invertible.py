"""Invertible networks from latents to samples, which have a density."""

from math import prod
from typing import Annotated

from pydantic import Field
from torch import Tensor

from sparring.errors import ShapeError
from sparring.layers.bijections import Bijection
from sparring.network import Network, Shape

Margin = Annotated[float, Field(ge=0, lt=0.5)]
"""α of the logit transform, `Squash`: 0.05 in Dinh et al. 2017."""


class Invertible(Network):
    """A bijection f from latents z to samples x of the same dimension: ln p(x) = ln p(z) - ln|det ∂x/∂z|.

    `transform` is f, `inverse` its inverse, each with the logarithm of its Jacobian determinant; a subclass sets
    `bijection`. Images are within ±1/(1 - 2α) for a margin α, slightly beyond [-1, 1]: black and white then have
    finite logits that float32 can distinguish. `forward` returns f(z) clamped to [-1, 1]; the clamp stops gradients,
    so games train on the samples of `transform`.

    Under autocast only the networks inside couplings compute in bfloat16: s and t are the same both ways, but the
    round trip is exact only up to the rounding of x.
    """

    bijection: Bijection

    def __init__(self, inputs: Shape, outputs: Shape) -> None:
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        if prod(inputs) != prod(outputs):
            raise ShapeError(
                f"{type(self).__name__} maps latents to samples of as many numbers; asked for {inputs} to {outputs}; "
                f"give the prior a size of {prod(outputs)}"
            )

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns samples [N, *outputs], images clamped to [-1, 1], for latents [N, *inputs]."""
        samples, _ = self.transform(inputs, condition)
        return samples.clamp(-1, 1) if len(self.outputs) == 3 else samples

    def transform(self, latents: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns samples [N, *outputs] for latents [N, *inputs], and ln|det ∂samples/∂latents| [N]."""
        samples, log_determinant = self.bijection(latents.flatten(1), condition)
        return samples, log_determinant

    def inverse(self, samples: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns the latents [N, *inputs] of samples [N, *outputs], and ln|det ∂latents/∂samples| [N]."""
        latents, log_determinant = self.bijection.inverse(samples, condition)
        return latents.reshape(-1, *self.inputs), log_determinant
