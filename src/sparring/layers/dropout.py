"""Dropout that is the noise of a generator, in training and after."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout


class LastingDropout(nn.Module):
    """Leaves out each number with probability `share`, in evaluation too (Isola et al. 2017, sec. 3.2).

    Like any dropout it draws from torch's own generators: the loop seeds them before each move, and whoever
    draws samples does so `with drawn_from(random)`.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, inputs: Tensor) -> Tensor:
        """Returns `inputs` with a share of them zero and the others larger by 1/(1 - share)."""
        return dropout(inputs, self.share, training=True)

    def extra_repr(self) -> str:
        """Returns the share, for printing."""
        return f"{self.share}"


@contextmanager
def drawn_from(random: torch.Generator) -> Iterator[None]:
    """Lets what layers draw inside the block depend on `random` alone, and takes one number from it.

    Torch's generators, of the CPU and of the device of `random`, go on afterwards as if nothing had been drawn. It
    waits for the device, so it is for sampling and not for moves, which are seeded already.
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
