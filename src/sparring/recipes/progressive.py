"""Progressive growing (Karras et al. 2018), and the first StyleGAN (2019), which grows so too."""

from sparring.augment import ADA, Composite
from sparring.data import Emoji, ImageFiles
from sparring.games import Progressive
from sparring.latents import Gaussian
from sparring.losses import Wasserstein
from sparring.networks import ProgressiveDiscriminator, ProgressiveGenerator, StyleGANGenerator
from sparring.penalties import R1, Drift, GradientPenalty
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.recipes.stylegan2 import plan_training

CUBIC = (1.0, 3.0, 3.0, 1.0)
"""Doubling or halving by pairs, then StyleGAN's binomial filter [1, 2, 1] (Karras et al. 2019, sec. 2.1)."""


RATE, HALF_LIFE = 0.001, 11_000
"""Adam's learning rate, and the average's half-life: .999 of it stays after a batch of 16 (2018, appendix A.1)."""


@register
def progressive() -> Recipe:
    """Progressive GAN (Karras et al. 2018) for a folder of your own images, 4x4 to 128x128: for a GPU.

    800,000 images at 4x4, and of each later size as many while its layers fade in and as many after that; WGAN-GP.
    """
    return Recipe(
        data=ImageFiles(size=128),
        game=Progressive.Spec(prior=Gaussian(size=512), losses=Wasserstein(), penalties=(GradientPenalty(), Drift())),
        training=plan_training(8_800_000, 16, 200_000, RATE, HALF_LIFE),
        listening=Listening(samples_every=50_000, scores_every=200_000),
    )


@register
def stylegan() -> Recipe:
    """StyleGAN (Karras et al. 2019) for a folder of your own images, 8x8 to 256x256: for a GPU.

    Batches and learning rates are those of the authors' code on one and on eight GPUs.
    """
    return Recipe(
        data=ImageFiles(size=256),
        game=Progressive.Spec(
            generator=StyleGANGenerator.Spec(),
            discriminator=ProgressiveDiscriminator.Spec(taps=CUBIC),
            prior=Gaussian(size=512),
            penalties=(R1(weight=10),),
            smallest=8,
            batches={32: 64, 64: 32, 128: 16, 256: 8},
            rates={128: 1.5, 256: 2, 512: 3},
        ),
        training=plan_training(6_600_000, 128, 200_000, RATE, HALF_LIFE),
        listening=Listening(samples_every=50_000, scores_every=200_000),
    )


@register
def progressive_emoji() -> Recipe:
    """A small Progressive GAN on emoji of ten classes, 4x4 to 64x64: an hour or more on two cores."""
    return Recipe(
        data=Emoji(size=64, channels="rgb"),
        game=Progressive.Spec(
            generator=ProgressiveGenerator.Spec(channel_base=768, channel_max=128),
            discriminator=ProgressiveDiscriminator.Spec(channel_base=768, channel_max=128),
            prior=Gaussian(size=128),
            losses=Wasserstein(),
            penalties=(GradientPenalty(), Drift()),
            conditional=True,
            batches={32: 16},
        ),
        training=plan_training(400_000, 32, 20_000, RATE, HALF_LIFE),
        listening=Listening(samples_every=5_000, scores_every=50_000),
    )


@register
def stylegan_emoji() -> Recipe:
    """A small StyleGAN on emoji of ten classes, 8x8 to 64x64: an hour or more on two cores.

    With what came after it, ADA and StyleGAN2's learning rate: the discriminator runs ahead otherwise.
    """
    return Recipe(
        data=Emoji(size=64, channels="rgb"),
        game=Progressive.Spec(
            generator=StyleGANGenerator.Spec(channel_base=768, channel_max=128, width=128, mapping_layers=2, mixing=0),
            discriminator=ProgressiveDiscriminator.Spec(channel_base=768, channel_max=128, taps=CUBIC),
            prior=Gaussian(size=128),
            penalties=(R1(weight=1),),
            augmentations=(Composite(), ADA(images=100_000)),
            conditional=True,
            smallest=8,
            batches={32: 16},
        ),
        training=plan_training(400_000, 32, 20_000, half_life=HALF_LIFE),
        listening=Listening(samples_every=5_000, scores_every=50_000),
    )
