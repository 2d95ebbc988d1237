"""The quick step is PyTorch's fused step to the last bit, also after its state was put back, or without a gradient."""

import copy

import torch
from torch import Tensor, nn

from sparring.training.optimizers import Adam, read_state, write_state
from sparring.training.quick_adam import QuickAdam

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


def test_a_state_that_was_put_back_is_gone_on_from() -> None:
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
