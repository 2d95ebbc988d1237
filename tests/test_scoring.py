"""Scores, penalties that are due, and gradients that are asked for once."""

from typing import ClassVar

import pytest
import torch
from torch import Tensor

from sparring.errors import SpecError
from sparring.game import Batch
from sparring.penalties import R1, R2
from sparring.recipes import recipe
from sparring.scoring import Meeting, Penalty, score


class Look(Penalty):
    """Notes what it was shown."""

    inputs: ClassVar[frozenset[str]] = frozenset({"real"})
    seen: ClassVar[list[Meeting]] = []

    def value(self, meeting: Meeting) -> Tensor:
        self.seen.append(meeting)
        return meeting.scores_real.mean()


def batch(step: int = 0) -> Batch:
    return Batch(torch.ones(4, 3), None, step, torch.Generator())


def judge(samples: Tensor) -> Tensor:
    return samples.sum(1, keepdim=True)


def test_scores_are_those_of_the_judge_and_their_means_are_observed() -> None:
    given, fake = batch(), torch.full((4, 3), -1.0)
    found = score(judge, given, fake)
    assert torch.equal(found.real, torch.full((4, 1), 3.0))
    assert torch.equal(found.fake, torch.full((4, 1), -3.0))
    assert found.penalties == {}
    assert {name: value.item() for name, value in given.observations.items()} == {"score_real": 3.0, "score_fake": -3.0}
    assert not any(value.requires_grad for value in given.observations.values())


def test_only_the_samples_that_a_due_penalty_names_carry_gradients() -> None:
    Look.seen.clear()
    score(judge, batch(), torch.zeros(4, 3), [Look()])
    assert Look.seen[0].real.requires_grad
    assert not Look.seen[0].fake.requires_grad
    Look.seen.clear()
    score(judge, batch(step=1), torch.zeros(4, 3), [Look(every=2)])
    assert Look.seen == []


def test_the_judge_is_asked_once_for_each_side_however_many_penalties_there_are() -> None:
    asked: list[int] = []

    def counting(samples: Tensor) -> Tensor:
        asked.append(1)
        return judge(samples.square())

    found = score(counting, batch(), torch.zeros(4, 3), [R1(), R2(), Look()])
    assert len(asked) == 2
    assert found.penalties.keys() == {"R1", "R2", "Look"}


def test_penalties_of_the_same_kind_are_refused() -> None:
    with pytest.raises(SpecError, match=r"game.penalties.*R1 stands there more than once; add up the weights in one"):
        recipe("dcgan", "penalties=[R1, R2, {kind: R1, weight: 2}]")


@pytest.mark.parametrize("values", [{"weight": -1}, {"every": 0}, {"every": 1.5}, {"weight": "much"}])
def test_impossible_weights_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=f"{next(iter(values))}: got"):
        R1.read(values)
