"""`spar theory`: the mathematics of GANs as numbers to print and pictures to look at."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparring.errors import SpecError, nearest

if TYPE_CHECKING:
    from sparring.theory import UpdateRule

app = typer.Typer(help="Run the theory: finite games, Dirac-GAN, augmentation, divergences.", no_args_is_help=True)

Picture = Annotated[Path | None, typer.Option(help="Write a picture here, as PNG.")]
Masses = Annotated[str, typer.Argument(metavar="P", help="The data's probabilities, for example .5,.3,.2")]
Generated = Annotated[str, typer.Argument(metavar="Q", help="The generator's probabilities.")]

NEGATIVE = {"ignore_unknown_options": True}
"""Lets `-.5,1.5` be read as masses, which are then refused with a reason, and not as an option."""


@app.command(context_settings=NEGATIVE)
def finite(p: Masses, q: Generated, picture: Picture = None) -> None:
    """The optimal discriminator, the game's value and every divergence between two distributions."""
    from sparring.theory import report

    _say(report.finite(_numbers("P", p), _numbers("Q", q), picture))


@app.command(context_settings=NEGATIVE)
def duality(
    p: Masses,
    q: Generated,
    discriminator: Annotated[str, typer.Option(help="D's probabilities of being real, one a point.")],
) -> None:
    """Whether a generator and a discriminator are in equilibrium, in three senses, and their duality gap."""
    from sparring.theory import report

    _say(report.duality(_numbers("P", p), _numbers("Q", q), _numbers("--discriminator", discriminator)))


@app.command()
def orders() -> None:
    """A game in which it matters who moves first: minimax and maximin of a restricted generator."""
    from sparring.theory import report

    _say(report.orders())


@app.command()
def minima(count: Annotated[int, typer.Argument(min=2, max=4, help="How many points chase as many data.")] = 3) -> None:
    """How many bad minima a separable loss has, and the relativistic pairing."""
    from sparring.theory import report

    _say(report.minima(count))


@app.command()
def dirac(
    loss: Annotated[
        str, typer.Argument(metavar="LOSS", help="Of the library, as in NonSaturating or LeastSquares:a=0,b=1.")
    ],
    penalty: Annotated[list[str] | None, typer.Option(help="As in R1:weight=0.3; may be repeated.")] = None,
    projection: Annotated[str | None, typer.Option(help="Of the discriminator, as in WeightClipping:limit=1.")] = None,
    noise: Annotated[float, typer.Option(min=0, help="Standard deviation of instance noise, in expectation.")] = 0.0,
    consensus: Annotated[float, typer.Option(min=0, help="Weight of consensus optimization.")] = 0.0,
    optimizer: Annotated[str, typer.Option(help="Of both players, as in Adam:betas=[0,0.9].")] = "SGD",
    learning_rate: Annotated[float, typer.Option(help="The optimizer's.")] = 0.2,
    order: Annotated[
        list[str] | None,
        typer.Option(help="simultaneous, generator-first, discriminator-first or extragradient; may be repeated."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, max=100_000)] = 500,
    picture: Picture = None,
) -> None:
    """Eigenvalues and trajectories of Dirac-GAN under the losses, penalties and optimizers of this library.

    In the order `extragradient` both players look ahead by a step of the optimizer, return, and step along the
    gradients there. The fields of a loss, a penalty, a projection or an optimizer follow a colon.
    """
    from sparring.game import Projection
    from sparring.losses import AdversarialLoss
    from sparring.penalties import Penalties
    from sparring.spec import Spec
    from sparring.theory import report

    class Cast(Spec):
        loss: AdversarialLoss
        penalties: Penalties = ()
        projection: Projection | None = None

    penalties = [_part("--penalty", text) for text in penalty or ()]
    projected = _part("--projection", projection) if projection else None
    cast = Cast.read({"loss": _part("LOSS", loss), "penalties": penalties, "projection": projected})
    by = {"learning_rate": learning_rate, **_part("--optimizer", optimizer)}
    rules = _rules(order or ["simultaneous", "generator-first"], by)
    _say(report.dirac(cast.loss, cast.penalties, noise, consensus, cast.projection, rules, steps, picture=picture))


def _rules(orders: list[str], optimizer: dict[str, Any]) -> "dict[str, UpdateRule]":
    """Returns how both players of a game move in each of the named orders, by an optimizer of these fields."""
    from sparring.spec import Spec
    from sparring.theory import DISCRIMINATOR_FIRST, EXTRAGRADIENT, GENERATOR_FIRST, SIMULTANEOUS, UpdateRule
    from sparring.training.optimizers import Extragradient, Optimizer

    class Cast(Spec):
        optimizer: Optimizer

    if optimizer["kind"] == Extragradient.kind():
        raise SpecError("--optimizer: Extragradient is an order of moves here; write --order extragradient, and SGD")
    chosen = Cast.read({"optimizer": optimizer}).optimizer
    rules = {
        "simultaneous": UpdateRule(SIMULTANEOUS, chosen.build),
        "generator-first": UpdateRule(GENERATOR_FIRST, chosen.build),
        "discriminator-first": UpdateRule(DISCRIMINATOR_FIRST, chosen.build),
        "extragradient": UpdateRule(EXTRAGRADIENT, Extragradient(of=chosen).build),
    }
    for name in orders:
        if name not in rules:
            raise SpecError(f"--order: got {name!r}, which is no order{nearest(name, rules)}")
    return {name: rules[name] for name in orders}


def _part(option: str, text: str) -> dict[str, Any]:
    """Returns the tree of `KIND:field=value,...`, values written as in YAML; commas inside brackets do not end one."""
    import yaml

    kind, _, rest = text.partition(":")
    tree = {"kind": kind}
    for part in re.split(r",(?![^\[]*\])", rest) if rest else ():
        name, separator, value = part.partition("=")
        if not separator or not name:
            raise SpecError(f"{option}: {part!r} in {text!r} is not a field; write KIND:field=value,field=value")
        try:
            tree[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise SpecError(f"{option}: {value!r} in {text!r} is not a value") from None
    return tree


@app.command()
def augment(
    transforms: Annotated[
        list[str], typer.Argument(metavar="NAME=P...", help="For example flip=0.3 other_rotation=0.75")
    ],
    picture: Picture = None,
) -> None:
    """Whether augmentations applied with some probability leak into what the generator learns."""
    from sparring.theory import report

    named = {}
    for text in transforms:
        name, separator, value = text.partition("=")
        if not separator:
            raise SpecError(f"{text!r} is not an augmentation: write its name and probability, for example flip=0.3")
        if name in named:
            raise SpecError(f"{name} is listed twice; give each augmentation one probability")
        named[name] = _number(name, value)
    _say(report.augment(named, picture))


@app.command()
def nce(
    ratio: Annotated[float, typer.Option(help="Noise samples for each datum.")] = 1.0,
    deviation: Annotated[float, typer.Option(help="Standard deviation of the noise.")] = 2.0,
    count: Annotated[int, typer.Option(min=10, help="Data samples.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Noise-contrastive estimation, the game's ancestor: a normalizing constant learned by classification."""
    from sparring.theory import report

    _say(report.nce(ratio, deviation, count, seed))


def _number(name: str, text: str) -> float:
    numbers = _numbers(name, text)
    if len(numbers) > 1:
        raise SpecError(f"{name}: got {text!r}; needs one number")
    return numbers[0]


def _numbers(name: str, text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise SpecError(f"{name}: got {text!r}; needs numbers with commas between, for example .5,.3,.2") from None


def _say(lines: list[str]) -> None:
    print("\n".join(lines))
