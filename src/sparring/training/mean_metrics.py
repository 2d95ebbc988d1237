"""Numbers of many moves, kept on the device until somebody reads them."""

from collections.abc import Mapping

import torch
from torch import Tensor


class MeanMetrics:
    """Collects scalars by group and name and gives their means, reading the device once."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[Tensor]] = {}

    def add(self, group: str, values: Mapping[str, Tensor]) -> None:
        """Notes scalars without waiting for them."""
        for name, value in values.items():
            self._values.setdefault((group, name), []).append(value.detach())

    def take(self) -> dict[str, dict[str, float]]:
        """Returns the means since the last call, by group and name, and starts anew."""
        values, self._values = self._values, {}
        if not values:
            return {}
        means = torch.stack([torch.stack(held).float().mean() for held in values.values()]).tolist()
        taken: dict[str, dict[str, float]] = {}
        for (group, name), mean in zip(values, means, strict=True):
            taken.setdefault(group, {})[name] = mean
        return taken
