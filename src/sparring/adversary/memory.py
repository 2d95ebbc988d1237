"""What penalties and augmentations remember from step to step, saved with the game."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

Memory = dict[str, Tensor]
"""The state of one part, by name; the part changes these tensors in place."""


class Remembers(Protocol):
    """A penalty or an augmentation."""

    def memory(self) -> Memory:
        """Returns the initial state."""


class Memories(nn.Module):
    """The state of several parts, as buffers of the game."""

    def __init__(self, parts: Sequence[Remembers]) -> None:
        super().__init__()
        self._names = [tuple(part.memory()) for part in parts]
        for index, part in enumerate(parts):
            for name, value in part.memory().items():
                self.register_buffer(f"{name}_{index}", value)

    def memory(self, index: int) -> Memory:
        """Returns the state of the part at `index`; empty for a part without memory."""
        return {name: self.get_buffer(f"{name}_{index}") for name in self._names[index]}
