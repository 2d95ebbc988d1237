"""CycleGANs (Zhu et al. 2017)."""

from sparring.data import Emoji, ImageFiles, Unpaired
from sparring.games import CycleGAN
from sparring.layers.normalization import InstanceNorm, LayerNorm
from sparring.networks import PatchGAN, ResNetTranslator
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training

_ZEBRAS = 1_334
"""Images of the larger domain of the paper's horse2zebra, which make an epoch."""


@register
def cyclegan_emoji() -> Recipe:
    """A small CycleGAN between Google's and Twitter's emoji at 32x32, unpaired, a tenth held out: 15 minutes."""
    adam = Adam(learning_rate=5e-4)
    return Recipe(
        data=Unpaired(
            a=Emoji(style="google", size=32, channels="rgb", split="train"),
            b=Emoji(style="twitter", size=32, channels="rgb", split="train"),
        ),
        game=CycleGAN.Spec(
            generator=ResNetTranslator.Spec(width=16, blocks=4, normalization=LayerNorm()),
            discriminator=PatchGAN.Spec(width=48, field=16, normalization=InstanceNorm()),
            cycle_weight=4.0,
            identity_weight=2.0,
        ),
        training=Training(
            images=24_000,
            batch=4,
            optimizers={"discriminators": adam, "generators": adam},
            averages={"generators": Average(half_life=1_000)},
            final_rate=0.05,
            record_every=1_000,
            checkpoints=Checkpoints(every=10_000),
        ),
        listening=Listening(samples_every=4_000, scores_every=4_000, sample_count=40, score_count=500),
    )


@register
def cyclegan() -> Recipe:
    """CycleGAN (Zhu et al. 2017) at 256x256: 200 epochs, one image a batch, Adam at 2e-4 that falls over the last 100.

    Images are loaded at 286x286, cut at random and flipped. An epoch is as long as that of horse2zebra; for other data
    set `images`. The published learning rate falls along a straight line, to nothing.
    """
    adam = Adam(learning_rate=2e-4)
    side = ImageFiles(size=286, resize="stretch", channels="rgb")
    return Recipe(
        data=Unpaired(a=side, b=side, crop=256, mirror=True),
        game=CycleGAN.Spec(),
        training=Training(
            images=200 * _ZEBRAS,
            batch=1,
            optimizers={"discriminators": adam, "generators": adam},
            averages={},
            final_rate=0.01,
            decay_after=0.5,
            checkpoints=Checkpoints(every=20_000),
        ),
        listening=Listening(samples_every=5_000, scores_every=20_000, sample_count=16, score_count=100),
    )
