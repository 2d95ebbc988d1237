"""BEGAN: an autoencoder as the discriminator."""

from sparring.data import Digits, ImageFiles
from sparring.games import BEGAN
from sparring.latents import Uniform
from sparring.layers.normalization import NoNorm
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training

RATES = {"discriminator": Adam(learning_rate=1e-4), "generator": Adam(learning_rate=1e-4)}
"""The published learning rates (Berthelot et al. 2017, sec. 4.1)."""


@register
def began() -> Recipe:
    """BEGAN (Berthelot et al. 2017): balanced errors of an autoencoder, Adam at 1e-4."""
    return Recipe(data=ImageFiles(), game=BEGAN.Spec(), training=Training(batch=16, optimizers=RATES))


@register
def began_digits() -> Recipe:
    """A small BEGAN on scikit-learn's handwritten digits at 16x16: minutes on two cores."""
    adam = Adam(learning_rate=5e-4)
    return Recipe(
        data=Digits(),
        game=BEGAN.Spec(
            generator=DCGANGenerator.Spec(width=32, normalization=NoNorm()),
            discriminator=DCGANDiscriminator.Spec(width=32, normalization=NoNorm()),
            decoder=DCGANGenerator.Spec(width=32, normalization=NoNorm()),
            prior=Uniform(size=32),
            hidden=32,
            diversity=0.8,
            rate=1.0,  # in a short run k has few steps to rise, and at the published .001 all samples become one
        ),
        training=Training(
            images=200_000,
            batch=32,
            optimizers={"discriminator": adam, "generator": adam},
            averages={"generator": Average(half_life=5_000)},
            checkpoints=Checkpoints(every=40_000),
        ),
        listening=Listening(samples_every=10_000, scores_every=20_000),
    )
