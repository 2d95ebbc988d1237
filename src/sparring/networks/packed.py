"""PacGAN: a discriminator of several samples at once, which detects a lack of variety."""

import torch
from pydantic import PositiveInt
from torch import Tensor, cat

from sparring.errors import ShapeError
from sparring.layers.conditioning import concatenation
from sparring.network import Condition, Network, Shape
from sparring.networks.mlp import MLP


class Packed(Network):
    """Joins `count` samples along their first dimension and scores the pack with `of` (Lin et al. 2018, PacGAN).

    Each sample of a pack gets the pack's score: means over samples are means over packs. If the batch size is not
    a multiple of `count`, the first samples fill the last pack. Classes are concatenated to their samples.
    """

    couples_samples = True

    class Spec(Network.Spec):
        """The network that scores packs, and the number of samples in a pack."""

        of: Network.Spec = MLP.Spec()
        count: PositiveInt = 2

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(outputs) != 1:
            raise ShapeError(f"Packed maps samples to scores (n,); asked for {inputs} to {outputs}")
        self.count = spec.count
        self.conditioner = concatenation(condition, inputs)
        self.of = spec.of.build(((inputs[0] + self.conditioner.added) * spec.count, *inputs[1:]), outputs)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, n] for samples [N, *inputs]."""
        scores: Tensor = self.of(self._pack(inputs, condition))
        return self._unpack(scores, len(inputs))

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the features of each sample's pack, [N, F]."""
        return self._unpack(self.of.features(self._pack(inputs, condition)), len(inputs))

    def _pack(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        samples: Tensor = self.conditioner(inputs, condition)
        count, missing = len(samples), -len(samples) % self.count
        if count and missing:
            samples = cat((samples, samples[torch.arange(missing, device=samples.device) % count]))
        return samples.reshape(len(samples) // self.count, samples.shape[1] * self.count, *samples.shape[2:])

    def _unpack(self, of_packs: Tensor, count: int) -> Tensor:
        """Returns the value of each of `count` samples' pack."""
        return of_packs.repeat_interleave(self.count, 0)[:count]
