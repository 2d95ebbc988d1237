"""Devices that are there, formats and layouts."""

import pytest
import torch
from torch import nn

from sparring.errors import DeviceError
from sparring.training.batches import Batches
from sparring.training.precision import Precision, find_device

CPU = torch.device("cpu")


class Points:
    """Data of two samples."""

    def __len__(self) -> int:
        return 2


def test_auto_is_the_fastest_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert find_device("auto") == CPU
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert find_device("auto") == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert find_device("auto") == torch.device("cuda")
    assert find_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(DeviceError, match="'cuda:2' is not on this machine, which has cpu, cuda, cuda:0, cuda:1, mps"):
        find_device("cuda:2")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:7", "mps", "tpu", "", "CPU"])
def test_a_device_that_is_not_here_is_named_with_those_that_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=f"device '{name}' is not on this machine, which has cpu.*spar doctor"):
        find_device(name)


def test_bfloat16_is_used_where_it_is_chosen() -> None:
    layer, inputs = nn.Linear(3, 2), torch.ones(1, 3)
    for name, expected in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with Precision(CPU, name, "contiguous").forward()():  # type: ignore[arg-type]
            assert layer(inputs).dtype == expected
    assert layer.weight.dtype == torch.float32


@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
def test_images_and_kernels_take_the_layout_and_keep_their_values(layout: str) -> None:
    precision = Precision(CPU, "float32", layout)  # type: ignore[arg-type]
    form = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[layout]
    network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Flatten(), nn.LazyLinear(2))
    images = torch.randn(2, 3, 4, 4)
    expected = network(images)
    precision.place_network(network)
    batches = Batches(Points(), 1, 1, precision, seed=0)
    placed = batches.place(images)
    assert placed.is_contiguous(memory_format=form)
    assert network[0].weight.is_contiguous(memory_format=form)
    assert torch.equal(placed, images)
    torch.testing.assert_close(network(placed), expected)
    assert batches.place(torch.zeros(3, 4)).shape == (3, 4)
