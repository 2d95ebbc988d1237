"""A penalty on the distance of scores from the other side's average."""

from typing import Annotated, ClassVar

import torch
from pydantic import Field, NonNegativeFloat
from torch import Tensor

from sparring.adversary import Memory, Penalty, PenaltyInputs


class LeCam(Penalty):
    """E(D(x) - α_F)² + E(D(G(z)) - α_R)², for training on little data (Tseng et al. 2021, eqs. 4-6).

    α_R and α_F are moving averages of the mean scores of real and of generated samples,
    α ← decay · α + (1 - decay) · E D, this step's included. They start as the means of the first step (or of its
    first micro-batch) and are constants to the gradient. With the Wasserstein loss and fixed α, training minimises
    the Le Cam divergence.
    """

    needs_double_backward: ClassVar[bool] = False

    weight: NonNegativeFloat = 0.3
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.99

    def memory(self) -> Memory:
        return {"real": torch.zeros(()), "fake": torch.zeros(()), "begun": torch.zeros(())}

    def value(self, inputs: PenaltyInputs) -> Tensor:
        real, fake = inputs.scores_real, inputs.scores_fake
        assert real is not None
        memory = inputs.memory
        for name, scores in (("real", real), ("fake", fake)):
            # so many parts move the average as far as the whole batch; the first value replaces it
            share = 1 - self.decay ** (1 / inputs.parts) * memory["begun"]
            memory[name] += share * (scores.detach().mean() - memory[name])
        memory["begun"].fill_(1)
        return (real - memory["fake"]).square().mean() + (fake - memory["real"]).square().mean()
