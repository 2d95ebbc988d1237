"""A few trajectories of an expert in an environment, to be imitated."""

import zipfile
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt, PositiveInt

from sparring.data.catalog.environments import Actions, Actor, Environment, Observations, open_environment
from sparring.data.points import Points
from sparring.data.source import Loading, Source
from sparring.errors import DataError, nearest

Trajectory = tuple[Observations, Actions]
"""Observations [L, n], as the environment returns them, and actions [L]."""

_SWITCHES: dict[str, tuple[float, ...]] = {
    "Acrobot-v1": (0, 0, 0, 0, 0, 1),
    "CartPole-v1": (0.1, 0.3, 1, 0.5),
    "MountainCar-v0": (0, 1),
}
"""Environments with a known expert, and the weights of the observation by which it acts."""


class Demonstrations(Source):
    """State-action pairs of `trajectories` of an expert in an environment, every `every`-th pair of each.

    Ho & Ermon 2016 give their learners 1 to 10 trajectories, thinned out to some 50 pairs each; where a trajectory's
    first pair lies depends on `seed`. They are read from `path`, a `.npz` with `observations` [N, n], `actions` [N]
    and each pair's trajectory `episodes` [N], from 0. Without a path, known experts play them: full force to one side
    or the other, by the sign of a weighted sum. That balances CartPole's pole forever, and swings up Acrobot and
    MountainCar by pushing along with the motion.
    """

    interactive = True

    mirror: Literal[False] = False
    environment: str = "CartPole-v1"
    path: Path | None = None
    trajectories: PositiveInt = 4
    every: PositiveInt = 20
    seed: NonNegativeInt = 0

    def load(self, loading: Loading = Loading()) -> Points:
        """Returns the pairs; there is nothing to skip or cache.

        Raises:
            DataError: no such environment or expert, or a file without the right arrays.
            MissingExtraError: gymnasium is not installed.
        """
        environment = open_environment(self.environment)
        trajectories = self._play(environment) if self.path is None else _read(self.path, environment)
        if len(trajectories) < self.trajectories:
            raise DataError(
                f"{self.path}: holds {len(trajectories)} trajectories; needs {self.trajectories} "
                f"(data.trajectories={len(trajectories)} for fewer)"
            )
        chosen, random = trajectories[: self.trajectories], np.random.default_rng(self.seed)
        starts = [random.integers(min(self.every, len(actions))) for _, actions in chosen]
        states = [states[start :: self.every] for (states, _), start in zip(chosen, starts, strict=True)]
        actions = [actions[start :: self.every] for (_, actions), start in zip(chosen, starts, strict=True)]
        pairs = environment.pair(np.concatenate(states), np.concatenate(actions))
        return Points(pairs.numpy(), f"{len(chosen)} trajectories in {self.environment}")

    def _play(self, environment: Environment) -> list[Trajectory]:
        episodes = environment.play(known_expert(environment), range(self.seed, self.seed + self.trajectories))
        parts = zip(episodes.observations, episodes.actions, episodes.lengths, strict=True)
        return [(states[:length], actions[:length]) for states, actions, length in parts]


def known_expert(environment: Environment) -> Actor:
    """Returns a policy known to do well in `environment`.

    Raises:
        DataError: none is known.
    """
    weights = _SWITCHES.get(environment.name)
    if weights is None:
        raise DataError(
            f"data.environment: no expert is known in {environment.name!r}{nearest(environment.name, _SWITCHES)}; "
            "give demonstrations of your own (data.path=expert.npz)"
        )
    last = environment.actions - 1
    return lambda observations: np.where(observations @ np.array(weights) > 0, last, 0)


def _read(path: Path, environment: Environment) -> list[Trajectory]:
    observations, actions, owners = _arrays(path, environment)
    return [(observations[owners == index], actions[owners == index]) for index in np.unique(owners)]


def _arrays(path: Path, environment: Environment) -> tuple[Observations, Actions, NDArray[np.int64]]:
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            states, actions = np.asarray(loaded["observations"]), np.asarray(loaded["actions"])
            owners = np.asarray(loaded["episodes"]) if "episodes" in loaded else np.zeros(len(actions))
    except (OSError, ValueError, EOFError, KeyError, IndexError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path}: cannot be read as demonstrations ({error}); needs a .npz of observations, actions and episodes"
        ) from None
    shapes = f"observations {states.shape}, actions {actions.shape} and episodes {owners.shape}"
    if (
        states.shape[1:] != (environment.observed,)
        or not len(states)
        or {actions.shape, owners.shape} != {(len(states),)}
    ):
        raise DataError(f"{path}: {shapes}; {environment.name} needs [N, {environment.observed}], [N] and [N]")
    if actions.dtype.kind not in "iu" or actions.min() < 0 or actions.max() >= environment.actions:
        raise DataError(
            f"{path}: actions from {actions.min()} to {actions.max()} of {actions.dtype}; {environment.name} needs "
            f"whole numbers from 0 to {environment.actions - 1}"
        )
    if not np.isfinite(states).all():
        raise DataError(f"{path}: some observations are not finite; leave them out")
    return states.astype(np.float32), actions.astype(np.int64), owners.astype(np.int64)
