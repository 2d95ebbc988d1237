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
        self.told = concatenation(condition, inputs)
        self.of = spec.of.build(((inputs[0] + self.told.added) * spec.count, *inputs[1:]), outputs)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, n] for samples [N, *inputs]."""
        scores: Tensor = self.of(self._pack(inputs, condition))
        return self._share(scores, len(inputs))

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the features of each sample's pack, [N, F]."""
        return self._share(self.of.features(self._pack(inputs, condition)), len(inputs))

    def _pack(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        samples: Tensor = self.told(inputs, condition)
        count, lacking = len(samples), -len(samples) % self.count
        if count and lacking:
            samples = cat((samples, samples[torch.arange(lacking, device=samples.device) % count]))
        return samples.reshape(len(samples) // self.count, samples.shape[1] * self.count, *samples.shape[2:])

    def _share(self, of_packs: Tensor, count: int) -> Tensor:
        """Returns to each of `count` samples what is said of its pack."""
        return of_packs.repeat_interleave(self.count, 0)[:count]
