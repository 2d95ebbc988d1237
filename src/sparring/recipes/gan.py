"""The first GAN: multilayer perceptrons (Goodfellow et al. 2014)."""

from sparring.data import Digits
from sparring.games import GAN
from sparring.latents import Uniform
from sparring.networks import MLP
from sparring.recipes.registry import register
from sparring.recipes.schema import Recipe
from sparring.training.plan import Training


@register
def gan() -> Recipe:
    """Perceptrons against each other on the digits, as the first GAN was played (Goodfellow et al. 2014)."""
    return Recipe(
        data=Digits(),
        game=GAN.Spec(
            generator=MLP.Spec(width=512, slope=0.0),
            discriminator=MLP.Spec(width=512, dropout=0.3),
            prior=Uniform(size=100),
        ),
        training=Training(images=400_000),
    )
