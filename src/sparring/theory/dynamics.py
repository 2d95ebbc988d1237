"""Two players with one number each: gradient fields, eigenvalues at an equilibrium, paths of gradient descent."""

import cmath
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sparring.errors import DivergenceError, SpecError
from sparring.game import Projection
from sparring.theory.distributions import Matrix

PlanarGame = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Maps θ (generator) and ψ (discriminator), scalars in float64, to the losses of the two, in this order."""

OptimizerFactory = Callable[[list[nn.Parameter]], torch.optim.Optimizer]
"""Builds a player's optimizer, like `Optimizer.build` of `training.optimizers`."""

MoveOrder = tuple[tuple[str, ...], ...]
"""The moves of a step; players in one move see each other's numbers from before it."""

SIMULTANEOUS: MoveOrder = (("generator", "discriminator"),)
GENERATOR_FIRST: MoveOrder = (("generator",), ("discriminator",))
DISCRIMINATOR_FIRST: MoveOrder = (("discriminator",), ("generator",))
EXTRAGRADIENT: MoveOrder = SIMULTANEOUS * 2
"""Both look ahead together, then both step; for optimizers that return in between, such as `Extragradient`."""

_PLAYERS = ("generator", "discriminator")


@dataclass(frozen=True)
class UpdateRule:
    """How the players descend: the order of their moves, and the optimizer of both."""

    order: MoveOrder
    optimizer: OptimizerFactory

    @property
    def learning_rate(self) -> float:
        """The optimizer's step size."""
        return float(self.optimizer([nn.Parameter(torch.zeros(1))]).param_groups[0]["lr"])


@dataclass(frozen=True)
class ConsensusGame:
    """A planar game with ½ `weight` ‖v‖² added to both losses, v being the gradients of both players.

    Consensus optimization (Mescheder et al. 2017, "The Numerics of GANs", eq. 9).
    """

    game: PlanarGame
    weight: float = 1.0

    def __call__(self, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        """Returns both losses; θ and ψ must require gradients."""
        generator, discriminator = self.game(theta, psi)
        squares = [
            torch.autograd.grad(loss, own, create_graph=True, materialize_grads=True)[0].square()
            for loss, own in ((generator, theta), (discriminator, psi))
        ]
        shared = self.weight / 2 * (squares[0] + squares[1])
        return generator + shared, discriminator + shared


def descent(learning_rate: float) -> OptimizerFactory:
    """Returns the factory of plain gradient descent; raises `SpecError` unless the rate is positive."""
    if not learning_rate > 0:
        raise SpecError(f"learning_rate is {learning_rate}; it must be positive")
    return lambda parameters: torch.optim.SGD(parameters, learning_rate)


_PLAIN = descent(0.2)


def field_at(game: PlanarGame, point: tuple[float, float]) -> tuple[float, float]:
    """Returns v(θ, ψ) = (-∂L_G/∂θ, -∂L_D/∂ψ), the direction in which the players move."""
    theta, psi = _numbers(point)
    generator, discriminator = game(theta, psi)
    return -_derivative(generator, theta).item(), -_derivative(discriminator, psi).item()


def gradient_field(game: PlanarGame, thetas: Sequence[float], psis: Sequence[float]) -> NDArray[np.float64]:
    """Returns v on a grid, [len(psis), len(thetas), 2]."""
    return np.array([[field_at(game, (theta, psi)) for theta in thetas] for psi in psis])


def jacobian(game: PlanarGame, point: tuple[float, float] = (0.0, 0.0)) -> Matrix:
    """Returns ∂v/∂(θ, ψ) [2, 2] at `point`, by automatic differentiation.

    Raises:
        SpecError: the field has a kink there and no eigenvalues (WGAN-GP at its equilibrium).
    """
    theta, psi = _numbers(point)
    rows = []
    for loss, own in zip(game(theta, psi), (theta, psi), strict=True):
        direction = -_derivative(loss, own, create_graph=True)
        if direction.requires_grad:
            second = torch.autograd.grad(direction, (theta, psi), retain_graph=True, materialize_grads=True)
            rows.append([derivative.item() for derivative in second])
        else:
            rows.append([0.0, 0.0])
    exact = np.array(rows)
    _check_smooth(game, point, exact)
    return exact


def eigenvalues(game: PlanarGame, point: tuple[float, float] = (0.0, 0.0)) -> tuple[complex, complex]:
    """Returns the two eigenvalues of the field's Jacobian at `point`, the larger imaginary or real part last.

    Continuous descent converges locally where both real parts are negative (Mescheder et al. 2018, section 2).
    They are computed from trace and determinant, which keeps double eigenvalues exact.
    """
    return _matrix_eigenvalues(jacobian(game, point))


def step_moduli(game: PlanarGame, learning_rate: float, order: MoveOrder = SIMULTANEOUS) -> tuple[float, float]:
    """Returns |λ| of the linearized step of gradient descent at the equilibrium (0, 0); it converges below 1.

    The simultaneous step is I + hJ with moduli |1 + hλ|; the alternating one is the product of the players' steps.

    Raises:
        SpecError: an unknown player in the order, or a kink at the equilibrium.
    """
    field, step = jacobian(game), np.eye(2)
    for move in check_order(order):
        rows = np.array([[1.0] if name in move else [0.0] for name in _PLAYERS])
        step = (np.eye(2) + learning_rate * rows * field) @ step
    low, high = _matrix_eigenvalues(step)
    return abs(low), abs(high)


def extragradient_moduli(game: PlanarGame, learning_rate: float) -> tuple[float, float]:
    """Returns |1 + hλ + h²λ²|, the moduli of an extragradient step at the equilibrium, λ the field's eigenvalues.

    w' = w + hJw and w ← w + hJw' make the step I + hJ + h²J². Where players circle, λ = ±iω, the modulus is
    √((1 - h²ω²)² + h²ω²): below 1 for every h < 1/ω (Korpelevich 1976; Gidel et al. 2019). Raises as `jacobian`.
    """
    low, high = (learning_rate * one for one in eigenvalues(game))
    return abs(1 + low + low**2), abs(1 + high + high**2)


def optimistic_moduli(game: PlanarGame, learning_rate: float) -> tuple[float, ...]:
    """Returns the moduli [4] of optimistic descent at the equilibrium, two for each eigenvalue λ of the field.

    Along its direction w_{t+1} = w_t + 2hλ w_t - hλ w_{t-1}: powers of the roots z of z² - (1 + 2hλ) z + hλ = 0.
    Where players circle, λ = ±iω, both are below 1 for h < 1/(√3 ω), and optimistic descent converges (Daskalakis
    et al. 2018). Raises as `jacobian`.
    """
    moduli = []
    for eigenvalue in eigenvalues(game):
        scaled = learning_rate * eigenvalue
        middle = 0.5 + scaled
        root = cmath.sqrt(middle**2 - scaled)
        moduli += [abs(middle - root), abs(middle + root)]
    return tuple(moduli)


def largest_stable_step(game: PlanarGame) -> float:
    """Returns the learning rate h from which simultaneous descent diverges, min -2 Re λ/|λ|²; 0 if it always does.

    Mescheder et al. 2017, lemma 4.
    """
    return max(0.0, min(-2 * one.real / abs(one) ** 2 if one else 0.0 for one in eigenvalues(game)))


def critical_strength(family: Callable[[float], PlanarGame], low: float, high: float) -> float:
    """Returns the strength between `low` and `high` at which the eigenvalues meet on the real line, by bisection.

    Below it the players circle, above it one direction slows down: critical damping.

    Raises:
        SpecError: the eigenvalues are real, or complex, at both ends.
    """
    circling = [_discriminant(jacobian(family(strength))) < 0 for strength in (low, high)]
    if circling[0] == circling[1]:
        kind = "complex" if circling[0] else "real"
        raise SpecError(f"strength: the eigenvalues are {kind} at {low} and at {high}; choose ends that differ")
    while low < (middle := (low + high) / 2) < high:
        if (_discriminant(jacobian(family(middle))) < 0) == circling[0]:
            low = middle
        else:
            high = middle
    return middle


def trajectory(
    game: PlanarGame,
    start: tuple[float, float] = (1.0, -1.0),
    steps: int = 500,
    order: MoveOrder = SIMULTANEOUS,
    generator: OptimizerFactory = _PLAIN,
    discriminator: OptimizerFactory = _PLAIN,
    projection: Projection | None = None,
) -> NDArray[np.float64]:
    """Returns the path of (θ, ψ), [steps + 1, 2]: the start, then the point after each of `steps`.

    `projection` is applied to ψ after each of the discriminator's steps.

    Raises:
        SpecError: a negative number of steps, an unknown player in the order, or a start that is not finite.
        DivergenceError: a number left the finite range.
    """
    if steps < 0:
        raise SpecError(f"steps is {steps}; it must be 0 or more")
    theta, psi = (nn.Parameter(number.detach()) for number in _numbers(start))
    players = {"generator": (theta, generator([theta])), "discriminator": (psi, discriminator([psi]))}
    places = [(theta.item(), psi.item())]
    moves = check_order(order)
    for step in range(steps):
        for move in moves:
            losses = dict(zip(_PLAYERS, game(theta, psi), strict=True))
            for name in move:
                own = players[name][0]
                own.grad = _derivative(losses[name], own)
            for name in move:
                players[name][1].step()
            if projection is not None and "discriminator" in move:
                projection([psi])
        places.append((theta.item(), psi.item()))
        if not np.isfinite(places[-1]).all():
            raise DivergenceError(f"the players left the finite numbers at step {step + 1}; lower the learning rate")
    return np.array(places)


def radius(path: NDArray[np.float64]) -> float:
    """Returns the distance from the equilibrium (0, 0) at the end of a `trajectory`."""
    return float(np.hypot(*path[-1]))


def check_order(order: MoveOrder) -> MoveOrder:
    """Returns `order`; raises `SpecError` if a move is empty or has an unknown player."""
    for move in order:
        if isinstance(move, str) or not move or set(move) - set(_PLAYERS):
            raise SpecError(f"order holds {move!r}; a move is a tuple of 'generator', 'discriminator' or both")
    return order


def _numbers(point: tuple[float, float]) -> tuple[Tensor, Tensor]:
    if not np.isfinite(point).all():
        raise SpecError(f"the players cannot stand at {tuple(point)}; both numbers must be finite")
    theta, psi = (torch.tensor(float(number), dtype=torch.float64, requires_grad=True) for number in point)
    return theta, psi


def _derivative(loss: Tensor, own: Tensor, create_graph: bool = False) -> Tensor:
    """Returns ∂`loss`/∂`own`; keeps the graph, which the other player's loss may share."""
    (derivative,) = torch.autograd.grad(loss, own, create_graph=create_graph, retain_graph=True, materialize_grads=True)
    return derivative


def _check_smooth(game: PlanarGame, point: tuple[float, float], exact: Matrix, step: float = 1e-6) -> None:
    """Raises `SpecError` if one-sided differences of the field do not approach its Jacobian."""
    here = np.array(field_at(game, point))
    for index in range(2):
        for side in (step, -step):
            there = [float(number) for number in point]
            there[index] += side
            difference = (np.array(field_at(game, (there[0], there[1]))) - here) / side
            if not np.allclose(difference, exact[:, index], rtol=1e-3, atol=1e-3):
                raise SpecError(
                    f"the field has no derivative at {tuple(point)} (a kink, or noise sampled anew), hence no "
                    "eigenvalues; follow a trajectory instead"
                )


def _discriminant(matrix: Matrix) -> float:
    return float(((matrix[0, 0] - matrix[1, 1]) / 2) ** 2 + matrix[0, 1] * matrix[1, 0])


def _matrix_eigenvalues(matrix: Matrix) -> tuple[complex, complex]:
    middle, root = complex(np.trace(matrix) / 2), cmath.sqrt(_discriminant(matrix))
    return middle - root, middle + root
