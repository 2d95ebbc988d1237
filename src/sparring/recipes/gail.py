"""Imitation of a few demonstrations: GAIL (Ho & Ermon 2016) in classic tasks of control."""

from sparring.data import Demonstrations
from sparring.games import GAIL
from sparring.losses import Minimax, NonSaturating, SeparableLoss
from sparring.recipes.registry import register
from sparring.recipes.schema import Listening, Recipe
from sparring.training.optimizers import Adam
from sparring.training.plan import Checkpoints, Training


def imitation(environment: str, every: int, losses: SeparableLoss, steps: int) -> Recipe:
    """Returns a learner from four trajectories in `environment`, for `steps` of eight episodes and ten PPO moves.

    Step sizes, clipping and PPO's moves are common ones (Schulman et al. 2017), γ and λ those of Ho & Ermon 2016.
    """
    adam = Adam(learning_rate=1e-3, betas=(0.9, 0.999))
    moves = GAIL.Spec().order.count("policy")
    return Recipe(
        data=Demonstrations(environment=environment, every=every),
        game=GAIL.Spec(environment=environment, losses=losses),
        training=Training(
            images=steps * moves * 64,
            optimizers={"discriminator": adam, "policy": adam},
            averages={},
            threads=1,
            record_every=5 * moves * 64,
            checkpoints=Checkpoints(every=50 * moves * 64, by="return"),
        ),
        listening=Listening(samples_every=50 * moves * 64, sample_count=1_000, scores_every=10 * moves * 64),
    )


@register
def gail() -> Recipe:
    """A pole balanced after four demonstrations, a hundred state-action pairs in all (Ho & Ermon 2016): a minute."""
    return imitation("CartPole-v1", 20, Minimax(), steps=150)


@register
def gail_acrobot() -> Recipe:
    """Acrobot swung up after four demonstrations, every second pair (Ho & Ermon 2016), rewarded by ln D: minutes."""
    return imitation("Acrobot-v1", 2, NonSaturating(), steps=200)
