"""Environments: observations and actions have known sizes and ranges, and episodes are whole."""

import builtins
from typing import Any

import numpy as np
import pytest
import torch

from sparring.data import open_environment
from sparring.errors import DataError, MissingExtraError

gymnasium = pytest.importorskip("gymnasium", reason="environments come with gymnasium (sparring[imitation])")


def to_the_left(observations: np.ndarray) -> np.ndarray:
    return np.zeros(len(observations), np.int64)


def test_an_episode_is_what_the_environment_plays_alone() -> None:
    played = open_environment("CartPole-v1").play(to_the_left, [3, 7])
    for index, seed in enumerate((3, 7)):
        world = gymnasium.make("CartPole-v1")
        observations, ended = [world.reset(seed=seed)[0]], False
        while not ended:
            observation, _, ended, _, _ = world.step(0)
            observations.append(observation)
        assert played.lengths[index] == len(observations) - 1
        assert played.terminated[index]
        np.testing.assert_array_equal(played.observations[index, : len(observations)], np.stack(observations))
        assert played.returns[index] == len(observations) - 1


def test_what_comes_after_an_episode_is_zero_and_not_played() -> None:
    played = open_environment("CartPole-v1").play(
        lambda observations: (observations[:, 2] > 0).astype(np.int64), [0, 1, 2]
    )
    assert len(set(played.lengths.tolist())) > 1
    np.testing.assert_array_equal(played.played.sum(1), played.lengths)
    assert not played.observations[:, 1:][~played.played].any()
    assert not played.rewards[~played.played].any()


def test_an_episode_that_time_cut_off_did_not_terminate() -> None:
    played = open_environment("MountainCar-v0").play(to_the_left, [0])
    assert played.lengths.tolist() == [200]
    assert not played.terminated[0]


def test_what_is_seen_is_brought_between_minus_one_and_one() -> None:
    environment = open_environment("CartPole-v1")
    edge = np.array([[4.8, np.inf, -0.41887903, -3.0]], np.float32)
    edge[0, 1] = 1.0
    torch.testing.assert_close(environment.normalize(edge), torch.tensor([[1.0, 0.5, -1.0, -0.75]]))
    torch.testing.assert_close(environment.normalize(np.zeros((2, 3, 4))), torch.zeros(2, 3, 4))


def test_a_pair_ends_with_its_action_one_hot() -> None:
    environment = open_environment("Acrobot-v1")
    pairs = environment.pair(np.zeros((2, 6)), np.array([2, 0]))
    assert pairs.shape == (2, environment.size) == (2, 9)
    torch.testing.assert_close(pairs[:, 6:], torch.tensor([[0.0, 0, 1], [1, 0, 0]]))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Pendulum-v1", "needs vectors and a few discrete actions"),
        ("CartPool-v1", "CartPool"),
        ("nosuchmodule:CartPole-v1", "nosuchmodule"),
    ],
)
def test_an_environment_that_cannot_be_used_is_refused(name: str, words: str) -> None:
    with pytest.raises(DataError, match=f"environment .*{words}"):
        open_environment(name)


def test_an_environment_without_an_end_is_refused() -> None:
    gymnasium.register("Endless-v0", "gymnasium.envs.classic_control.cartpole:CartPoleEnv")
    with pytest.raises(DataError, match="may last forever"):
        open_environment("Endless-v0")


def test_without_gymnasium_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "gymnasium":
            raise ImportError
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[imitation\]"'):
        open_environment("CartPole-v1")
