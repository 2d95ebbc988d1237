"""Plays a move from a captured of its operations, where small networks would mostly wait for Python.

A step of a toy world is some three hundred operations on small matrices, and automatic differentiation in
Python takes longer to call them than they state. A captured is the flat list of tensor operations of one move,
gradients included, which PyTorch's graph interpreter calls without Python: the same kernels in the same order.
The first time a move of some kind is played it is played live, the second time it is recorded, the third time it is
played live and from the captured, and the captured is trusted only if both agree to the last bit.

What can be recorded are linear layers and what is made of them: the interpreter has no gradients of convolutions. Games
with buffers, which a move may change, are played live, and so are those whose modules somebody watches through hooks.
"""

import warnings
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import torch
from torch import Tensor, fx, nn

from sparring.game import Batch, Game, Losses, Team
from sparring.training.health import all_finite
from sparring.training.team_optimizer import TeamOptimizer

Live = Callable[[], tuple[Tensor, Losses]]
"""Plays a move as it is written: leaves gradients at the weights, returns whether all is finite, and the losses."""


class GraphCapture:
    """Keeps a captured graph for each key of each team's moves; `Game.capture_key` says which moves are alike."""

    def __init__(self, game: Game, allowed: bool) -> None:
        self.game = game
        self.allowed = allowed and game.device.type == "cpu" and not any(True for _ in game.buffers())
        modules = list(game.modules())
        self._hooks = [hooks for one in modules for hooks in (one._forward_hooks, one._forward_pre_hooks)]
        self._fixed: list[Tensor] = list(game.parameters())
        self._states: dict[Hashable, CaptureState] = {}

    def play(self, optimizer: TeamOptimizer, batch: Batch, live: Live) -> tuple[Tensor, Losses]:
        """Leaves the move's gradients at the weights; returns whether all is finite, and the losses."""
        key = self.game.capture_key(batch) if self.allowed and not any(self._hooks) else None
        if key is None or not (state := self._find(optimizer, batch, key)).sound:
            return live()
        if state.plays == 2 and state.captured is not None:
            return state.captured.play(optimizer.parameters, batch)
        return self._try(state, optimizer, batch, live)

    def _find(self, optimizer: TeamOptimizer, batch: Batch, key: Hashable) -> "CaptureState":
        shape = None if batch.condition is None else batch.condition.shape
        return self._states.setdefault((optimizer.team.name, batch.real.shape, shape, key), CaptureState())

    def _try(self, state: "CaptureState", optimizer: TeamOptimizer, batch: Batch, live: Live) -> tuple[Tensor, Losses]:
        if state.captured is not None:
            state.sound = _agree(state.captured, optimizer.parameters, batch, live)
            state.plays = 2
        elif state.plays == 1:
            state.captured = _record(optimizer.team, batch, optimizer.parameters, self._fixed)
            state.sound = state.captured is not None
            _rewind(batch)
        state.plays = max(state.plays, 1)
        for parameter in optimizer.parameters:
            parameter.grad = None
        return live()


@dataclass
class CaptureState:
    """How often a key was played before (at most 2), its captured graph, and whether that may be used."""

    plays: int = 0
    captured: "CapturedGraph | None" = None
    sound: bool = True


@dataclass(frozen=True)
class CapturedGraph:
    """What one key of a move does: `program` maps fixed tensors, the batch and the draws to named numbers."""

    program: Callable[..., Sequence[Tensor]]
    draws: Sequence[Callable[[], Tensor]]
    fixed: Sequence[Tensor]
    losses: Sequence[str]
    observations: Sequence[str]

    def play(self, parameters: Sequence[nn.Parameter], batch: Batch) -> tuple[Tensor, Losses]:
        """Does it to `batch`: leaves gradients at the weights and observations in the batch."""
        told = () if batch.condition is None else (batch.condition,)
        as_written = torch.jit.optimized_execution(False)  # type: ignore[attr-defined]  # or it splits operations
        with torch.no_grad(), as_written:
            found = self.program(batch.real, *told, *self.fixed, *[draw() for draw in self.draws])
        first, second = 1 + len(self.losses), 1 + len(self.losses) + len(self.observations)
        batch.observations.update(zip(self.observations, found[first:second], strict=True))
        for parameter, gradient in zip(parameters, found[second:], strict=True):
            parameter.grad = gradient
        return found[0], dict(zip(self.losses, found[1:first], strict=True))


def _rewind(batch: Batch) -> None:
    """Puts the random generators back to where the move began."""
    batch.random.manual_seed(batch.random.initial_seed())
    torch.default_generator.manual_seed(batch.random.initial_seed())


def _agree(captured: CapturedGraph, parameters: Sequence[nn.Parameter], batch: Batch, live: Live) -> bool:
    """Whether the move gives the same numbers live and from the captured, to the last bit."""
    found = []
    for play in (live, lambda: captured.play(parameters, batch)):
        for parameter in parameters:
            parameter.grad = None
        batch.observations.clear()
        finite, losses = play()
        _rewind(batch)
        found.append([finite, *losses.values(), *batch.observations.values(), *(one.grad for one in parameters)])
    batch.observations.clear()
    return all(torch.equal(one, other) and one.stride() == other.stride() for one, other in zip(*found, strict=True))


def _record(team: Team, batch: Batch, parameters: list[nn.Parameter], fixed: Sequence[Tensor]) -> CapturedGraph | None:
    """Returns the captured of a move, or None where it cannot be had as a list of operations."""
    told = [] if batch.condition is None else [batch.condition]
    names: list[list[str]] = []

    def play(*_: Tensor) -> list[Tensor]:
        losses = team.losses(batch)
        total = reduce(add, losses.values())
        gradients = torch.autograd.grad(total, parameters)
        names[:] = [list(losses), list(batch.observations)]
        return [all_finite(total, gradients), *losses.values(), *batch.observations.values(), *gradients]

    try:
        from torch.fx.experimental.proxy_tensor import make_fx

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = make_fx(play)(batch.real, *told, *fixed)
            _leave_out_aliases(module.graph)
            draws = _take_out_draws(module)
            if draws is None:
                return None
            examples = (batch.real, *told, *fixed, *[draw() for draw in draws])
            known = tuple(one.detach() for one in examples)
            program = torch.jit.trace(module, known, check_trace=False)  # type: ignore[no-untyped-call]
    except Exception:  # whatever stands in the way of a captured, the move is played live
        return None
    return CapturedGraph(program, draws, fixed, *names)


def _leave_out_aliases(graph: fx.Graph) -> None:
    """Takes out what only matters to automatic differentiation, and transposes each weight once."""
    transposed: dict[fx.Node, fx.Node] = {}
    for node in list(graph.nodes):
        same = None
        if node.target in (torch.ops.aten.detach.default, torch.ops.aten.alias.default):
            same = node.args[0]
        elif node.target == torch.ops.aten.t.default:
            same = transposed.setdefault(node.args[0], node)
        if same is not None and same is not node:
            node.replace_all_uses_with(same)
            graph.erase_node(node)


def _take_out_draws(module: fx.GraphModule) -> list[Callable[[], Tensor]] | None:
    """Makes what is drawn from generators inputs of the graph and returns what draws it; None if something is left.

    A graph that holds on to a tensor other than its inputs would repeat a number that may have changed.
    """
    graph, draws = module.graph, []
    held = {node: getattr(module, str(node.target)) for node in graph.nodes if node.op == "get_attr"}
    if any(not isinstance(value, torch.Generator) for value in held.values()):
        return None
    last = [node for node in graph.nodes if node.op == "placeholder"][-1]
    for node in list(graph.nodes):
        sources = [one for one in node.all_input_nodes if one in held]
        if not sources:
            continue
        if len(node.all_input_nodes) > 1:
            return None
        keywords = {name: held.get(value, value) for name, value in node.kwargs.items()}
        draws.append(_drawer(node.target, node.args, keywords))
        with graph.inserting_after(last):
            last = graph.placeholder(f"draw_{len(draws)}")
        node.replace_all_uses_with(last)
        graph.erase_node(node)
    for node in held:
        graph.erase_node(node)
    graph.eliminate_dead_code()
    module.recompile()
    return draws


def _drawer(function: Any, given: Sequence[Any], keywords: dict[str, Any]) -> Callable[[], Tensor]:
    return lambda: function(*given, **keywords)
