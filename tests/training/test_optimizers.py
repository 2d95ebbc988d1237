"""What every optimizer promises: written down and read back it goes on as if nothing had happened."""

import pytest
import torch
from torch import nn

from sparring.errors import SpecError
from sparring.training.optimizers import SGD, Adam, Extragradient, Optimizer, read_state, write_state

SMALL_RATE = 1e-3

WITH_RATE = [member for _, member in sorted(Optimizer.members.items()) if "learning_rate" in member.model_fields]

OPTIMIZERS = [
    *(member(learning_rate=SMALL_RATE) for member in WITH_RATE),  # type: ignore[call-arg]
    *(Extragradient(of=member(learning_rate=SMALL_RATE)) for member in WITH_RATE),  # type: ignore[call-arg]
    SGD(learning_rate=SMALL_RATE, momentum=0.9),
    Adam(learning_rate=SMALL_RATE, fused=False, weight_decay=0.1),
]

every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)

NAMES = ["weight", "bias"]


def layer(memory_format: torch.memory_format) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(3, 4, 3).to(memory_format=memory_format)  # type: ignore[call-overload,no-any-return]


def step(network: nn.Conv2d, optimizer: torch.optim.Optimizer, turn: int) -> None:
    inputs = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(turn))
    network(inputs).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


@every_optimizer
@pytest.mark.parametrize("count", [3, 4])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=str)
def test_an_optimizer_that_was_written_and_read_goes_on_bit_for_bit(
    optimizer: Optimizer, memory_format: torch.memory_format, count: int
) -> None:
    one = layer(memory_format)
    first = optimizer.build(list(one.parameters()))
    for turn in range(count):
        step(one, first, turn)
    two = layer(memory_format)
    two.load_state_dict(one.state_dict())
    second = optimizer.build(list(two.parameters()))
    written = {name: value.contiguous().clone() for name, value in write_state(first, NAMES)}
    read_state(second, NAMES, written)
    for key, value in first.state.get(one.weight, {}).items():
        assert not isinstance(value, torch.Tensor) or second.state[two.weight][key].stride() == value.stride()
    for turn in range(count, count + 3):
        step(one, first, turn)
        step(two, second, turn)
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), two.parameters(), strict=True))
    again, expected = dict(write_state(second, NAMES)), dict(write_state(first, NAMES))
    assert again.keys() == expected.keys()
    assert all(torch.equal(again[name], value) for name, value in expected.items())


@every_optimizer
def test_what_is_read_is_a_copy(optimizer: Optimizer) -> None:
    network = layer(torch.contiguous_format)
    first = optimizer.build(list(network.parameters()))
    step(network, first, 0)
    written = {name: value.clone() for name, value in write_state(first, NAMES)}
    before = {name: value.clone() for name, value in written.items()}
    read_state(first, NAMES, written)
    step(network, first, 1)
    assert all(torch.equal(written[name], before[name]) for name in before)


@every_optimizer
def test_an_optimizer_survives_yaml_and_has_nothing_to_write_before_its_first_step(optimizer: Optimizer) -> None:
    assert type(optimizer).from_yaml(optimizer.to_yaml()) == optimizer
    assert not dict(write_state(optimizer.build([nn.Parameter(torch.zeros(2))]), ["weight"]))


@every_optimizer
def test_an_optimizer_goes_downhill_at_its_learning_rate(optimizer: Optimizer) -> None:
    weight = nn.Parameter(torch.tensor([1.0]))
    built = optimizer.build([weight])
    assert built.param_groups[0]["lr"] == SMALL_RATE
    weight.square().sum().backward()
    built.step()
    assert weight < 1


@pytest.mark.parametrize("values", [{"learning_rate": -1}, {"learning_rate": 0}, {"betas": [0.5, 1.0]}, {"epsilon": 0}])
def test_impossible_settings_are_refused_by_name(values: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=f"{next(iter(values))}.*: got"):
        Adam.read(values)
