"""Replays the captured graph of a move, where small networks would mostly wait for Python.

A step of a toy world is some three hundred operations on small matrices, and automatic differentiation in
Python takes longer to call them than they take. A captured graph is the flat list of tensor operations of one move,
gradients included, which PyTorch's graph interpreter calls without Python: the same kernels in the same order.
The first move of a key runs eagerly, the second is captured, the third runs eagerly and is replayed, and the graph is
used from then on only if both agree to the last bit.

Linear layers and what is built of them can be captured: the interpreter has no gradients of convolutions. Games
with buffers, which a move may change, run eagerly, and so do those with hooks on their modules.
"""

import warnings
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add

import torch
from torch import Tensor, fx, nn

from sparring.game import Batch, Game, Losses, Team
from sparring.training.health import all_finite
from sparring.training.team_optimizer import TeamOptimizer

Eager = Callable[[], tuple[Tensor, Losses]]
"""Runs a move as it is written: leaves gradients at the weights, returns whether all is finite, and the losses."""


class GraphCapture:
    """Keeps a captured graph for each `Game.capture_key` of each team's moves; for games on the CPU without buffers."""

    def __init__(self, game: Game) -> None:
        self.game = game
        modules = list(game.modules())
        self._hooks = [hooks for one in modules for hooks in (one._forward_hooks, one._forward_pre_hooks)]
        self._fixed: list[Tensor] = list(game.parameters())
        self._states: dict[Hashable, CaptureState] = {}

    def play(self, optimizer: TeamOptimizer, batch: Batch, eager: Eager) -> tuple[Tensor, Losses]:
        """Leaves the move's gradients at the weights; returns whether all is finite, and the losses."""
        key = None if any(self._hooks) else self.game.capture_key(batch)
        if key is None or not (state := self._find_state(optimizer, batch, key)).trusted:
            return eager()
        if state.moves == 2 and state.graph is not None:
            return state.graph.replay(optimizer.parameters, batch)
        return self._advance(state, optimizer, batch, eager)

    def _find_state(self, optimizer: TeamOptimizer, batch: Batch, key: Hashable) -> "CaptureState":
        shape = None if batch.condition is None else batch.condition.shape
        return self._states.setdefault((optimizer.team.name, batch.real.shape, shape, key), CaptureState())

    def _advance(
        self, state: "CaptureState", optimizer: TeamOptimizer, batch: Batch, eager: Eager
    ) -> tuple[Tensor, Losses]:
        """Runs the move eagerly; before that, captures it on the second move and compares a replay on the third."""
        if state.graph is not None:
            state.trusted = _replays_exactly(state.graph, optimizer.parameters, batch, eager)
            state.moves = 2
        elif state.moves == 1:
            state.graph = _capture(optimizer.team, batch, optimizer.parameters, self._fixed)
            state.trusted = state.graph is not None
            _rewind(batch)
        state.moves = max(state.moves, 1)
        for parameter in optimizer.parameters:
            parameter.grad = None
        return eager()


@dataclass
class CaptureState:
    """How many moves of a key were played before (at most 2), its captured graph, and whether that may be used."""

    moves: int = 0
    graph: "CapturedGraph | None" = None
    trusted: bool = True


@dataclass(frozen=True)
class CapturedGraph:
    """The operations of a move: `program` maps the batch, the fixed tensors and the random draws to named scalars."""

    program: Callable[..., Sequence[Tensor]]
    draws: Sequence[Callable[[], Tensor]]
    fixed: Sequence[Tensor]
    losses: Sequence[str]
    observations: Sequence[str]

    def replay(self, parameters: Sequence[nn.Parameter], batch: Batch) -> tuple[Tensor, Losses]:
        """Runs the operations on `batch`: leaves gradients at the weights and observations in the batch."""
        condition = () if batch.condition is None else (batch.condition,)
        as_written = torch.jit.optimized_execution(False)  # type: ignore[attr-defined]  # or it splits operations
        with torch.no_grad(), as_written:
            outputs = self.program(batch.real, *condition, *self.fixed, *[draw() for draw in self.draws])
        first, second = 1 + len(self.losses), 1 + len(self.losses) + len(self.observations)
        batch.observations.update(zip(self.observations, outputs[first:second], strict=True))
        for parameter, gradient in zip(parameters, outputs[second:], strict=True):
            parameter.grad = gradient
        return outputs[0], dict(zip(self.losses, outputs[1:first], strict=True))


def _rewind(batch: Batch) -> None:
    """Resets the random generators to where the move began."""
    batch.random.manual_seed(batch.random.initial_seed())
    torch.default_generator.manual_seed(batch.random.initial_seed())


def _replays_exactly(graph: CapturedGraph, parameters: Sequence[nn.Parameter], batch: Batch, eager: Eager) -> bool:
    """Whether the move gives the same numbers eagerly and replayed, to the last bit."""
    outputs = []
    for play in (eager, lambda: graph.replay(parameters, batch)):
        for parameter in parameters:
            parameter.grad = None
        batch.observations.clear()
        finite, losses = play()
        _rewind(batch)
        gradients = [parameter.grad for parameter in parameters]
        outputs.append([finite, *losses.values(), *batch.observations.values(), *gradients])
    batch.observations.clear()
    return all(torch.equal(one, other) and one.stride() == other.stride() for one, other in zip(*outputs, strict=True))


def _capture(team: Team, batch: Batch, parameters: list[nn.Parameter], fixed: Sequence[Tensor]) -> CapturedGraph | None:
    """Returns the captured graph of a move, or None where the move is no plain list of operations."""
    inputs = [batch.real, *([] if batch.condition is None else [batch.condition]), *fixed]
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
            module = make_fx(play)(*inputs)
            _remove_aliases(module.graph)
            draws = _extract_draws(module)
            if draws is None:
                return None
            examples = tuple(tensor.detach() for tensor in (*inputs, *(draw() for draw in draws)))
            program = torch.jit.trace(module, examples, check_trace=False)  # type: ignore[no-untyped-call]
    except Exception:  # whatever stands in the way of a capture, the move runs eagerly
        return None
    return CapturedGraph(program, draws, fixed, *names)


def _remove_aliases(graph: fx.Graph) -> None:
    """Removes nodes that only matter to automatic differentiation, and transposes each weight once."""
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


def _extract_draws(module: fx.GraphModule) -> list[Callable[[], Tensor]] | None:
    """Turns random draws into inputs of the graph; returns the functions that draw them, None if that is not all.

    A graph that holds a tensor other than its inputs would repeat a number that may have changed.
    """
    graph, draws = module.graph, list[Callable[[], Tensor]]()
    generators = {node: getattr(module, str(node.target)) for node in graph.nodes if node.op == "get_attr"}
    if any(not isinstance(value, torch.Generator) for value in generators.values()):
        return None
    last_input = [node for node in graph.nodes if node.op == "placeholder"][-1]
    for node in list(graph.nodes):
        if not any(source in generators for source in node.all_input_nodes):
            continue
        if len(node.all_input_nodes) > 1:
            return None
        keywords = {name: generators.get(value, value) for name, value in node.kwargs.items()}
        draws.append(partial(node.target, *node.args, **keywords))
        with graph.inserting_after(last_input):
            last_input = graph.placeholder(f"draw_{len(draws)}")
        node.replace_all_uses_with(last_input)
        graph.erase_node(node)
    for node in generators:
        graph.erase_node(node)
    graph.eliminate_dead_code()
    module.recompile()
    return draws
