"""The quick step is PyTorch's fused step to the last bit, also after its state was restored, or without a gradient."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sparring.game import Team
from sparring.training import quick_adam
from sparring.training.optimizers import Adam, read_state, write_state
from sparring.training.quick_adam import QuickAdam, has_kernel
from sparring.training.team_optimizer import TeamOptimizer

NAMES = ["0.weight", "0.bias", "1.weight", "1.bias"]


def build() -> tuple[list[nn.Parameter], QuickAdam]:
    torch.manual_seed(0)
    weights = list(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)).parameters())
    optimizer = Adam(weight_decay=0.1, betas=(0.0, 0.99)).build(weights)
    assert isinstance(optimizer, QuickAdam)
    return weights, optimizer


def move(weights: list[nn.Parameter], optimizer: QuickAdam, seed: int, quick: bool, absent: int | None = None) -> None:
    random = torch.Generator().manual_seed(seed)
    optimizer.param_groups[0]["lr"] = 0.1 / (1 + seed)
    for index, weight in enumerate(weights):
        weight.grad = None if index == absent else torch.randn(weight.shape, generator=random)
    (optimizer.quick_step if quick else optimizer.step)()


def play(quick: bool, absent: int | None = None) -> tuple[list[nn.Parameter], QuickAdam]:
    weights, optimizer = build()
    for seed in range(6):
        move(weights, optimizer, seed, quick, absent if seed == 3 else None)
    return weights, optimizer


def equal(ones: list[Tensor], others: list[Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(ones, others, strict=True))


def test_quick_steps_are_the_steps() -> None:
    for absent in (None, 2):
        (slow, of_slow), (fast, of_fast) = play(False, absent), play(True, absent)
        assert equal(list(slow), list(fast))
        assert dict(write_state(of_slow, NAMES)).keys() == dict(write_state(of_fast, NAMES)).keys()
        for name, value in write_state(of_slow, NAMES):
            assert torch.equal(value, dict(write_state(of_fast, NAMES))[name])


def test_a_restored_state_continues() -> None:
    weights, optimizer = play(True)
    kept = {name: value.clone() for name, value in write_state(optimizer, NAMES)}
    places = copy.deepcopy(weights)
    move(weights, optimizer, 7, quick=True)
    others, again = build()
    for seed in (8, 9):
        move(others, again, seed, quick=True)
    with torch.no_grad():
        for weight, place in zip(others, places, strict=True):
            weight.copy_(place)
    read_state(again, NAMES, kept)
    move(others, again, 7, quick=True)
    assert equal(list(weights), list(others))


def break_signature(*_lists: Any, **_settings: Any) -> None:
    raise TypeError("_fused_adam_() got an unexpected keyword argument")


def step_too_far(kernel: Callable[..., None]) -> Callable[..., None]:
    return lambda *lists, lr, **settings: kernel(*lists, lr=2 * lr, **settings)


def learn(quick: bool) -> tuple[TeamOptimizer, list[Tensor]]:
    torch.manual_seed(0)
    player = nn.Linear(3, 4)
    optimizer = TeamOptimizer(Team("one", {"player": player}, lambda batch: {}), Adam(), None, quick)
    for seed in range(4):
        random = torch.Generator().manual_seed(seed)
        for weight in optimizer.parameters:
            weight.grad = torch.randn(weight.shape, generator=random)
        optimizer.step()
    return optimizer, [*player.parameters(), *(value for _, value in optimizer.state())]


@pytest.mark.parametrize("broken", ["absent", "other arguments", "other numbers"])
def test_without_the_private_kernel_the_public_step_gives_the_same_numbers(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_kernel.cache_clear()
    assert has_kernel()
    quick, expected = learn(quick=True)
    assert quick._advance == quick.optimizer.quick_step  # type: ignore[attr-defined]
    other = {"absent": None, "other arguments": break_signature, "other numbers": step_too_far(torch._fused_adam_)}
    monkeypatch.setattr(quick_adam, "KERNEL", other[broken])
    has_kernel.cache_clear()
    assert not has_kernel()
    slow, state = learn(quick=True)
    assert slow._advance == slow.optimizer.step
    assert equal(expected, state)
    has_kernel.cache_clear()
