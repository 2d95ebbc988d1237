"""Toy worlds: seconds to train, and the truth is known."""

from sparring.data import Checkerboard, Grid, Line, Ring, StackedDigits, SwissRoll, TwoMoons
from sparring.data.catalog.worlds import World
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.losses import Relativistic
from sparring.networks import MLP
from sparring.penalties import R1, R2
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training


def toy(world: World, images: int = 4_000_000, batch: int = 100, rate: float = 4e-3, penalty: float = 0.1) -> Recipe:
    """Returns perceptrons on `world` with R3GAN's objective: relativistic pairs, R1 and R2 (Huang et al. 2024)."""
    adam = Adam(learning_rate=rate, betas=(0.0, 0.99))
    return Recipe(
        data=world,
        game=GAN.Spec(
            generator=MLP.Spec(width=64, depth=4),
            discriminator=MLP.Spec(width=64, depth=3),
            prior=Gaussian(size=2),
            losses=Relativistic(),
            penalties=(R1(weight=penalty), R2(weight=penalty)),
        ),
        training=Training(
            images=images,
            batch=batch,
            optimizers={"discriminator": adam, "generator": adam},
            averages={"generator": Average(half_life=50_000)},
            final_rate=0.01,
            recorded=True,
            threads=1,
            record_every=20_000,
            checkpoints=Checkpoints(every=1_000_000),
        ),
        listening=Listening(samples_every=100_000, sample_count=1_000, scores_every=100_000, score_count=2_500),
    )


@register
def ring() -> Recipe:
    """Eight Gaussians on a circle (PacGAN's protocol), relativistic with R1 and R2: a minute."""
    return toy(Ring(), images=2_500_000, batch=64, rate=2e-3, penalty=1.0)


@register
def grid() -> Recipe:
    """Twenty-five Gaussians on a grid (PacGAN's protocol), relativistic with R1 and R2: a minute."""
    return toy(Grid())


@register
def stacked_digits() -> Recipe:
    """Three digits as the channels of an image, a thousand modes, relativistic with R1 and R2: minutes."""
    adam = Adam(learning_rate=5e-4, betas=(0.0, 0.99))
    plain = toy(Ring(), images=3_000_000)
    game = GAN.Spec(
        generator=MLP.Spec(width=256, depth=3),
        discriminator=MLP.Spec(width=256, depth=3),
        prior=Gaussian(size=64),
        losses=Relativistic(),
        penalties=(R1(weight=1.0), R2(weight=1.0)),
    )
    training = plain.training.model_copy(
        update={"batch": 128, "optimizers": {"discriminator": adam, "generator": adam}}
    )
    listening = Listening(samples_every=200_000, scores_every=200_000)
    return plain.model_copy(
        update={"data": StackedDigits(), "game": game, "training": training, "listening": listening}
    )


@register
def swiss_roll() -> Recipe:
    """A spiral, relativistic with R1 and R2."""
    return toy(SwissRoll(), images=1_000_000)


@register
def two_moons() -> Recipe:
    """Two interleaving half circles, relativistic with R1 and R2."""
    return toy(TwoMoons(), images=1_000_000)


@register
def checkerboard() -> Recipe:
    """Uniform on the black fields of a board, relativistic with R1 and R2."""
    return toy(Checkerboard(), images=2_000_000)


@register
def line() -> Recipe:
    """Three Gaussians in one dimension, relativistic with R1 and R2."""
    return toy(Line(), images=1_000_000)
