"""ResNetTranslator as published, at every size."""

import pytest
import torch
from torch import nn

from sparring.errors import ShapeError
from sparring.network import Condition, Network, Shape
from sparring.networks import ResNetTranslator


def build(inputs: Shape = (3, 16, 16), **fields: object) -> Network:
    torch.manual_seed(0)
    spec = ResNetTranslator.Spec.read({"width": 4, "blocks": 1, **fields})
    return spec.build(inputs, (2, *inputs[1:]))


def test_the_published_network_has_its_layers_and_weights() -> None:
    with torch.device("meta"):
        network = ResNetTranslator.Spec().build((3, 256, 256), (3, 256, 256))
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    outer = [layer for layer in convolutions if (layer.in_channels, layer.out_channels) != (256, 256)]
    assert len(convolutions) - len(outer) == 18
    assert [(layer.in_channels, layer.out_channels, layer.kernel_size[0], layer.stride[0]) for layer in outer] == [
        (3, 64, 7, 1), (64, 128, 3, 2), (128, 256, 3, 2), (256, 128, 3, 2), (128, 64, 3, 2), (64, 3, 7, 1)
    ]  # fmt: skip
    with_scale = [layer for layer in network.modules() if isinstance(layer, nn.InstanceNorm2d)]
    assert len(with_scale) == 5 + 18
    assert sum(layer.weight.numel() for layer in convolutions) == 11_372_928


def test_weights_begin_as_published() -> None:
    network = build(width=32)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            assert abs(layer.weight.std().item() - 0.02) < 0.002


@pytest.mark.parametrize("size", [(5, 5), (5, 9), (6, 7), (8, 8), (13, 31), (16, 20)])
def test_images_of_any_size_from_5_on_go_through_whatever_the_network_was_built_for(size: tuple[int, int]) -> None:
    for network in (build((3, *size)), build()):
        found = network(torch.randn(2, 3, *size))
        assert found.shape == (2, 2, *size)
        assert found.isfinite().all()
        assert found.abs().max() <= 1


def test_a_side_that_is_no_multiple_of_4_is_mirrored_and_cropped() -> None:
    network, given = build(), torch.randn(1, 3, 14, 13)
    mirrored = torch.cat((given, given[:, :, [12, 11]]), 2)
    mirrored = torch.cat((mirrored, mirrored[..., [11, 10, 9]]), 3)
    torch.testing.assert_close(network(given), network(mirrored)[..., :14, :13])


def test_a_shift_by_its_stride_shifts_the_result() -> None:
    network = build(normalization="NoNorm").double()
    given = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    inner = slice(28, 36)
    moved = network(given[..., 4:, 8:])[..., 24:32, 20:28]
    torch.testing.assert_close(moved, network(given)[..., inner, inner])


@pytest.mark.parametrize(
    ("inputs", "outputs"), [((3, 8, 8), (3, 8, 9)), ((6,), (3, 8, 8)), ((3, 8, 8), (1,)), ((3, 4, 9), (3, 4, 9))]
)
def test_other_shapes_are_refused(inputs: Shape, outputs: Shape) -> None:
    with pytest.raises(ShapeError, match=r"ResNetTranslator .*asked for"):
        ResNetTranslator.Spec().build(inputs, outputs)


def test_images_that_are_too_small_are_refused_when_they_come() -> None:
    with pytest.raises(ShapeError, match=r"at least 5x5 pixels; got \(4, 16\)"):
        build()(torch.randn(1, 3, 4, 16))


def test_a_class_conditional_network_takes_only_the_size_it_was_built_for() -> None:
    network = ResNetTranslator.Spec(width=2, blocks=1).build((3, 16, 16), (3, 16, 16), Condition(3))
    assert network(torch.randn(2, 3, 16, 16), torch.tensor([0, 2])).shape == (2, 3, 16, 16)
    with pytest.raises(ShapeError, match=r"built for, \(16, 16\); got \(20, 16\)"):
        network(torch.randn(2, 3, 20, 16), torch.tensor([0, 2]))


def test_channels_last_and_bfloat16_give_nearly_the_same() -> None:
    network, given = build(), torch.randn(2, 3, 16, 16)
    expected = network(given)
    found = network.to(memory_format=torch.channels_last)(given.contiguous(memory_format=torch.channels_last))  # type: ignore[call-overload]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        assert (network(given) - expected).abs().max() < 0.05
