"""A penalty on the variation of path lengths: equal steps in W should change images equally."""

from math import ceil, prod, sqrt
from typing import Annotated, ClassVar

import torch
from pydantic import Field, NonNegativeFloat
from torch import Tensor, nn

from sparring.adversary import Memory, Penalty, PenaltyInputs
from sparring.errors import SpecError
from sparring.network.style_based import StyleNetwork


class PathLength(Penalty):
    """E(‖Jᵀy‖ - a)², J = ∂G/∂w, y ~ N(0, 1): path length regularization (Karras et al. 2020, eq. 4 and appendix B).

    It is least where J is orthogonal up to a scale: equal steps in W then have equal length in the image. a is
    a moving average of the lengths, a ← decay · a + (1 - decay) · E‖Jᵀy‖, this step's included, and a constant to the
    gradient. It starts as the first step's mean; the published code starts at 0, which keeps images from depending on
    w for hundreds of steps. Micro-batches together move it as far as the whole batch. As published, y is divided by
    √(H · W), and each layer has a w of its own, over which ‖·‖² is a mean; with that, `weight` 2 is the paper's γ, and
    its `every` is 4. It uses the first `share` of the move's latents, with styles mixed and noise sampled anew.
    """

    players: ClassVar[frozenset[str]] = frozenset({"generator"})

    weight: NonNegativeFloat = 2.0
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.99
    share: Annotated[float, Field(gt=0, le=1)] = 0.5

    def check_player(self, player: nn.Module) -> None:
        if not isinstance(player, StyleNetwork):
            raise SpecError(
                f"PathLength is for generators with styles; {type(player).__name__} has none. Choose one with styles, "
                "such as StyleGAN2Generator, or leave the penalty out"
            )

    def memory(self) -> Memory:
        return {"mean": torch.zeros(()), "begun": torch.zeros(())}

    def value(self, inputs: PenaltyInputs) -> Tensor:
        lengths = _lengths(inputs, self.share)
        mean, begun = inputs.memory["mean"], inputs.memory["begun"]
        mean += (1 - self.decay ** (1 / inputs.parts) * begun) * (lengths.detach().mean() - mean)
        begun.fill_(1)
        return (lengths - mean).square().mean()


def _lengths(inputs: PenaltyInputs, share: float) -> Tensor:
    """Returns ‖Jᵀy‖ at new styles, [N], in full precision; they may be differentiated once more."""
    player, generated = inputs.player, inputs.generated
    assert isinstance(player, StyleNetwork)
    assert generated is not None
    count = ceil(share * len(generated.latents))
    condition = None if generated.condition is None else generated.condition[:count]
    with torch.autocast(generated.latents.device.type, enabled=False):
        ws = player.draw_styles(generated.latents[:count], condition)
        images = player.synthesize(ws, player.draw_noise(count))
        probe = torch.randn(images.shape, generator=inputs.random, device=images.device, dtype=images.dtype)
        (products,) = torch.autograd.grad((images * probe).sum(), ws, create_graph=True)  # Jᵀy
        # Where Jᵀy = 0 the derivative of `norm` is 0; that of a root of squares is NaN.
        lengths: Tensor = products.flatten(1).norm(dim=1)
        return lengths / sqrt(player.styles * prod(images.shape[2:]))
