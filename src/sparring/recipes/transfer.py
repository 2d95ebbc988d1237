"""From labels in one domain to another that has none: DANN and ADDA."""

from sparring.data import MNIST, Digits, Domains, HoldOut, ImageFiles
from sparring.games import ADDA, DANN
from sparring.layers.normalization import LayerNorm
from sparring.networks import DCGANDiscriminator
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.spec.schedule import Logistic
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training

_IMAGES, _FULL = 200_000, 5_000_000


@register
def dann_digits() -> Recipe:
    """DANN (Ganin et al. 2016) from MNIST with labels to scikit-learn's digits without, at 16x16: minutes."""
    return Recipe(
        data=_digits(),
        game=DANN.Spec(encoder=_encoder(), strength=Logistic(start=0, end=1, images=_IMAGES)),
        training=_trained(_IMAGES, learner=5e-4),
        listening=_listening(),
    )


@register
def dann() -> Recipe:
    """DANN (Ganin et al. 2016) between two folders of images, with the body of DCGAN's discriminator as encoder."""
    encoder = DCGANDiscriminator.Spec(normalization=LayerNorm())
    return Recipe(
        data=_folders(),
        game=DANN.Spec(encoder=encoder, embedding=256, strength=Logistic(start=0, end=1, images=_FULL)),
        training=_trained(_FULL, learner=5e-4),
        listening=_listening(),
    )


@register
def adda_digits() -> Recipe:
    """ADDA (Tzeng et al. 2017) from MNIST with labels to scikit-learn's digits without, at 16x16: minutes."""
    return Recipe(
        data=_digits(),
        game=ADDA.Spec(encoder=_encoder(), pretraining=_IMAGES * 3 // 4),
        training=_trained(_IMAGES, discriminator=5e-4, source=5e-4, target=2e-4),
        listening=_listening(),
    )


@register
def adda() -> Recipe:
    """ADDA (Tzeng et al. 2017) between two folders of images, with the body of DCGAN's discriminator as encoder."""
    encoder = DCGANDiscriminator.Spec(normalization=LayerNorm())
    return Recipe(
        data=_folders(),
        game=ADDA.Spec(encoder=encoder, embedding=256, pretraining=_FULL * 3 // 4),
        training=_trained(_FULL, discriminator=5e-4, source=5e-4, target=2e-4),
        listening=_listening(),
    )


def _digits() -> Domains:
    return Domains(source=MNIST(size=16, margin=1), target=HoldOut(of=Digits(size=16), share=0.2))


def _folders() -> Domains:
    return Domains(source=ImageFiles(), target=HoldOut(of=ImageFiles(), share=0.2))


def _encoder() -> DCGANDiscriminator.Spec:
    return DCGANDiscriminator.Spec(width=16, normalization=LayerNorm())


def _trained(images: int, **rates: float) -> Training:
    return Training(
        images=images,
        batch=128,
        optimizers={team: Adam(learning_rate=rate) for team, rate in rates.items()},
        averages={},
        final_rate=0.01,
        checkpoints=Checkpoints(every=images // 4, by="accuracy"),
    )


def _listening() -> Listening:
    return Listening(samples_every=50_000, sample_count=1_000, scores_every=10_000)
