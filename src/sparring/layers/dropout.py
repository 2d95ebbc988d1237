"""Dropout as the noise of a generator, in training and evaluation."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout


class PersistentDropout(nn.Module):
    """Zeros each element with probability `share`, in evaluation too (Isola et al. 2017, sec. 3.2).

    Like any dropout it uses torch's global generators: the loop seeds them before each move, and sampling happens
    `with seeded_from(random)`.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, inputs: Tensor) -> Tensor:
        """Returns `inputs` with a share of them zeroed and the others scaled by 1/(1 - share)."""
        return dropout(inputs, self.share, training=True)

    def extra_repr(self) -> str:
        """Returns the share, for printing."""
        return f"{self.share}"


@contextmanager
def seeded_from(random: torch.Generator) -> Iterator[None]:
    """Seeds torch's global generators with one number from `random` inside the block, and restores them afterwards.

    These are the generators of the CPU and of the device of `random`. Synchronizes with the device: for sampling, not
    for moves, which are seeded already.
    """
    seed = int(torch.randint(2**62, (), generator=random, device=random.device))
    kind = random.device.type
    generators = [torch] if kind == "cpu" else [torch, torch.get_device_module(kind)]
    states = [generator.get_rng_state() for generator in generators]
    try:
        torch.default_generator.manual_seed(seed)
        for generator in generators[1:]:
            generator.manual_seed(seed)
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_rng_state(state)
