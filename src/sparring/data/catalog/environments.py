"""Environments of gymnasium: what is seen and done in them, and whole episodes of a policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from sparring.errors import DataError, MissingExtraError

Numbers = NDArray[np.float32]
Choices = NDArray[np.int64]

Policy = Callable[[Numbers], Choices]
"""Maps observations [N, n] as the environment gives them to actions [N], from 0."""


@dataclass(frozen=True)
class Episodes:
    """E whole episodes, padded with zeros to the T moves of the longest one.

    `observations` [E, T + 1, n] as the environment gives them, the last one of an episode being what its last move
    led to; `actions` [E, T]; `rewards` [E, T], those of the environment; `lengths` [E], in moves. `terminated` [E]
    says that an episode came to an end of its own; the others were cut off by the limit of time.
    """

    observations: Numbers
    actions: Choices
    rewards: Numbers
    lengths: Choices
    terminated: NDArray[np.bool_]

    @property
    def played(self) -> NDArray[np.bool_]:
        """Which of the moves [E, T] were made."""
        return np.arange(self.actions.shape[1]) < self.lengths[:, None]

    @property
    def returns(self) -> NDArray[np.float64]:
        """The sum of each episode's rewards [E]."""
        returns: NDArray[np.float64] = self.rewards.sum(1, dtype=np.float64)
        return returns


@dataclass(frozen=True)
class Environment:
    """An environment of `observed` numbers and so many `actions` to choose among, with a limit of time.

    `low` and `high` [n] bound what is observed, infinite where nothing does.
    """

    name: str
    observed: int
    actions: int
    low: Numbers
    high: Numbers

    @property
    def size(self) -> int:
        """The numbers of a state-action pair."""
        return self.observed + self.actions

    def normalize(self, observations: NDArray[Any]) -> Tensor:
        """Returns `observations` [..., n] in [-1, 1]: by their bounds, or x / (1 + |x|) where they have none."""
        given = torch.from_numpy(np.asarray(observations, np.float32))
        low, high = torch.from_numpy(self.low), torch.from_numpy(self.high)
        bounded = (low.isfinite() & high.isfinite()).expand_as(given)
        within = (2 * (given - low) / (high - low) - 1).clamp(-1, 1)
        return torch.where(bounded, within, given / (1 + given.abs()))

    def pair(self, observations: NDArray[Any], actions: Choices) -> Tensor:
        """Returns state-action pairs [N, n + A] in [-1, 1]: normalized `observations` [N, n], one-hot `actions` [N]."""
        chosen = one_hot(torch.from_numpy(np.asarray(actions, np.int64)), self.actions)
        return torch.cat((self.normalize(observations), chosen.float()), 1)

    def play(self, policy: Policy, seeds: Sequence[int]) -> Episodes:
        """Returns an episode for each of `seeds`, which decide how it begins; they are played side by side."""
        gymnasium = _gymnasium()
        worlds = [gymnasium.make(self.name, disable_env_checker=True) for _ in seeds]
        try:
            return self._play(worlds, policy, seeds)
        finally:
            for world in worlds:
                world.close()

    def _play(self, worlds: list[Any], policy: Policy, seeds: Sequence[int]) -> Episodes:
        count = len(worlds)
        seen = [np.stack([world.reset(seed=seed)[0] for world, seed in zip(worlds, seeds, strict=True)])]
        done, paid = list[Choices](), list[Numbers]()
        lengths, terminated = np.zeros(count, np.int64), np.zeros(count, bool)
        going = np.arange(count)
        while len(going):
            done.append(np.zeros(count, np.int64))
            paid.append(np.zeros(count, np.float32))
            done[-1][going] = policy(seen[-1][going])
            seen.append(np.zeros_like(seen[0]))
            ended = []
            for index in going:
                moved = worlds[index].step(int(done[-1][index]))
                seen[-1][index], paid[-1][index], terminated[index], out_of_time, _ = moved
                ended.append(terminated[index] or out_of_time)
            lengths[going] += 1
            going = going[~np.array(ended)]
        return Episodes(np.stack(seen, 1), np.stack(done, 1), np.stack(paid, 1), lengths, terminated)


def open_environment(name: str) -> Environment:
    """Returns gymnasium's environment called `name`.

    Raises:
        DataError: there is none, it needs more than is installed, or it is none of vectors to see, a few actions to
            choose among, and a limit of time.
        MissingExtraError: gymnasium is not installed.
    """
    gymnasium = _gymnasium()
    try:
        world = gymnasium.make(name, disable_env_checker=True)
    except (gymnasium.error.Error, ImportError) as error:
        raise DataError(f"environment {name!r}: {error}") from None
    seen, done, limit = world.observation_space, world.action_space, world.spec.max_episode_steps
    world.close()
    discrete = isinstance(done, gymnasium.spaces.Discrete) and done.start == 0
    if not (discrete and isinstance(seen, gymnasium.spaces.Box) and len(seen.shape) == 1):
        raise DataError(
            f"environment {name!r}: one sees {seen} and does one of {done}; needs vectors to see and a few actions "
            "to choose among, as in CartPole-v1"
        )
    if limit is None:
        raise DataError(f"environment {name!r}: its episodes may last forever; register it with max_episode_steps")
    return Environment(name, seen.shape[0], int(done.n), seen.low.astype(np.float32), seen.high.astype(np.float32))


def _gymnasium() -> Any:
    try:
        import gymnasium
    except ImportError:
        remedy = 'pip install "sparring[imitation]"'
        raise MissingExtraError(f"environments come with gymnasium, which is not installed: {remedy}") from None
    return gymnasium
