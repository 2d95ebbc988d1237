"""GAIL: what is rewarded, when episodes are played, what is refused."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from sparring.data import Demonstrations
from sparring.errors import DataError, ShapeError, SpecError
from sparring.game import Batch
from sparring.games import GAIL
from sparring.losses import Hinge, Minimax, NonSaturating, Relativistic

pytest.importorskip("gymnasium", reason="environments come with gymnasium (sparring[imitation])")


def build(**fields: object) -> GAIL:
    torch.manual_seed(0)
    game = GAIL.Spec.read({"episodes": 3, **fields}).build((6,))
    assert isinstance(game, GAIL)
    return game


def batch(step: int = 0, seed: int = 0) -> Batch:
    data = Demonstrations(trajectories=1).load()
    real, _ = data.batch(torch.arange(8).numpy(), torch.Generator())
    return Batch(real, None, step, torch.Generator().manual_seed(seed))


def some_pairs(count: int = 5) -> Tensor:
    return torch.rand(count, 6, generator=torch.Generator().manual_seed(3)) * 2 - 1


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (Minimax(), lambda scores: -(1 - scores.sigmoid()).log()),
        (NonSaturating(), lambda scores: scores.sigmoid().log()),
        (Hinge(), lambda scores: scores),
    ],
    ids=["minimax", "non-saturating", "hinge"],
)
def test_a_pairs_reward_is_minus_what_the_generator_would_pay_for_it_alone(losses, expected) -> None:
    game = build(losses=losses)
    scores = game.discriminator(some_pairs())[:, 0]
    torch.testing.assert_close(game.reward(some_pairs()), expected(scores))


def test_episodes_are_played_once_a_step_and_depend_on_its_random_numbers_alone() -> None:
    game = build()
    pairs = [game._experience(batch(step, seed)).pairs for step, seed in ((0, 0), (0, 1), (1, 0), (2, 1))]
    assert pairs[0] is pairs[1]
    assert torch.equal(pairs[0], pairs[2])
    assert pairs[0].shape != pairs[3].shape or not torch.equal(pairs[0], pairs[3])


def test_the_first_move_of_a_policy_follows_the_policy_gradient() -> None:
    """Where the policy is still the one that played, the surrogate's gradient is that of E[A ln π] (Williams 1992)."""
    game = build()
    losses = game.improve(batch())
    assert losses["surrogate"].abs() < 1e-6  # standardized advantages have mean zero
    found = torch.autograd.grad(losses["surrogate"], list(game.policy.parameters()))
    experience = game._experience(batch())
    lesson = game._lesson(batch(), experience)
    seen, done = game._split(experience.pairs)
    chosen = (game.policy(seen).log_softmax(1) * done).sum(1)
    expected = torch.autograd.grad(-(chosen * lesson.advantages).mean(), list(game.policy.parameters()))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


def test_a_policy_moved_far_from_the_one_that_played_gains_nothing_more() -> None:
    game = build(clip=1e-9)
    game.improve(batch())
    with torch.no_grad():
        for weight in game.policy.parameters():
            weight += 0.5 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1))
    likelier_and_better = game.improve(batch())["surrogate"]
    assert likelier_and_better >= -1e-6


def test_the_value_network_gives_the_size_of_a_reward() -> None:
    """A constant reward r that goes on until the time is over is worth r / (1 - γ) in all, r for the network."""
    game = build(trace=1.0, discount=0.9)
    with torch.no_grad():
        for weight in game.value.parameters():
            weight.zero_()
        for weight in game.discriminator.parameters():
            weight.zero_()
    experience = game._experience(batch())
    targets = game._lesson(batch(), experience).targets
    lengths = torch.from_numpy(experience.episodes.lengths)
    left = torch.cat([torch.arange(length, 0, -1) for length in lengths.tolist()])
    torch.testing.assert_close(targets, torch.tensor(2.0).log() * (1 - 0.9**left))


def test_a_learned_step_is_not_forgotten_while_it_lasts() -> None:
    game = build()
    lesson = game._lesson(batch(), game._experience(batch()))
    assert game._lesson(batch(), game._experience(batch())) is lesson
    later = replace(batch(), step=1)
    assert game._lesson(later, game._experience(later)) is not lesson


def test_actions_are_drawn_as_often_as_the_policy_says() -> None:
    game = build()
    seen = torch.tensor([[0.1, -0.5, 0.05, 0.4]]).expand(20_000, 4)
    share = game.act(seen.numpy(), torch.Generator().manual_seed(0)).mean()
    said = game.policy(game.environment.normalize(seen[:1].numpy())).softmax(1)[0, 1].item()
    assert abs(share - said) < 0.015


def test_the_score_is_the_return_of_the_policy() -> None:
    game = build()
    with game.evaluating(), torch.no_grad():
        assert 9 < game.game_metrics(0)["return"] < 60  # an untrained policy drops the pole soon
        assert game.game_metrics(0) == game.game_metrics(0)
    assert game.spec.game_metric_directions == {"return": "higher"}


def test_pairs_of_another_environment_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"CartPole-v1 are 6 numbers, the data's samples 3x8x8.*Demonstrations"):
        GAIL.Spec().build((3, 8, 8))


def test_a_loss_by_which_a_pair_alone_has_no_reward_is_refused() -> None:
    with pytest.raises(SpecError, match=r"game\.losses: Relativistic compares with real samples"):
        GAIL.Spec(losses=Relativistic()).build((6,))


def test_an_environment_that_is_not_there_is_refused() -> None:
    with pytest.raises(DataError, match="environment 'CartPool-v1'"):
        GAIL.Spec(environment="CartPool-v1").build((6,))
