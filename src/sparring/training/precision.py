"""The number format, memory layout and device of a run."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch

from sparring.errors import DeviceError

Format = Literal["float32", "bfloat16"]
Layout = Literal["contiguous", "channels_last"]

LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


@dataclass(frozen=True)
class Precision:
    """Weights and optimizers stay float32; with `bfloat16` forward passes use autocast."""

    device: torch.device
    format: Format
    layout: Layout

    def forward(self) -> Callable[[], AbstractContextManager[object]]:
        """Returns what makes the context of a forward pass."""
        return nullcontext if self.format == "float32" else partial(torch.autocast, self.device.type, torch.bfloat16)

    def place_network(self, network: torch.nn.Module) -> None:
        """Moves `network` to the device, its 4-D weights to the layout."""
        network.to(self.device)
        for parameter in network.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.contiguous(memory_format=LAYOUTS[self.layout])


def find_device(name: str) -> torch.device:
    """Returns the device called `auto`, `cpu`, `cuda`, `cuda:1` or `mps`; `auto` is the fastest one available.

    Raises:
        DeviceError: no such device here.
    """
    present = ["cpu"]
    present += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))] * torch.cuda.is_available()
    present += ["mps"] * torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if "cuda" in present else "mps" if "mps" in present else "cpu")
    if name not in present:
        raise DeviceError(
            f"device {name!r} is not on this machine, which has {', '.join(present)}. Use --device auto, "
            "or see `spar doctor` for what this build of PyTorch supports."
        )
    return torch.device(name)
