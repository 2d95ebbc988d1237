"""Games with classes: conditional GANs, AC-GAN, and semi-supervised classification."""

from sparring.data import MNIST, Digits, ImageFiles, PartlyLabelled
from sparring.games import ACGAN, GAN, SemiSupervised
from sparring.latents import Gaussian
from sparring.layers.conditioning import ConditionalBatchNorm, Projection
from sparring.layers.normalization import NoNorm, SpectralNorm
from sparring.losses import Hinge
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.penalties import R1
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training


@register
def conditional_digits() -> Recipe:
    """A conditional GAN of digits at 16x16, by conditional batch norm and projection: minutes on two cores."""
    return Recipe(
        data=Digits(),
        game=GAN.Spec(
            conditional=True,
            generator=DCGANGenerator.Spec(width=32, conditioning=ConditionalBatchNorm()),
            discriminator=DCGANDiscriminator.Spec(width=32, conditioning=Projection()),
            prior=Gaussian(size=64),
            penalties=(R1(weight=1.0),),
        ),
        training=_trained(150_000, "generator"),
        listening=_often(),
    )


@register
def conditional() -> Recipe:
    """SNGAN with conditional batch norm and the projection discriminator (Miyato & Koyama 2018), DCGAN's networks."""
    return Recipe(
        data=ImageFiles(),
        game=GAN.Spec(
            conditional=True,
            generator=DCGANGenerator.Spec(conditioning=ConditionalBatchNorm()),
            discriminator=DCGANDiscriminator.Spec(
                normalization=NoNorm(), reparametrization=SpectralNorm(), conditioning=Projection()
            ),
            losses=Hinge(),
        ),
    )


@register
def acgan_digits() -> Recipe:
    """A small AC-GAN of digits at 16x16: minutes on two cores."""
    return Recipe(
        data=Digits(),
        game=ACGAN.Spec(
            generator=DCGANGenerator.Spec(width=32),
            discriminator=DCGANDiscriminator.Spec(width=32),
            prior=Gaussian(size=64),
            penalties=(R1(weight=1.0),),
        ),
        training=_trained(150_000, "generator"),
        listening=_often(),
    )


@register
def acgan() -> Recipe:
    """AC-GAN (Odena et al. 2017): a discriminator that also classifies, with DCGAN's networks."""
    return Recipe(data=ImageFiles(), game=ACGAN.Spec(prior=Gaussian(size=110)))


@register
def semi_supervised_digits() -> Recipe:
    """A classifier of digits at 16x16 from 100 labels and a generator's help: minutes on two cores."""
    return Recipe(
        data=PartlyLabelled(of=Digits()),
        game=_semi_supervised(width=16),
        training=_trained(300_000, "discriminator", "generator", learning_rate=3e-4),
        listening=_often(),
    )


@register
def semi_supervised() -> Recipe:
    """A classifier of MNIST from 100 labels and feature matching (Salimans et al. 2016), with DCGAN's networks."""
    return Recipe(
        data=PartlyLabelled(of=MNIST()),
        game=_semi_supervised(width=64),
        training=_trained(2_000_000, "discriminator", "generator", learning_rate=3e-4),
    )


def _semi_supervised(width: int) -> SemiSupervised.Spec:
    return SemiSupervised.Spec(
        generator=DCGANGenerator.Spec(width=width),
        discriminator=DCGANDiscriminator.Spec(width=width),
        prior=Gaussian(size=64),
        penalties=(R1(weight=1.0),),
    )


def _trained(images: int, *averaged: str, learning_rate: float = 2e-4) -> Training:
    return Training(
        images=images,
        optimizers={team: Adam(learning_rate=learning_rate) for team in ("discriminator", "generator")},
        averages={team: Average(half_life=5_000) for team in averaged},
        checkpoints=Checkpoints(every=40_000),
    )


def _often() -> Listening:
    return Listening(samples_every=10_000, scores_every=20_000)
