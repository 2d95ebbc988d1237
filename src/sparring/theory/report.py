"""The reports of `spar theory`: each part of the theory as lines of text, and optionally a picture."""

from collections.abc import Callable, Mapping, Sequence
from math import isinf, log, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from sparring.adversary import Penalty
from sparring.errors import SpecError, nearest
from sparring.game import Projection
from sparring.theory import divergences, kernels, landscape, pictures
from sparring.theory.dirac import DiracGame, IntegratedNoise, TwoPlayerLoss
from sparring.theory.distributions import Matrix, Vector, distances_on_the_line, distributions
from sparring.theory.duality import duality_gap
from sparring.theory.dynamics import (
    GENERATOR_FIRST,
    SIMULTANEOUS,
    ConsensusGame,
    PlanarGame,
    UpdateRule,
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
from sparring.theory.nce import WeightedPoints, fit_noise_contrastive, logit_shift
from sparring.theory.objectives import LipschitzCritic, Objective, Original, optimal_discriminator, value
from sparring.theory.transport import wasserstein

KERNELS: Mapping[str, Callable[[float], Matrix]] = {
    "flip": kernels.flip,
    "rotation": kernels.any_rotation,
    "other_rotation": kernels.other_rotations,
}
"""The augmentations of `augment` by name; each takes its probability."""

DESCENT: Mapping[str, UpdateRule] = {
    "simultaneous": UpdateRule(SIMULTANEOUS, descent(0.2)),
    "generator first": UpdateRule(GENERATOR_FIRST, descent(0.2)),
}
"""Plain gradient descent, simultaneous and alternating."""


def finite(p: Sequence[float], q: Sequence[float], picture: Path | None = None) -> list[str]:
    """Returns D*, the value and every divergence of generator q from data p, on the points 0, 1, 2, ….

    `picture` shows the value surface on two points, with p's first mass on the first.

    Raises:
        ShapeError, SpecError: bad masses.
        MissingExtraError: SciPy, or matplotlib for the picture, is not installed.
    """
    data, generator = distributions(p=p, q=q)
    best = optimal_discriminator(data, generator)
    measures = {
        "Jensen-Shannon": divergences.jensen_shannon,
        "KL(p‖q)": divergences.kullback_leibler,
        "KL(q‖p)": divergences.reverse_kullback_leibler,
        "Pearson chi-square": divergences.pearson,
        "squared Hellinger": divergences.squared_hellinger,
        "total variation": divergences.total_variation,
        "least squares": divergences.least_squares,
        "hinge minimum": divergences.hinge_minimum,
        "relativistic JS": divergences.relativistic_jensen_shannon,
    }
    w1 = wasserstein(data, generator, distances_on_the_line(range(len(data))))
    solution = solve(FiniteGame.unrestricted(data))
    lines = [
        _row("optimal D", _list(best)),
        _row("value at it", _number(value(data, generator, best))),
        *(_row(name, _number(measure(data, generator))) for name, measure in measures.items()),
        _row("W1 on 0, 1, 2, …", _number(w1)),
        _row("minimax = maximin", f"{_number(solution.minimax)} at q = {_list(solution.q)}, D = 1/2"),
    ]
    return lines + _picture_row(picture and pictures.draw_value_surface(picture, float(data[0])))


def orders(points: Sequence[float] = (-1.5, -1, -0.5, 0, 0.5, 1, 1.5)) -> list[str]:
    """Returns minimax and maximin for data (δ₋₁+δ₁)/2 against a point mass on one of `points`, and against mixtures.

    Raises:
        SpecError: -1 or 1 is not among the points.
        MissingExtraError: SciPy is not installed.
    """
    places = sorted(float(point) for point in points)
    if not {-1.0, 1.0} <= set(places):
        raise SpecError(f"points are {places}; the data sits on -1 and 1: add them")
    data = [0.5 if abs(place) == 1 else 0.0 for place in places]
    games: dict[str, Objective] = {
        "original": Original(),
        "1-Lipschitz critic": LipschitzCritic(distances_on_the_line(places)),
    }
    lines = []
    for name, objective in games.items():
        for choice, generators in (("point mass", Pure), ("mixture", Mixtures)):
            solution = solve(FiniteGame(data, generators(point_masses(len(places))), objective))
            verdict = "no equilibrium in pure strategies" if solution.gap > 1e-9 else "an equilibrium"
            values = f"minimax {_number(solution.minimax)}, maximin {_number(solution.maximin)}"
            lines.append(_row(f"{name}, {choice}", f"{values}: {verdict}", 31))
    return lines


def minima(count: int = 3) -> list[str]:
    """Returns how many strict bad minima a separable loss and the relativistic pairing have for `count` points."""
    losses = {"separable": landscape.separable_value, "relativistic pairing": landscape.paired_value}
    lines = []
    for name, loss in losses.items():
        minima = landscape.count_minima(count, loss)
        text = f"{minima.strict_bad_minima} strict bad minima, {minima.trapped} places without a way out"
        lines.append(_row(name, text, 22))
    return lines


def dirac(
    loss: TwoPlayerLoss,
    penalties: tuple[Penalty, ...] = (),
    noise: float = 0.0,
    consensus: float = 0.0,
    projection: Projection | None = None,
    rules: Mapping[str, UpdateRule] = DESCENT,
    steps: int = 500,
    start: tuple[float, float] = (1.0, -1.0),
    picture: Path | None = None,
) -> list[str]:
    """Returns eigenvalues, moduli of a step of gradient descent, and the radius after `steps` under each update rule.

    Args:
        loss, penalties: objects of this library.
        noise: the standard deviation of instance noise.
        consensus: the weight of consensus optimization.
        projection: applied to ψ after its steps, such as `WeightClipping(limit=1)`.
        rules: update rules by name; the moduli take the learning rate of the first.
        steps, start: of (θ, ψ).
        picture: the file for a plot of the field and all paths.

    Raises:
        SpecError: a setting out of range; DivergenceError: a player's number left the finite range.
        MissingExtraError: matplotlib, for the picture, is not installed.
    """
    plain = DiracGame(loss, penalties, IntegratedNoise(noise))
    game: PlanarGame = ConsensusGame(plain, consensus) if consensus else plain
    rate = next(iter(rules.values())).learning_rate
    paths = {
        name: trajectory(game, start, steps, rule.order, rule.optimizer, rule.optimizer, projection)
        for name, rule in rules.items()
    }
    ends = ", ".join(f"{name} {radius(path):.4g}" for name, path in paths.items())
    lines = [*_linear_lines(game, rate), _row(f"radius after {steps}", ends)]
    return lines + _picture_row(picture and pictures.draw_field(picture, game, paths, f"Dirac-GAN, h = {rate:g}"))


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
        _row("eigenvalues", ", ".join(map(_complex, pair))),
        _row("gradient descent", f"h = {learning_rate:g}; what a step near the equilibrium multiplies the radius by"),
        *(_row(f"  {name}", f"modulus {max(pair):.6g}") for name, pair in moduli.items()),
        _row("largest stable step", f"{largest_stable_step(game):.6g}, simultaneously"),
    ]


def augment(probabilities: Mapping[str, float], picture: Path | None = None) -> list[str]:
    """Returns the smallest eigenvalue of each named augmentation and of all together, and whether it leaks.

    Raises:
        SpecError: an unknown name (known: flip, rotation, other_rotation), a probability outside [0, 1], or no name.
        MissingExtraError: matplotlib, for the picture, is not installed.
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
    return lines + _picture_row(picture and pictures.draw_spectra(picture, groups, "Augmentations as Markov kernels"))


def _kernel_line(name: str, kernel: Matrix) -> str:
    verdict = "LEAKS" if kernels.leak(kernel) else f"does not leak (condition {kernels.condition(kernel):.4g})"
    return _row(name, f"smallest eigenvalue {_complex(kernels.smallest_eigenvalue(kernel))}: {verdict}")


def nce(ratio: float = 1.0, deviation: float = 2.0, count: int = 10_000, seed: int = 0) -> list[str]:
    """Returns the normalizing constant of exp(w x²) fitted to N(0, 1) against noise N(0, deviation²).

    Once with exact expectations (a fine grid), once with `count` samples of data and `ratio` times as many of noise.

    Raises:
        SpecError: a ratio that is not positive, a deviation outside [0.01, 100], or no samples.
    """
    if not 0.01 <= deviation <= 100 or count < 1:
        raise SpecError(f"deviation is {deviation} and count {count}; needs .01 to 100, and at least one sample")
    shift = logit_shift(ratio)

    def log_noise(places: Vector) -> Vector:
        return np.asarray(-((places / deviation) ** 2) / 2 - log(deviation * sqrt(2 * np.pi)))

    def squares(places: Vector) -> Matrix:
        return np.asarray(places[:, None] ** 2)

    span = 12 * max(1.0, deviation)
    data = WeightedPoints.density(lambda x: -(x**2) / 2, -span, span, 20_001)
    noise = WeightedPoints.density(log_noise, -span, span, 20_001)
    exact = fit_noise_contrastive(squares, data, noise, log_noise, ratio)
    random = np.random.default_rng(seed)
    data = WeightedPoints.samples(random.normal(size=count))
    noise = WeightedPoints.samples(random.normal(0, deviation, max(1, round(count * ratio))))
    sampled = fit_noise_contrastive(squares, data, noise, log_noise, ratio)
    return [
        _row("shift of the logit", f"{_number(shift)} = -ln ν"),
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
        lambda critic: game.generator_reply(critic).strategy,
        lambda generator: game.discriminator_reply(generator).strategy,
    )
    verdicts = [notion(game, q, discriminator) for notion in (generator_first, discriminator_first, simultaneous)]
    return [
        _row("value", _number(game.value(q, discriminator))),
        _row("duality gap", f"{_number(gap.gap)} = {_number(gap.worst)} - ({_number(gap.best)})"),
        *(line for verdict in verdicts for line in verdict.lines()),
    ]


def _row(name: str, text: str, width: int = 20) -> str:
    return f"{name:<{width}}{text}"


def _number(number: float) -> str:
    return "infinite" if isinf(number) else f"{number + 0.0:.10f}".rstrip("0").rstrip(".")


def _list(values: Sequence[float] | Vector) -> str:
    return "(" + ", ".join(f"{round(value, 12) + 0.0:.6g}" for value in values) + ")"


def _complex(number: complex) -> str:
    real, imaginary = round(number.real, 10) + 0.0, round(number.imag, 10)
    return f"{real:.6g}" if not imaginary else f"{real:.6g} {'-' if imaginary < 0 else '+'} {abs(imaginary):.6g}i"


def _picture_row(path: Path | None) -> list[str]:
    return [_row("picture", str(path))] if path else []
