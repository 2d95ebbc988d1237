"""Environments of gymnasium: state-action pairs, and whole episodes of a policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from sparring.errors import DataError, MissingExtraError

Observations = NDArray[np.float32]
Actions = NDArray[np.int64]

Actor = Callable[[Observations], Actions]
"""Maps observations [N, n], as the environment returns them, to actions [N], from 0."""


@dataclass(frozen=True)
class Episodes:
    """E whole episodes, padded with zeros to the T moves of the longest one.

    `observations` [E, T + 1, n], as the environment returns them, end with the one after the last move; `actions`
    [E, T]; the environment's `rewards` [E, T]; `lengths` [E], in moves. `terminated` [E] says that an episode ended;
    the others were cut off by the time limit.
    """

    observations: Observations
    actions: Actions
    rewards: NDArray[np.float32]
    lengths: Actions
    terminated: NDArray[np.bool_]

    @property
    def played(self) -> NDArray[np.bool_]:
        """Which of the moves [E, T] belong to an episode."""
        return np.arange(self.actions.shape[1]) < self.lengths[:, None]

    @property
    def returns(self) -> NDArray[np.float64]:
        """The sum of each episode's rewards [E]."""
        returns: NDArray[np.float64] = self.rewards.sum(1, dtype=np.float64)
        return returns


@dataclass(frozen=True)
class Environment:
    """An environment of `observed` numbers and `actions` discrete actions, with a time limit.

    `low` and `high` [n] bound the observations, infinite where there is no bound.
    """

    name: str
    observed: int
    actions: int
    low: Observations
    high: Observations

    @property
    def size(self) -> int:
        """The size of a state-action pair."""
        return self.observed + self.actions

    def normalize(self, observations: NDArray[Any]) -> Tensor:
        """Returns `observations` [..., n] in [-1, 1]: by their bounds, or x / (1 + |x|) where they have none."""
        values = torch.from_numpy(np.asarray(observations, np.float32))
        low, high = torch.from_numpy(self.low), torch.from_numpy(self.high)
        bounded = (low.isfinite() & high.isfinite()).expand_as(values)
        within = (2 * (values - low) / (high - low) - 1).clamp(-1, 1)
        return torch.where(bounded, within, values / (1 + values.abs()))

    def pair(self, observations: NDArray[Any], actions: Actions) -> Tensor:
        """Returns state-action pairs [N, n + A] in [-1, 1]: normalized `observations` [N, n], one-hot `actions` [N]."""
        chosen = one_hot(torch.from_numpy(np.asarray(actions, np.int64)), self.actions)
        return torch.cat((self.normalize(observations), chosen.float()), 1)

    def play(self, policy: Actor, seeds: Sequence[int]) -> Episodes:
        """Returns an episode for each of `seeds`, which set its start; all are played in parallel."""
        gymnasium = _gymnasium()
        worlds = [gymnasium.make(self.name, disable_env_checker=True) for _ in seeds]
        try:
            return self._play(worlds, policy, seeds)
        finally:
            for world in worlds:
                world.close()

    def _play(self, worlds: list[Any], policy: Actor, seeds: Sequence[int]) -> Episodes:
        count = len(worlds)
        observations = [np.stack([world.reset(seed=seed)[0] for world, seed in zip(worlds, seeds, strict=True)])]
        actions, rewards = list[Actions](), list[NDArray[np.float32]]()
        lengths, terminated = np.zeros(count, np.int64), np.zeros(count, bool)
        going = np.arange(count)
        while len(going):
            actions.append(np.zeros(count, np.int64))
            rewards.append(np.zeros(count, np.float32))
            actions[-1][going] = policy(observations[-1][going])
            observations.append(np.zeros_like(observations[0]))
            ended = []
            for index in going:
                moved = worlds[index].step(int(actions[-1][index]))
                observations[-1][index], rewards[-1][index], terminated[index], out_of_time, _ = moved
                ended.append(terminated[index] or out_of_time)
            lengths[going] += 1
            going = going[~np.array(ended)]
        return Episodes(np.stack(observations, 1), np.stack(actions, 1), np.stack(rewards, 1), lengths, terminated)


def open_environment(name: str) -> Environment:
    """Returns gymnasium's environment called `name`.

    Raises:
        DataError: there is none, it needs more than is installed, or its observations are no vectors, its actions not
            discrete, or its time not limited.
        MissingExtraError: gymnasium is not installed.
    """
    gymnasium = _gymnasium()
    try:
        world = gymnasium.make(name, disable_env_checker=True)
    except (gymnasium.error.Error, ImportError) as error:
        raise DataError(f"environment {name!r}: {error}") from None
    observed, acted, limit = world.observation_space, world.action_space, world.spec.max_episode_steps
    world.close()
    discrete = isinstance(acted, gymnasium.spaces.Discrete) and acted.start == 0
    if not (discrete and isinstance(observed, gymnasium.spaces.Box) and len(observed.shape) == 1):
        raise DataError(
            f"environment {name!r}: observations {observed}, actions {acted}; needs vectors and a few discrete "
            "actions, as in CartPole-v1"
        )
    if limit is None:
        raise DataError(f"environment {name!r}: its episodes may last forever; register it with max_episode_steps")
    low, high = observed.low.astype(np.float32), observed.high.astype(np.float32)
    return Environment(name, observed.shape[0], int(acted.n), low, high)


def _gymnasium() -> Any:
    try:
        import gymnasium
    except ImportError:
        remedy = 'pip install "sparring[imitation]"'
        raise MissingExtraError(f"environments come with gymnasium, which is not installed: {remedy}") from None
    return gymnasium
