"""U-Net as published: channels, skips, dropout after training, and images of every size."""

from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from sparring.errors import ShapeError
from sparring.layers.dropout import PersistentDropout, seeded_from
from sparring.layers.normalization import InstanceNorm, NoNorm
from sparring.network import Condition, Network, Shape
from sparring.networks import UNet


def build(size: tuple[int, int] = (16, 16), depth: int | Literal["deepest"] = "deepest", **fields: object) -> Network:
    torch.manual_seed(0)
    return UNet.Spec.read({"width": 4, "depth": depth, **fields}).build((3, *size), (2, *size))


def channels(network: Network, name: str) -> list[tuple[int, int]]:
    return [(layer.in_channels, layer.out_channels) for layer in network.get_submodule(name)]  # type: ignore[attr-defined]


def test_a_256x256_image_goes_through_the_published_grids_and_channels() -> None:
    with torch.device("meta"):
        network = UNet.Spec().build((3, 256, 256), (1, 256, 256))
    assert [inner for _, inner in channels(network, "shrink")] == [64, 128, 256, 512, 512, 512, 512, 512]
    assert channels(network, "grow") == [
        (512, 512), (1024, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64), (128, 1)
    ]  # fmt: skip
    kernels = {layer.kernel_size for name in ("shrink", "grow") for layer in network.get_submodule(name)}  # type: ignore[attr-defined]
    assert kernels == {(4, 4)}


def test_normalization_and_dropout_stand_where_they_were_published() -> None:
    with torch.device("meta"):
        network = UNet.Spec().build((3, 256, 256), (3, 256, 256))
    down, up, drop = (list(network.get_submodule(name)) for name in ("normalize_shrunk", "normalize_grown", "drop"))  # type: ignore[call-overload]
    assert [type(layer) is nn.Identity for layer in down] == [True, *[False] * 6, True]
    assert [type(layer) is nn.Identity for layer in up] == [*[False] * 7, True]
    assert [type(layer) is PersistentDropout for layer in drop] == [True] * 3 + [False] * 5


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2), (3, 5), (1, 9), (7, 64), (33, 47), (48, 20)])
@pytest.mark.parametrize("normalization", ["BatchNorm", "InstanceNorm", "NoNorm"])
def test_images_of_every_size_go_through_alone_and_together(size: tuple[int, int], normalization: str) -> None:
    network = build(size, normalization=normalization)
    for count in (1, 2):
        found = network(torch.randn(count, 3, *size))
        assert found.shape == (count, 2, *size)
        assert found.isfinite().all()
        assert found.abs().max() <= 1


@pytest.mark.parametrize("built", [(16, 16), (12, 20), (7, 9), (1, 8)])
@pytest.mark.parametrize("depth", ["deepest", 2])
def test_images_of_other_sizes_than_it_was_built_for_keep_theirs(
    built: tuple[int, int], depth: int | Literal["deepest"]
) -> None:
    network = build(built, depth, dropout=0).eval()
    for size in ((1, 1), (3, 40), (16, 16), (33, 17)):
        found = network(torch.randn(2, 3, *size))
        assert found.shape == (2, 2, *size)
        assert found.abs().max() <= 1


def test_sides_of_the_built_ones_plus_multiples_of_the_stride_go_through_whole_and_others_are_mirrored() -> None:
    network = build((12, 20), 2, dropout=0).eval()
    sizes = []
    network.get_submodule("shrink.0").register_forward_pre_hook(lambda _, given: sizes.append(given[0].shape[2:]))
    for size in ((12, 20), (16, 4), (13, 21), (3, 5)):
        network(torch.randn(1, 3, *size))
    assert sizes == [(12, 20), (16, 4), (16, 24), (4, 8)]
    given = torch.randn(1, 3, 13, 24)
    grown = torch.cat((given, given[:, :, [11, 10, 9]]), 2)
    torch.testing.assert_close(network(given), network(grown)[:, :, :13])


def test_a_class_conditional_network_takes_only_the_size_it_was_built_for() -> None:
    network = UNet.Spec(width=4).build((3, 8, 8), (3, 8, 8), Condition(3))
    with pytest.raises(ShapeError, match=r"size it was built for, \(8, 8\); got \(16, 16\); resize"):
        network(torch.zeros(1, 3, 16, 16), torch.tensor([0]))


def test_the_deepest_network_sees_the_whole_image_and_a_shallower_one_less() -> None:
    for depth, everywhere in (("deepest", True), (2, False)):
        network = build((64, 64), depth, normalization=NoNorm(), dropout=0)  # type: ignore[arg-type]
        given = torch.randn(1, 3, 64, 64, requires_grad=True)
        (slope,) = torch.autograd.grad(network(given)[0, 0, 0, 0], given)
        assert bool(slope[0, :, -1, -1].any()) == everywhere


def test_every_skip_connection_carries_something() -> None:
    network = build((16, 16), normalization=NoNorm(), dropout=0)
    given = torch.randn(1, 3, 16, 16)
    expected = network(given)
    for index in range(1, 4):
        layer = network.get_submodule(f"grow.{index}")
        weight = layer.get_parameter("weight")
        kept = weight.detach().clone()
        weight.data[len(weight) // 2 :] = 0
        assert not torch.equal(network(given), expected)
        weight.data.copy_(kept)


def test_dropout_is_noise_after_training_too_and_its_source_can_be_given() -> None:
    network, given = build().eval(), torch.randn(2, 3, 16, 16)
    assert not torch.equal(network(given), network(given))

    def draw(seed: int) -> Tensor:
        with seeded_from(torch.Generator().manual_seed(seed)):
            found: Tensor = network(given)
        return found

    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))


def test_without_dropout_an_evaluated_image_depends_on_nothing_else() -> None:
    for normalization in ("BatchNorm", "InstanceNorm"):
        network = build(dropout=0, normalization=normalization).eval()
        given = torch.randn(3, 3, 16, 16)
        torch.testing.assert_close(network(given)[:1], network(given[:1]))


def test_a_network_deeper_than_the_image_says_which_fit() -> None:
    with pytest.raises(ShapeError, match=r"at least 129 pixels.*depth of 4 or less"):
        UNet.Spec(depth=8).build((3, 16, 16), (3, 16, 16))
    UNet.Spec(width=1, depth=8).build((3, 129, 1), (3, 129, 1))
    with pytest.raises(ShapeError, match="at least 129 pixels"):
        UNet.Spec(width=1, depth=8).build((3, 128, 128), (3, 128, 128))


@pytest.mark.parametrize(("inputs", "outputs"), [((3, 8, 8), (3, 8, 9)), ((6,), (3, 8, 8)), ((3, 8, 8), (1,))])
def test_other_shapes_are_refused(inputs: Shape, outputs: Shape) -> None:
    with pytest.raises(ShapeError, match="UNet maps images"):
        UNet.Spec().build(inputs, outputs)


def test_channels_last_and_bfloat16_give_nearly_the_same() -> None:
    network = build((16, 16), dropout=0, normalization=InstanceNorm())
    given = torch.randn(2, 3, 16, 16)
    expected = network(given)
    found = network.to(memory_format=torch.channels_last)(given.contiguous(memory_format=torch.channels_last))  # type: ignore[call-overload]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        assert (network(given) - expected).abs().max() < 0.05
