"""Anchors that follow the scores."""

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import Critic, GeneratedBatch, Penalizer, score
from sparring.errors import SpecError
from sparring.game import Batch
from sparring.penalties import LeCam

REAL = [[1.0, 3.0], [4.0, 6.0], [0.0, 2.0]]
FAKE = [[-1.0, -3.0], [0.0, 0.0], [2.0, 4.0]]


def identity(samples: Tensor) -> Tensor:
    return samples


def lecam(penalizer: Penalizer, real: list[float], fake: list[float], parts: int = 1) -> float:
    batch = Batch(torch.tensor(real)[:, None], None, 0, torch.Generator(), parts=parts)
    generated = GeneratedBatch.from_latents(identity, torch.tensor(fake)[:, None])
    return score(Critic(identity), batch, generated, penalizer).penalties["LeCam"].item()


def test_a_sequence_computed_by_hand() -> None:
    penalizer = Penalizer([LeCam(weight=1, decay=0.5)], nn.Identity())
    # anchors: real 2, then 3.5, then 2.25; generated -2, then -1, then 1
    expected = [
        ((1 + 2) ** 2 + (3 + 2) ** 2) / 2 + ((-1 - 2) ** 2 + (-3 - 2) ** 2) / 2,
        ((4 + 1) ** 2 + (6 + 1) ** 2) / 2 + 3.5**2,
        ((0 - 1) ** 2 + (2 - 1) ** 2) / 2 + ((2 - 2.25) ** 2 + (4 - 2.25) ** 2) / 2,
    ]
    assert [lecam(penalizer, *sides) for sides in zip(REAL, FAKE, strict=True)] == pytest.approx(expected)
    assert penalizer.get_buffer("LeCam_real").item() == 2.25
    assert penalizer.get_buffer("LeCam_fake").item() == 1


def test_a_batch_in_parts_moves_the_anchors_as_far_as_the_whole_does() -> None:
    whole, shared = (Penalizer([LeCam(decay=0.5)], nn.Identity()) for _ in range(2))
    for sides in zip(REAL, FAKE, strict=True):
        lecam(whole, *sides)
        for _ in range(3):
            lecam(shared, *sides, parts=3)
    torch.testing.assert_close(shared.state_dict(), whole.state_dict(), rtol=1e-6, atol=0)


def test_its_state_is_saved_to_the_last_bit() -> None:
    whole, broken = (Penalizer([LeCam()], nn.Identity()) for _ in range(2))
    before = [lecam(whole, *sides) for sides in zip(REAL, FAKE, strict=True)]
    assert [lecam(broken, *sides) for sides in zip(REAL[:2], FAKE[:2], strict=True)] == before[:2]
    resumed = Penalizer([LeCam()], nn.Identity())
    resumed.load_state_dict(broken.state_dict())
    assert lecam(resumed, REAL[2], FAKE[2]) == before[2]
    assert all(torch.equal(one, resumed.state_dict()[name]) for name, one in whole.state_dict().items())


def test_published_numbers_are_the_defaults() -> None:
    assert (LeCam().weight, LeCam().decay) == (0.3, 0.99)


@pytest.mark.parametrize("decay", [-0.1, 1, 2])
def test_a_decay_outside_zero_and_one_is_refused(decay: float) -> None:
    with pytest.raises(SpecError, match="decay: got"):
        LeCam.read({"decay": decay})
