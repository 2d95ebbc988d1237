"""The numbers of each part of the theory as lines to print, and where asked a picture: what `spar theory` says."""

from collections.abc import Callable, Mapping, Sequence
from math import isinf, log, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from sparring.adversary import Penalty
from sparring.errors import SpecError, nearest
from sparring.theory import divergences, kernels, landscape, pictures
from sparring.theory import nce as contrast
from sparring.theory.dirac import Adversary, DiracGame, InstanceNoise
from sparring.theory.distributions import Matrix, Vector, distances_on_the_line, distributions
from sparring.theory.duality import duality_gap
from sparring.theory.dynamics import (
    GENERATOR_FIRST,
    SIMULTANEOUS,
    Consensus,
    Manner,
    PlanarGame,
    Projection,
    descent,
    eigenvalues,
    extragradient_moduli,
    largest_stable_step,
    optimistic_moduli,
    radius,
    step_moduli,
    trajectory,
)
from sparring.theory.equilibria import discriminator_first, generator_first, simultaneous
from sparring.theory.finite import FiniteGame, Mixtures, Pure, point_masses, solve
from sparring.theory.objectives import LipschitzCritic, Objective, Original, optimal_discriminator, value
from sparring.theory.transport import wasserstein

KERNELS: Mapping[str, Callable[[float], Matrix]] = {
    "flip": kernels.flip,
    "rotation": kernels.any_rotation,
    "other_rotation": kernels.other_rotations,
}
"""The augmentations that `augment` knows, by name: each takes the probability with which it acts."""

DESCENT: Mapping[str, Manner] = {
    "simultaneous": Manner(SIMULTANEOUS, descent(0.2)),
    "generator first": Manner(GENERATOR_FIRST, descent(0.2)),
}
"""Plain gradient descent, at once and in turns."""


def finite(p: Sequence[float], q: Sequence[float], picture: Path | None = None) -> list[str]:
    """Returns D*, the value and every divergence of generator q from data p, on the points 0, 1, 2, ….

    `picture` becomes the value surface of two points, the first of which has p's first mass.

    Raises:
        ShapeError, SpecError: bad masses.
        MissingExtraError: SciPy, or for the picture matplotlib, is not installed.
    """
    data, generator = distributions(p=p, q=q)
    best = optimal_discriminator(data, generator)
    measured = {
        "Jensen-Shannon": divergences.jensen_shannon(data, generator),
        "KL(p‖q)": divergences.kullback_leibler(data, generator),
        "KL(q‖p)": divergences.reverse_kullback_leibler(data, generator),
        "Pearson chi-square": divergences.pearson(data, generator),
        "squared Hellinger": divergences.squared_hellinger(data, generator),
        "total variation": divergences.total_variation(data, generator),
        "least squares": divergences.least_squares(data, generator),
        "hinge minimum": divergences.hinge_minimum(data, generator),
        "relativistic JS": divergences.relativistic_jensen_shannon(data, generator),
        "W1 on 0, 1, 2, …": wasserstein(data, generator, distances_on_the_line(range(len(data)))),
    }
    lines = [
        _row("optimal D", _list(best)),
        _row("value at it", _number(value(data, generator, best))),
        *(_row(name, _number(found)) for name, found in measured.items()),
    ]
    solved = solve(FiniteGame.unrestricted(data))
    lines.append(_row("minimax = maximin", f"{_number(solved.minimax)} at q = {_list(solved.q)}, D = 1/2"))
    return lines + _drawn(picture and pictures.draw_value_surface(picture, float(data[0])))


def orders(points: Sequence[float] = (-1.5, -1, -0.5, 0, 0.5, 1, 1.5)) -> list[str]:
    """Returns minimax and maximin for data (δ₋₁+δ₁)/2 against a point mass on one of `points`, and against mixtures.

    Raises:
        SpecError: -1 or 1 is not among the points.
        MissingExtraError: SciPy is not installed.
    """
    places = sorted(float(one) for one in points)
    if not {-1.0, 1.0} <= set(places):
        raise SpecError(f"points are {places}; the data sits on -1 and 1: add them")
    data = [0.5 if abs(one) == 1 else 0.0 for one in places]
    games: dict[str, Objective] = {
        "original": Original(),
        "1-Lipschitz critic": LipschitzCritic(distances_on_the_line(places)),
    }
    lines = []
    for name, objective in games.items():
        for choice, generators in (("point mass", Pure), ("mixture", Mixtures)):
            found = solve(FiniteGame(data, generators(point_masses(len(places))), objective))
            verdict = "no equilibrium in pure strategies" if found.gap > 1e-9 else "an equilibrium"
            both = f"minimax {_number(found.minimax)}, maximin {_number(found.maximin)}"
            lines.append(_row(f"{name}, {choice}", f"{both}: {verdict}", 31))
    return lines


def minima(count: int = 3) -> list[str]:
    """Returns how many strict bad minima a separable loss and the relativistic pairing have for `count` points."""
    losses = {"separable": landscape.separable_value, "relativistic pairing": landscape.paired_value}
    found = {name: landscape.survey(count, valued) for name, valued in losses.items()}
    return [
        _row(name, f"{one.strict_bad_minima} strict bad minima, {one.trapped} places without a way out", 22)
        for name, one in found.items()
    ]


def dirac(
    loss: Adversary,
    penalties: tuple[Penalty, ...] = (),
    noise: float = 0.0,
    consensus: float = 0.0,
    projection: Projection | None = None,
    manners: Mapping[str, Manner] = DESCENT,
    steps: int = 500,
    start: tuple[float, float] = (1.0, -1.0),
    picture: Path | None = None,
) -> list[str]:
    """Returns eigenvalues, moduli of a step of gradient descent, and the radius after `steps`, played in each manner.

    Args:
        loss, penalties: objects of this library.
        noise: the standard deviation of instance noise.
        consensus: the weight of consensus optimization.
        projection: what is done to ψ after its steps, such as `WeightClipping(limit=1)`.
        manners: orders and optimizers, by name; the first one's learning rate is that of the moduli.
        steps, start: of (θ, ψ).
        picture: where the field and all paths are drawn.

    Raises:
        SpecError: a setting that cannot be; DivergenceError: the players left the finite numbers.
        MissingExtraError: for the picture, matplotlib is not installed.
    """
    plain = DiracGame(loss, penalties, InstanceNoise(noise))
    game: PlanarGame = Consensus(plain, consensus) if consensus else plain
    rate = next(iter(manners.values())).learning_rate
    paths = {
        name: trajectory(game, start, steps, manner.order, manner.optimizer, manner.optimizer, projection)
        for name, manner in manners.items()
    }
    ends = ", ".join(f"{name} {radius(path):.4g}" for name, path in paths.items())
    lines = [*_linear_lines(game, rate), _row(f"radius after {steps}", ends)]
    return lines + _drawn(picture and pictures.draw_field(picture, game, paths, f"Dirac-GAN, h = {rate:g}"))


def _linear_lines(game: PlanarGame, learning_rate: float) -> list[str]:
    try:
        pair = eigenvalues(game)
    except SpecError as error:
        return [_row("eigenvalues", f"none: {error}")]
    moduli = {
        "simultaneous": step_moduli(game, learning_rate),
        "in turns": step_moduli(game, learning_rate, GENERATOR_FIRST),
        "extragradient": extragradient_moduli(game, learning_rate),
        "optimistic": optimistic_moduli(game, learning_rate),
    }
    return [
        _row("eigenvalues", ", ".join(_complex(one) for one in pair)),
        _row("gradient descent", f"h = {learning_rate:g}; what a step near the equilibrium multiplies the radius by"),
        *(_row(f"  {name}", f"modulus {max(found):.6g}") for name, found in moduli.items()),
        _row("largest stable step", f"{largest_stable_step(game):.6g}, simultaneously"),
    ]


def augment(probabilities: Mapping[str, float], picture: Path | None = None) -> list[str]:
    """Returns for each named augmentation its smallest eigenvalue and whether it leaks, and so for all together.

    Raises:
        SpecError: an unknown name (known: flip, rotation, other_rotation), a probability outside [0, 1], or no name.
        MissingExtraError: for the picture, matplotlib is not installed.
    """
    for name in probabilities:
        if name not in KERNELS:
            raise SpecError(f"augment: {name!r} is not a known augmentation{nearest(name, KERNELS)}")
    if not probabilities:
        raise SpecError(f"augment needs an augmentation and its probability, such as flip=0.3{nearest('', KERNELS)}")
    built = {name: KERNELS[name](probability) for name, probability in probabilities.items()}
    if len(built) > 1:
        everything = np.eye(1)
        for kernel in built.values():
            everything = kernels.independently(everything, kernel)
        built["together"] = everything
    lines = [_kernel_line(name, kernel) for name, kernel in built.items()]
    groups = {name: kernels.spectrum(kernel).tolist() for name, kernel in built.items()}
    return lines + _drawn(picture and pictures.draw_spectra(picture, groups, "Augmentations as Markov kernels"))


def _kernel_line(name: str, kernel: Matrix) -> str:
    verdict = "LEAKS" if kernels.leak(kernel) else f"does not leak (condition {kernels.condition(kernel):.4g})"
    return _row(name, f"smallest eigenvalue {_complex(kernels.smallest_eigenvalue(kernel))}: {verdict}")


def nce(ratio: float = 1.0, deviation: float = 2.0, count: int = 10_000, seed: int = 0) -> list[str]:
    """Returns the normalizing constant of exp(w x²) fitted to N(0, 1) against noise N(0, deviation²).

    Once with exact expectations (a fine grid), once with `count` samples of data and `ratio` times as many of noise.

    Raises:
        SpecError: a ratio that is not positive, a deviation that the grid cannot show, or no samples.
    """
    if not 0.01 <= deviation <= 100 or count < 1:
        raise SpecError(f"deviation is {deviation} and count {count}; needs .01 to 100, and at least one sample")
    expected = contrast.shift(ratio)

    def log_noise(places: Vector) -> Vector:
        return np.asarray(-((places / deviation) ** 2) / 2 - log(deviation * sqrt(2 * np.pi)))

    def squares(places: Vector) -> Matrix:
        return np.asarray(places[:, None] ** 2)

    reach = 12 * max(1.0, deviation)
    grids = [contrast.Points.density(one, -reach, reach, 20_001) for one in (lambda x: -(x**2) / 2, log_noise)]
    exact = contrast.estimate(squares, grids[0], grids[1], log_noise, ratio)
    random = np.random.default_rng(seed)
    data = contrast.Points.samples(random.normal(size=count))
    noise = contrast.Points.samples(random.normal(0, deviation, max(1, round(count * ratio))))
    sampled = contrast.estimate(squares, data, noise, log_noise, ratio)
    return [
        _row("shift of the logit", f"{_number(expected)} = -ln ν"),
        _row("true constant", _number(sqrt(2 * np.pi))),
        _row("exact expectations", f"{_number(exact.constant)}, weight of x² {_number(exact.weights[0])}"),
        _row(f"{count} samples", f"{sampled.constant:.4f}, weight of x² {sampled.weights[0]:.4f}"),
    ]


def duality(p: Sequence[float], q: Sequence[float], discriminator: ArrayLike) -> list[str]:
    """Returns whether (q, D) is an equilibrium of the original game on p, in three senses, and its duality gap.

    Raises:
        ShapeError, SpecError: bad masses or probabilities.
    """
    game = FiniteGame.unrestricted(p)
    gap = duality_gap(
        game.value,
        np.asarray(q, np.float64),
        game.objective.check(discriminator, len(game.p)),
        lambda judge: game.generator_reply(judge).strategy,
        lambda other: game.discriminator_reply(other).strategy,
    )
    verdicts = [judge(game, q, discriminator) for judge in (generator_first, discriminator_first, simultaneous)]
    return [
        _row("value", _number(game.value(q, discriminator))),
        _row("duality gap", f"{_number(gap.gap)} = {_number(gap.worst)} - ({_number(gap.best)})"),
        *(line for verdict in verdicts for line in verdict.lines()),
    ]


def _row(name: str, text: str, width: int = 20) -> str:
    return f"{name:<{width}}{text}"


def _number(found: float) -> str:
    return "infinite" if isinf(found) else f"{found + 0.0:.10f}".rstrip("0").rstrip(".")


def _list(values: Sequence[float] | Vector) -> str:
    return "(" + ", ".join(f"{round(one, 12) + 0.0:.6g}" for one in values) + ")"


def _complex(found: complex) -> str:
    real, imaginary = round(found.real, 10) + 0.0, round(found.imag, 10)
    return f"{real:.6g}" if not imaginary else f"{real:.6g} {'-' if imaginary < 0 else '+'} {abs(imaginary):.6g}i"


def _drawn(path: Path | None) -> list[str]:
    return [_row("picture", str(path))] if path else []
