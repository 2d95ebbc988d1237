"""Players that compute by what `torch.compile` makes of them, in moves that differentiate once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from sparring.game import Game, Team

BACKEND: str | Callable[..., Any] = "inductor"
"""What compiles a graph, as `torch.compile` takes it."""


class Compiler:
    """Compiles the players of `game`, each at its first moves, where that is `wanted`.

    What is compiled has no second derivatives: PyTorch refuses some and has dropped others silently. So a move that
    needs them, and all that is not a move, is computed as it is written; `Game.needs_double_backward` says which do.
    Only what players do when they are called is compiled. Their weights, buffers and hooks stay theirs, under the same
    names; what they draw at random is drawn in another order.
    """

    def __init__(self, game: Game, wanted: bool) -> None:
        self.game = game
        self._forwards: dict[nn.Module, Callable[..., Any]] = {}
        if not wanted:
            return
        torch.compiler.reset()  # graphs of a run before, of other sizes, count towards the number that may be kept
        for team in game.teams:
            for player in team.players.values():
                # Batches of a run have one size; graphs for any size would be slower.
                self._forwards[player] = torch.compile(player.forward, backend=BACKEND, dynamic=False)

    @contextmanager
    def playing(self, team: Team, step: int) -> Iterator[None]:
        """Lets all players compute by what was compiled inside the block, if a move of `team` at `step` may."""
        used = {} if not self._forwards or self.game.needs_double_backward(team.name, step) else self._forwards
        for player, forward in used.items():
            vars(player)["forward"] = forward  # an object's own goes before its class's
        try:
            yield
        finally:
            for player in used:
                del vars(player)["forward"]
