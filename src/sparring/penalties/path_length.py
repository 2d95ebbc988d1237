"""A penalty on steps in the intermediate latent space that change images more, or less, than others do."""

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

    It is least where J is orthogonal up to a scale, so that a step in W is as long in the image wherever it goes. a is
    a moving average of the lengths, a ← decay · a + (1 - decay) · E‖Jᵀy‖, this step's included, and a constant to the
    gradient. It begins as the first step's; the published code begins at 0, which keeps images from depending on w for
    hundreds of steps. The parts of a batch that is computed in parts move it as far together. As published, y is
    divided by √(H · W), and each layer has a w of its own, over which ‖·‖² is a mean; with that, `weight` 2 is the
    paper's γ, and its `every` is 4. Of the move's latents it takes the first `share`, with styles mixed and noise drawn
    anew.
    """

    players: ClassVar[frozenset[str]] = frozenset({"generator"})

    weight: NonNegativeFloat = 2.0
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.99
    share: Annotated[float, Field(gt=0, le=1)] = 0.5

    def check_player(self, player: nn.Module) -> None:
        if not isinstance(player, StyleNetwork):
            raise SpecError(
                f"PathLength is for generators with styles; {type(player).__name__} has none. Take one that has, such "
                "as StyleGAN2Generator, or leave the penalty out"
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
    """Returns ‖Jᵀy‖ at new latents, [N], in full precision; they may be differentiated once more."""
    player, drawn = inputs.player, inputs.generated
    assert isinstance(player, StyleNetwork)
    assert drawn is not None
    count = ceil(share * len(drawn.latents))
    told = None if drawn.condition is None else drawn.condition[:count]
    with torch.autocast(drawn.latents.device.type, enabled=False):
        ws = player.draw_styles(drawn.latents[:count], told)
        images = player.synthesize(ws, player.draw_noise(count))
        probe = torch.randn(images.shape, generator=inputs.random, device=images.device, dtype=images.dtype)
        (slopes,) = torch.autograd.grad((images * probe).sum(), ws, create_graph=True)
        # The norm has a derivative, 0, where all slopes are; a root of their squares has none.
        lengths: Tensor = slopes.flatten(1).norm(dim=1)
        return lengths / sqrt(player.styles * prod(images.shape[2:]))
