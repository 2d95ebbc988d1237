"""StyleGAN2 (Karras et al. 2020a) with adaptive augmentation (2020b), for a folder of one's own images."""

from sparring.augment import ADA, Composite
from sparring.data import Emoji, ImageFiles
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.network import Network
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator
from sparring.penalties import R1, PathLength
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training


def choose_gamma(height: int, width: int, batch: int) -> float:
    """Returns the weight of R1 that StyleGAN2-ADA's published settings give images of that many pixels.

    >>> round(choose_gamma(256, 256, 16), 4)
    0.8192
    """
    return 2e-4 * height * width / batch


def plan_game(
    generator: Network.Spec, discriminator: Network.Spec, latent: int, gamma: float, conditional: bool = False
) -> GAN.Spec:
    """Returns the game: non-saturating loss, R1 every 16 steps, path lengths every 4, ADA (2020b, appendix C)."""
    return GAN.Spec(
        generator=generator,
        discriminator=discriminator,
        prior=Gaussian(size=latent),
        penalties=(R1(weight=gamma, every=16),),
        generator_penalties=(PathLength(every=4),),
        augmentations=(Composite(), ADA()),
        conditional=conditional,
    )


def plan_training(
    images: int, batch: int, save_every: int = 100_000, learning_rate: float = 0.0025, half_life: int = 5_000
) -> Training:
    """Returns StyleGAN2-ADA's optimizers, and its average at batch 16: 5,000 images forget half of a weight.

    The authors slow Adam down by 16/17 and 4/5, since penalties are steps of their own there; here they are addends of
    a step's losses, so there is nothing to make up for.
    """
    adam = Adam(learning_rate=learning_rate, betas=(0.0, 0.99))
    return Training(
        images=images,
        batch=batch,
        optimizers={"discriminator": adam, "generator": adam},
        averages={"generator": Average(half_life=half_life)},
        checkpoints=Checkpoints(every=save_every),
    )


@register
def stylegan2() -> Recipe:
    """StyleGAN2-ADA (Karras et al. 2020) for a folder of your own images, at 64x64: an hour or more on two cores.

    Narrow networks, and what suits runs of a hundred thousand images instead of 25 million: R1 in every 8th step, and
    an augmentation that adapts sooner. There are no penalty on path lengths and no style mixing, as in the authors'
    settings for CIFAR-10 (2020b, appendix C).
    """
    side, batch = 64, 16
    generator = StyleGAN2Generator.Spec(channel_base=768, channel_max=128, width=128, mapping_layers=2, mixing=0)
    discriminator = StyleGAN2Discriminator.Spec(channel_base=768, channel_max=128)
    return Recipe(
        data=ImageFiles(size=side),
        game=GAN.Spec(
            generator=generator,
            discriminator=discriminator,
            prior=Gaussian(size=128),
            penalties=(R1(weight=0.05, every=8),),
            augmentations=(Composite(), ADA(images=100_000)),
        ),
        training=plan_training(400_000, batch, save_every=20_000),
        listening=Listening(samples_every=5_000, scores_every=50_000),
    )


@register
def stylegan2_emoji() -> Recipe:
    """StyleGAN2-ADA at 64x64 on 1,911 emoji of ten classes, without noise: an hour or more on two cores."""
    recipe = stylegan2().override(["generator.noisy=false", "conditional=true"])
    return recipe.model_copy(update={"data": Emoji(size=64, channels="rgb")})


@register
def stylegan2_256() -> Recipe:
    """StyleGAN2-ADA (Karras et al. 2020) for a folder of your own images, at 256x256 and batch 16: for a GPU.

    The settings are the published ones that follow the size of the images (`auto`). R1's weight is .0002 · height ·
    width / batch: for another size or batch set it anew, in `game.penalties`.
    """
    side, batch = 256, 16
    return Recipe(
        data=ImageFiles(size=side),
        game=plan_game(
            StyleGAN2Generator.Spec(mapping_layers=2),
            StyleGAN2Discriminator.Spec(),
            latent=512,
            gamma=choose_gamma(side, side, batch),
        ),
        training=plan_training(25_000_000, batch, save_every=200_000),
        listening=Listening(samples_every=50_000, scores_every=200_000),
    )
