"""Players whose forward passes are compiled by `torch.compile`, in moves that differentiate once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from sparring.game import Game, Team

BACKEND: str | Callable[..., Any] = "inductor"
"""The backend that `torch.compile` uses."""


class Compiler:
    """Compiles the players of `game`, each at its first moves.

    Compiled functions have no second derivatives: PyTorch refuses some and has dropped others silently. So a move that
    needs them, and everything outside moves, runs eagerly; `Game.needs_double_backward` says which moves do.
    Only the players' `forward` is compiled. Their weights, buffers and hooks stay theirs, under the same
    names; random numbers inside it come in another order.
    """

    def __init__(self, game: Game) -> None:
        self.game = game
        torch.compiler.reset()  # graphs of a run before, of other sizes, count towards the number that may be kept
        self._forwards: dict[nn.Module, Callable[..., Any]] = {
            # Batches of a run have one size; graphs for any size would be slower.
            player: torch.compile(player.forward, backend=BACKEND, dynamic=False)
            for team in game.teams
            for player in team.players.values()
        }

    @contextmanager
    def compiled(self, team: Team, step: int) -> Iterator[None]:
        """Runs the compiled players inside the block, unless the move of `team` at `step` needs double backward."""
        forwards = {} if self.game.needs_double_backward(team.name, step) else self._forwards
        for player, forward in forwards.items():
            vars(player)["forward"] = forward  # an object's own goes before its class's
        try:
            yield
        finally:
            for player in forwards:
                del vars(player)["forward"]
