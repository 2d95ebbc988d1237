"""PacGAN: a discriminator that judges several samples at once, and so sees that they are too much alike."""

import torch
from pydantic import PositiveInt
from torch import Tensor, cat

from sparring.errors import ShapeError
from sparring.layers.conditioning import concatenation
from sparring.network import Condition, Network, Shape
from sparring.networks.mlp import MLP


class Packed(Network):
    """Joins `count` samples along their first dimension and lets `of` judge the pack (Lin et al. 2018, PacGAN).

    Each sample of a pack gets the pack's score, so that means over samples are means over packs. Where
    packs do not divide a batch, its first samples fill the last one. A class is joined to its sample.
    """

    couples_samples = True

    class Spec(Network.Spec):
        """The network that judges packs, and how many samples a pack holds."""

        of: Network.Spec = MLP.Spec()
        count: PositiveInt = 2

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(outputs) != 1:
            raise ShapeError(f"Packed maps samples to scores (n,); asked for {inputs} to {outputs}")
        self.count = spec.count
        self.told = concatenation(condition.classes, inputs)
        self.of = spec.of.build(((inputs[0] + self.told.added) * spec.count, *inputs[1:]), outputs)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, n] for samples [N, *inputs]."""
        samples = self.told(inputs, condition)
        count, lacking = len(samples), -len(samples) % self.count
        if count and lacking:
            samples = cat((samples, samples[torch.arange(lacking, device=samples.device) % count]))
        packs = samples.reshape(len(samples) // self.count, samples.shape[1] * self.count, *samples.shape[2:])
        scores: Tensor = self.of(packs)
        return scores.repeat_interleave(self.count, 0)[:count]
