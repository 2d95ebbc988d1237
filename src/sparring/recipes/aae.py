"""Adversarial autoencoders (Makhzani et al. 2016)."""

from sparring.data import Digits, ImageFiles, PartlyLabelled
from sparring.games import AAE, SemiSupervisedAAE
from sparring.latents import Gaussian
from sparring.networks import MLP, DCGANDiscriminator, DCGANGenerator
from sparring.penalties import R1
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training


@register
def aae_digits() -> Recipe:
    """Digits whose codes in the plane look like a Gaussian's draws (Makhzani et al. 2016): minutes on two cores."""
    adam = Adam(learning_rate=5e-4)
    return Recipe(
        data=Digits(split="train"),
        game=AAE.Spec(
            encoder=DCGANDiscriminator.Spec(width=32),
            decoder=DCGANGenerator.Spec(width=32),
            discriminator=MLP.Spec(width=256),
            prior=Gaussian(size=2),
            penalties=(R1(weight=0.1),),
            reconstruction_weight=3.0,
        ),
        training=Training(
            images=300_000,
            batch=128,
            optimizers={"autoencoder": adam, "discriminator": adam},
            averages={"autoencoder": Average(half_life=10_000)},
            final_rate=0.05,
            record_every=10_000,
            checkpoints=Checkpoints(every=100_000),
        ),
        listening=Listening(samples_every=50_000, sample_count=400, scores_every=50_000),
    )


@register
def semi_supervised_aae_digits() -> Recipe:
    """Classes and styles of digits from 100 labels (Makhzani et al. 2016): minutes on two cores."""
    adam = Adam(learning_rate=5e-4)
    return Recipe(
        data=PartlyLabelled(of=Digits()),
        game=SemiSupervisedAAE.Spec(
            encoder=DCGANDiscriminator.Spec(width=32),
            decoder=DCGANGenerator.Spec(width=32),
            prior=Gaussian(size=8),
            penalties=(R1(weight=0.1),),
        ),
        training=Training(
            images=200_000,
            batch=128,
            optimizers={"autoencoder": adam, "discriminators": adam},
            averages={"autoencoder": Average(half_life=10_000)},
            final_rate=0.05,
            record_every=10_000,
            checkpoints=Checkpoints(every=100_000),
        ),
        listening=Listening(samples_every=50_000, sample_count=100, scores_every=50_000),
    )


@register
def semi_supervised_aae() -> Recipe:
    """Classes and styles of partly labelled images (Makhzani et al. 2016), with DCGAN's networks."""
    return Recipe(
        data=PartlyLabelled(of=ImageFiles()),
        game=SemiSupervisedAAE.Spec(
            style=MLP.Spec(width=1000),
            sort=MLP.Spec(width=1000),
            prior=Gaussian(size=64),
            penalties=(R1(weight=0.1),),
        ),
        training=Training(
            images=5_000_000,
            batch=128,
            optimizers={"autoencoder": Adam(), "discriminators": Adam()},
            averages={"autoencoder": Average()},
        ),
    )


@register
def aae() -> Recipe:
    """An adversarial autoencoder of images with 128 numbers a code (Makhzani et al. 2016) and DCGAN's networks."""
    return Recipe(
        data=ImageFiles(),
        game=AAE.Spec(
            discriminator=MLP.Spec(width=1000),
            prior=Gaussian(size=128),
            penalties=(R1(weight=0.1),),
        ),
        training=Training(
            images=5_000_000,
            batch=128,
            optimizers={"autoencoder": Adam(), "discriminator": Adam()},
            averages={"autoencoder": Average()},
        ),
    )
