"""DCGAN and its variants by objective: the same convolutional networks under other rules."""

from sparring.data import Digits, ImageFiles
from sparring.games import GAN
from sparring.latents import Gaussian, Uniform
from sparring.layers.normalization import LayerNorm, NoNorm, SpectralNorm
from sparring.losses import Hinge, LeastSquares, Wasserstein
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.penalties import R1, GradientPenalty, WeightClipping
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam, Optimizer, RMSprop
from sparring.training.plan import Checkpoints, Training


@register
def dcgan() -> Recipe:
    """DCGAN (Radford et al. 2016): non-saturating loss, batch normalization, Adam at 2e-4."""
    return Recipe(
        data=ImageFiles(),
        game=GAN.Spec(prior=Uniform(size=100)),
        training=Training(batch=128),
    )


@register
def digits() -> Recipe:
    """A small DCGAN with R1 on scikit-learn's handwritten digits at 16x16: minutes on two cores."""
    return Recipe(
        data=Digits(),
        game=GAN.Spec(
            generator=DCGANGenerator.Spec(width=32),
            discriminator=DCGANDiscriminator.Spec(width=32),
            prior=Gaussian(size=64),
            penalties=(R1(weight=1.0),),
        ),
        training=Training(
            images=300_000, averages={"generator": Average(half_life=5_000)}, checkpoints=Checkpoints(every=40_000)
        ),
        listening=Listening(samples_every=10_000, scores_every=20_000),
    )


@register
def lsgan() -> Recipe:
    """Least-squares GAN (Mao et al. 2017) with DCGAN's networks; labels 0 and 1."""
    return Recipe(data=ImageFiles(), game=GAN.Spec(losses=LeastSquares(a=0.0, b=1.0, c=1.0)))


def five_moves(optimizer: Optimizer) -> Training:
    """Returns a plan for games whose critic moves five times: a step shows 320 images, and a run more images in all."""
    return Training(
        images=5_000_000,
        optimizers={"discriminator": optimizer, "generator": optimizer},
        averages={"generator": Average(half_life=50_000)},
    )


@register
def wgan() -> Recipe:
    """Wasserstein GAN (Arjovsky et al. 2017): weights clipped to ±0.01, five critic moves to one, RMSprop at 5e-5."""
    return Recipe(
        data=ImageFiles(),
        game=GAN.Spec(
            order=("discriminator",) * 5 + ("generator",),
            losses=Wasserstein(),
            projections=(WeightClipping(),),
        ),
        training=five_moves(RMSprop()),
    )


@register
def wgan_gp() -> Recipe:
    """WGAN with gradient penalty (Gulrajani et al. 2017): λ = 10, five critic moves, Adam(1e-4, 0, 0.9)."""
    return Recipe(
        data=ImageFiles(),
        game=GAN.Spec(
            order=("discriminator",) * 5 + ("generator",),
            discriminator=DCGANDiscriminator.Spec(normalization=LayerNorm()),
            losses=Wasserstein(),
            penalties=(GradientPenalty(),),
        ),
        training=five_moves(Adam(learning_rate=1e-4, betas=(0.0, 0.9))),
    )


@register
def sngan() -> Recipe:
    """Spectral normalization and the hinge loss (Miyato et al. 2018, setting C) with DCGAN's networks."""
    return Recipe(
        data=ImageFiles(),
        game=GAN.Spec(
            discriminator=DCGANDiscriminator.Spec(normalization=NoNorm(), reparametrization=SpectralNorm()),
            losses=Hinge(),
        ),
    )
