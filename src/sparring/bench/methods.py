"""The methods and worlds of the toy table: the same networks, optimizers and images, other objectives."""

from collections.abc import Callable

from sparring.adversary import Penalty
from sparring.errors import SpecError
from sparring.games import GAN
from sparring.losses import AdversarialLoss, NonSaturating, Relativistic, Wasserstein
from sparring.networks import Packed
from sparring.penalties import R1, R2, GradientPenalty
from sparring.recipes.registry import recipe as find_recipe
from sparring.recipes.schema import Listening, Recipe

Method = Callable[[GAN.Spec], GAN.Spec]
"""Changes the objectives; the networks stay the same, except for packing."""


def _with(losses: AdversarialLoss, penalties: Callable[[GAN.Spec], tuple[Penalty, ...]]) -> Method:
    return lambda game: game.model_copy(update={"losses": losses, "penalties": penalties(game)})


def _packed(game: GAN.Spec) -> GAN.Spec:
    packed = Packed.Spec(of=game.discriminator, count=2)
    return game.model_copy(update={"losses": NonSaturating(), "penalties": (), "discriminator": packed})


def _centered(game: GAN.Spec) -> tuple[Penalty, ...]:
    return tuple(penalty for penalty in game.penalties if isinstance(penalty, R1 | R2))


METHODS: dict[str, Method] = {
    "GAN": _with(NonSaturating(), lambda game: ()),
    "PacGAN2": _packed,
    "WGAN-GP": _with(Wasserstein(), lambda game: (GradientPenalty(),)),
    "GAN + R1 + R2": _with(NonSaturating(), _centered),
    "RpGAN + R1 + R2": _with(Relativistic(), _centered),
}
"""Goodfellow et al. 2014; Lin et al. 2018; Gulrajani et al. 2017, with one critic move; Mescheder et al. 2018; and
Huang et al. 2024."""

WORLDS = ("stacked-digits", "grid", "ring")
"""Names of built-in recipes, the longest first."""


def cell_recipe(method: str, world: str, seed: int, assignments: list[str]) -> Recipe:
    """Returns the recipe of one cell of the table; raises `SpecError` for invalid assignments."""
    for text in assignments:
        field = text.partition("=")[0].removeprefix("game.").partition(".")[0]
        if field in ("seed", "losses", "penalties"):
            raise SpecError(f"{text}: in {field} the cells of the table differ; choose them with --method and --seeds")
    base = find_recipe(world)
    assert isinstance(base.game, GAN.Spec)
    images = base.training.images
    quiet = Listening(samples_every=images, scores_every=images, sample_count=64, score_count=100)
    game = METHODS[method](base.game)
    recipe = base.model_copy(update={"name": f"{world} {method}", "game": game, "listening": quiet, "seed": seed})
    return recipe.override(assignments)
