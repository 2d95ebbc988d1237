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

    @classmethod
    def kind(cls) -> str:
        """Returns its name in YAML."""


class Memories(nn.Module):
    """The state of several parts, as buffers of the game."""

    def __init__(self, parts: Sequence[Remembers]) -> None:
        super().__init__()
        kinds = [part.kind() for part in parts]
        owners = [kind if kinds.index(kind) == index else f"{kind}_{index}" for index, kind in enumerate(kinds)]
        self._buffers_of: list[dict[str, str]] = []
        for owner, part in zip(owners, parts, strict=True):
            memory = part.memory()
            self._buffers_of.append({name: f"{owner}_{name}" for name in memory})
            for name, value in memory.items():
                self.register_buffer(f"{owner}_{name}", value)

    def memory(self, index: int) -> Memory:
        """Returns the state of the part at `index`; empty for a part without memory."""
        return {name: self.get_buffer(path) for name, path in self._buffers_of[index].items()}
