"""pix2pix (Isola et al. 2017)."""

from sparring.data import Emoji, HoldOut, ImageFiles, Pairs, SideBySide
from sparring.games import Pix2Pix
from sparring.layers.normalization import InstanceNorm
from sparring.networks import PatchGAN, UNet
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.plan import Checkpoints, Training


@register
def pix2pix() -> Recipe:
    """pix2pix (Isola et al. 2017) at 256x256: 200 epochs of 400 pairs side by side, one a batch, Adam at 2e-4.

    Pairs are loaded at 286x286, cropped at random and flipped (sec. 6.2 of the paper). Batch normalization of a single
    image is `InstanceNorm`, in evaluation too. Both players move at once and share the generated image; the paper's
    generator moves after the discriminator: `order=[discriminator, generator]`.
    """
    return Recipe(
        data=SideBySide(images=ImageFiles(size=286, resize="stretch"), crop=256, mirror=True),
        game=Pix2Pix.Spec(
            order=(("generator", "discriminator"),),
            generator=UNet.Spec(normalization=InstanceNorm()),
            discriminator=PatchGAN.Spec(normalization=InstanceNorm()),
        ),
        training=Training(images=80_000, batch=1, averages={}),
        listening=Listening(samples_every=8_000, scores_every=8_000, sample_count=16, score_count=100),
    )


@register
def pix2pix_emoji() -> Recipe:
    """A small pix2pix from Google's to Twitter's emoji at 32x32, a tenth held out: minutes on two cores."""
    return Recipe(
        data=HoldOut(
            of=Pairs(
                source=Emoji(style="google", size=32, channels="rgb"),
                target=Emoji(style="twitter", size=32, channels="rgb"),
            )
        ),
        game=Pix2Pix.Spec(generator=UNet.Spec(width=32), discriminator=PatchGAN.Spec(width=32, field=16)),
        training=Training(
            images=40_000,
            batch=16,
            averages={"generator": Average(half_life=2_000)},
            record_every=2_000,
            checkpoints=Checkpoints(every=20_000, by="l1"),
        ),
        listening=Listening(samples_every=10_000, scores_every=10_000, sample_count=40, score_count=100),
    )
