"""VAE-GANs (Larsen et al. 2016)."""

from sparring.data import Digits, ImageFiles
from sparring.games import VAEGAN
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.penalties import R1
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam, RMSprop
from sparring.training.plan import Checkpoints, Training


@register
def vaegan_digits() -> Recipe:
    """A small VAE-GAN with R1 on scikit-learn's handwritten digits at 16x16: minutes on two cores."""
    adam = Adam(learning_rate=5e-4)
    return Recipe(
        data=Digits(split="train"),
        game=VAEGAN.Spec(
            encoder=DCGANDiscriminator.Spec(width=32),
            decoder=DCGANGenerator.Spec(width=32),
            discriminator=DCGANDiscriminator.Spec(width=32),
            size=16,
            penalties=(R1(weight=1.0),),
            similarity_weight=1e-2,
        ),
        training=Training(
            images=150_000,
            optimizers={"decoder": adam, "discriminator": adam, "encoder": adam},
            averages={"decoder": Average(half_life=5_000), "encoder": Average(half_life=5_000)},
            final_rate=0.05,
            record_every=10_000,
            checkpoints=Checkpoints(every=100_000),
        ),
        listening=Listening(samples_every=50_000, sample_count=100, scores_every=50_000),
    )


@register
def vaegan() -> Recipe:
    """VAE-GAN (Larsen et al. 2016) with DCGAN's networks: 128 numbers a latent, RMSprop at 3e-4."""
    rmsprop = RMSprop(learning_rate=3e-4)
    return Recipe(
        data=ImageFiles(),
        game=VAEGAN.Spec(),
        training=Training(
            images=5_000_000,
            optimizers={"decoder": rmsprop, "discriminator": rmsprop, "encoder": rmsprop},
            averages={"decoder": Average(), "encoder": Average()},
        ),
    )
