"""`spar theory`: the mathematics of GANs as numbers to print and pictures to look at."""

from pathlib import Path
from typing import Annotated

import typer

from sparring.errors import SpecError

app = typer.Typer(help="Run the theory: finite games, Dirac-GAN, augmentation, divergences.", no_args_is_help=True)

Picture = Annotated[Path | None, typer.Option(help="Write a picture here, as PNG.")]
Masses = Annotated[str, typer.Argument(metavar="P", help="The data's probabilities, for example .5,.3,.2")]
Generated = Annotated[str, typer.Argument(metavar="Q", help="The generator's probabilities.")]


@app.command()
def finite(p: Masses, q: Generated, picture: Picture = None) -> None:
    """The optimal discriminator, the game's value and every divergence between two distributions."""
    from sparring.theory import report

    _say(report.finite(_numbers("P", p), _numbers("Q", q), picture))


@app.command()
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
    loss: Annotated[str, typer.Argument(metavar="LOSS", help="A loss of the library, for example NonSaturating.")],
    penalty: Annotated[
        list[str] | None, typer.Option(help="A penalty; its fields follow a colon: R1:weight=0.3 (may be repeated).")
    ] = None,
    noise: Annotated[float, typer.Option(min=0, help="Standard deviation of instance noise.")] = 0.0,
    consensus: Annotated[float, typer.Option(min=0, help="Weight of consensus optimization.")] = 0.0,
    learning_rate: Annotated[float, typer.Option(help="Step size of gradient descent.")] = 0.2,
    steps: Annotated[int, typer.Option(min=1, max=100_000)] = 500,
    picture: Picture = None,
) -> None:
    """Eigenvalues and trajectories of Dirac-GAN under a loss and penalties of this library."""
    from sparring.losses import AdversarialLoss
    from sparring.penalties import Penalties
    from sparring.spec import Spec
    from sparring.theory import report

    class Cast(Spec):
        loss: AdversarialLoss
        penalties: Penalties = ()

    kinds = [text.partition(":") for text in penalty or ()]
    cast = Cast.read({"loss": loss, "penalties": [{"kind": kind, **_fields(rest)} for kind, _, rest in kinds]})
    _say(report.dirac(cast.loss, cast.penalties, noise, consensus, None, learning_rate, steps, picture=picture))


def _fields(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(",") if "=" in part)


@app.command()
def augment(
    transforms: Annotated[
        list[str], typer.Argument(metavar="NAME=P...", help="For example flip=0.3 other_rotations=0.75")
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
        named[name] = _numbers(name, value)[0]
    _say(report.augment(named, picture))


@app.command()
def nce(
    ratio: Annotated[float, typer.Option(help="Noise samples for each datum.")] = 1.0,
    deviation: Annotated[float, typer.Option(help="Standard deviation of the noise.")] = 2.0,
    count: Annotated[int, typer.Option(min=10, help="Data samples.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Noise-contrastive estimation, the game's ancestor: a normalizing constant learned by telling data from noise."""
    from sparring.theory import report

    _say(report.nce(ratio, deviation, count, seed))


def _numbers(name: str, text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise SpecError(f"{name}: got {text!r}; needs numbers with commas between, for example .5,.3,.2") from None


def _say(lines: list[str]) -> None:
    print("\n".join(lines))
