"""Flow-GAN: invertible generators, adversarially, by likelihood, and by both (Grover et al. 2018)."""

from sparring.data import Digits, HoldOut, ImageFiles
from sparring.games import FlowGAN
from sparring.layers.normalization import LayerNorm
from sparring.losses import Relativistic, Wasserstein
from sparring.network import Network
from sparring.networks import MLP, DCGANDiscriminator, RealNVP
from sparring.penalties import R1, R2, GradientPenalty
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.averages import Average
from sparring.training.optimizers import Adam, Optimizer
from sparring.training.plan import Checkpoints, Training

_LEVELS = 17
"""Of the digits as they were published, at 8x8."""


@register
def flow_gan_digits() -> Recipe:
    """A small Real NVP on the digits at 8x8, by likelihood and against a perceptron: minutes on two cores."""
    spec = FlowGAN.Spec(
        generator=_small(),
        discriminator=MLP.Spec(width=256),
        levels=_LEVELS,
        losses=Relativistic(),
        penalties=(R1(weight=0.1), R2(weight=0.1)),
    )
    against = Adam(learning_rate=1e-3, betas=(0.0, 0.99))
    return _digits(spec, {"discriminator": against, "generator": _adam()})


@register
def flow_digits() -> Recipe:
    """The flow of flow-gan-digits by likelihood alone, without a discriminator: minutes on two cores."""
    spec = FlowGAN.Spec(order=("generator",), generator=_small(), discriminator=None, levels=_LEVELS)
    return _digits(spec, {"generator": _adam()})


def _small() -> Network.Spec:
    return RealNVP.Spec(width=16, blocks=1)


def _adam() -> Adam:
    return Adam(learning_rate=1e-3, betas=(0.5, 0.99))


def _digits(game: FlowGAN.Spec, optimizers: dict[str, Optimizer]) -> Recipe:
    return Recipe(
        data=HoldOut(of=Digits(size=8)),
        game=game,
        training=Training(
            images=80_000,
            optimizers=optimizers,
            averages={"generator": Average(half_life=5_000)},
            final_rate=0.01,
            clip_gradient=1.0,
            layout="contiguous",
            checkpoints=Checkpoints(every=20_000),
        ),
        listening=Listening(samples_every=20_000, sample_count=100, scores_every=20_000),
    )


@register
def flow_gan() -> Recipe:
    """Flow-GAN (Grover et al. 2018): Real NVP and a WGAN-GP critic, five critic moves, Adam(1e-4, 0.5, 0.9)."""
    adam = Adam(learning_rate=1e-4, betas=(0.5, 0.9))
    return Recipe(
        data=HoldOut(of=ImageFiles()),
        game=FlowGAN.Spec(
            order=("discriminator",) * 5 + ("generator",),
            generator=RealNVP.Spec(width=64, blocks=8),
            discriminator=DCGANDiscriminator.Spec(normalization=LayerNorm()),
            losses=Wasserstein(),
            penalties=(GradientPenalty(),),
        ),
        training=Training(
            images=5_000_000,
            optimizers={"discriminator": adam, "generator": adam},
            averages={"generator": Average(half_life=50_000)},
            final_rate=0.01,
            clip_gradient=1.0,
        ),
    )
