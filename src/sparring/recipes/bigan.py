"""BiGAN and ALI: generators with an encoder."""

from sparring.data import Digits, ImageFiles
from sparring.games import BiGAN
from sparring.latents import Gaussian, Stochastic
from sparring.networks import DCGANDiscriminator, DCGANGenerator, Joint
from sparring.penalties import R1
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training


@register
def bigan() -> Recipe:
    """BiGAN (Donahue et al. 2017): a deterministic encoder, DCGAN's networks, Adam at 2e-4."""
    return Recipe(data=ImageFiles(), game=BiGAN.Spec())


@register
def ali() -> Recipe:
    """ALI (Dumoulin et al. 2017): BiGAN with a stochastic encoder."""
    return Recipe(data=ImageFiles(), game=BiGAN.Spec(encoding=Stochastic()))


@register
def bigan_digits() -> Recipe:
    """A small BiGAN with R1 on scikit-learn's handwritten digits at 16x16: minutes on two cores."""
    return Recipe(
        data=Digits(),
        game=BiGAN.Spec(
            generator=DCGANGenerator.Spec(width=32),
            encoder=DCGANDiscriminator.Spec(width=32),
            discriminator=Joint(sample=DCGANDiscriminator.Spec(width=32)),
            prior=Gaussian(size=16),
            penalties=(R1(weight=1.0),),
        ),
        training=Training(
            images=150_000,
            optimizers={"discriminator": Adam(learning_rate=5e-4), "generator": Adam(learning_rate=1e-3)},
            averages={"generator": Average(half_life=5_000)},
            checkpoints=Checkpoints(every=40_000),
        ),
        listening=Listening(samples_every=10_000, scores_every=50_000),
    )
