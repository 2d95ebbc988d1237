"""InfoGAN: classes and styles learned without labels."""

from sparring.data import Digits, ImageFiles
from sparring.games import InfoGAN
from sparring.latents import Categorical, Continuous, Gaussian
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.penalties import R1
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training

RATES = {"discriminator": Adam(learning_rate=2e-4), "generator": Adam(learning_rate=1e-3)}
"""The published learning rates (Chen et al. 2016, appendix C)."""


@register
def infogan() -> Recipe:
    """InfoGAN (Chen et al. 2016) as on MNIST: ten categories, two continuous codes, 62 numbers of noise."""
    return Recipe(data=ImageFiles(), game=InfoGAN.Spec(), training=Training(optimizers=RATES))


@register
def infogan_digits() -> Recipe:
    """A small InfoGAN on scikit-learn's handwritten digits at 16x16: finds the ten classes in minutes on two cores."""
    return Recipe(
        data=Digits(),
        game=InfoGAN.Spec(
            generator=DCGANGenerator.Spec(width=32),
            discriminator=DCGANDiscriminator.Spec(width=32),
            noise=Gaussian(size=16),
            # Categories match classes where those are the largest variation: a large code and little noise.
            codes=(Categorical(size=10, scale=5.0), Continuous(size=2, deviation=1.0, weight=0.1)),
            penalties=(R1(weight=1.0),),
        ),
        training=Training(
            images=120_000,
            optimizers=RATES,
            averages={"generator": Average(half_life=5_000)},
            checkpoints=Checkpoints(every=40_000),
        ),
        listening=Listening(samples_every=10_000, scores_every=20_000),
    )
