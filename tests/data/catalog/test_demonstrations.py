"""Demonstrations: few pairs of good trajectories, played or read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sparring.data import Demonstrations, open_environment
from sparring.data.catalog.demonstrations import known_expert
from sparring.errors import DataError

pytest.importorskip("gymnasium", reason="environments come with gymnasium (sparring[imitation])")


@pytest.mark.parametrize(("name", "least"), [("CartPole-v1", 500), ("Acrobot-v1", -100), ("MountainCar-v0", -140)])
def test_the_known_experts_do_well(name: str, least: float) -> None:
    environment = open_environment(name)
    assert environment.play(known_expert(environment), range(20)).returns.mean() >= least


def test_every_twentieth_pair_of_four_trajectories_is_a_hundred_in_cartpole() -> None:
    data = Demonstrations().load()
    assert (len(data), data.shape) == (100, (6,))
    samples, labels = data.batch(np.arange(5), torch.Generator())
    assert samples.dtype == torch.float32
    assert labels is None
    assert np.abs(data.points).max() <= 1
    assert data.digest == Demonstrations().load().digest != Demonstrations(seed=1).load().digest
    assert data.depict(samples).size == (512, 512)


def write(folder: Path, **arrays: np.ndarray) -> Path:
    path = folder / "expert.npz"
    np.savez(path, **arrays)
    return path


def test_demonstrations_are_read_from_a_file_trajectory_by_trajectory(tmp_path: Path) -> None:
    states = np.arange(40, dtype=np.float64).reshape(10, 4) / 100
    path = write(tmp_path, observations=states, actions=np.arange(10) % 2, episodes=np.array([0] * 4 + [1] * 6))
    data = Demonstrations(path=path, trajectories=2, every=1).load()
    environment = open_environment("CartPole-v1")
    torch.testing.assert_close(torch.from_numpy(data.points), environment.pair(states, np.arange(10) % 2))
    assert len(Demonstrations(path=path, trajectories=1, every=1).load()) == 4
    thin = Demonstrations(path=path, trajectories=2, every=3).load()
    assert 2 <= len(thin) <= 4


GOOD = {"observations": np.zeros((3, 4)), "actions": np.zeros(3, int), "episodes": np.zeros(3, int)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"actions": np.array([0, 1, 2])}, "actions from 0 to 2.*whole numbers from 0 to 1"),
        ({"actions": np.zeros(3)}, "actions from 0.0 to 0.0 of float64"),
        ({"observations": np.zeros((3, 5))}, r"observations \(3, 5\).*needs \[N, 4\]"),
        ({"actions": np.zeros(2, int)}, r"actions \(2,\)"),
        ({"observations": np.full((3, 4), np.nan)}, "not finite"),
        ({"episodes": np.zeros((3, 1), int)}, r"episodes \(3, 1\)"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(change: dict[str, np.ndarray], words: str, tmp_path: Path) -> None:
    path = write(tmp_path, **{**GOOD, **change})
    with pytest.raises(DataError, match=words):
        Demonstrations(path=path, trajectories=1).load()


def test_a_file_without_actions_or_that_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (write(tmp_path, observations=np.zeros((3, 4))), tmp_path / "nothing.npz"):
        with pytest.raises(DataError, match="cannot be read as demonstrations"):
            Demonstrations(path=path).load()


def test_more_trajectories_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds 1 trajectories; needs 4"):
        Demonstrations(path=write(tmp_path, **GOOD)).load()


def test_an_environment_whose_expert_is_not_known_is_refused() -> None:
    environment = replace(open_environment("CartPole-v1"), name="CartPole-v9")
    with pytest.raises(DataError, match=r"no expert is known in 'CartPole-v9'.*CartPole-v1.*data.path"):
        known_expert(environment)
