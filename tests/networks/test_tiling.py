"""Tiles that fade into one another and add up to the whole."""

import pytest
import torch
from torch import Tensor, nn

from sparring.errors import ShapeError
from sparring.networks import ResNetTranslator, tiled


def radius(network: nn.Module) -> int:
    """How many pixels away the farthest is that a pixel of the result depends on, at any place within the stride."""
    given = torch.randn(1, 3, 128, 128, dtype=torch.float64, requires_grad=True)
    found, reach = network(given), 0
    for place in range(60, 64):
        (slope,) = torch.autograd.grad(found[0, 0, place, place], given, retain_graph=True)
        seen = slope[0].abs().sum((0, 1)).nonzero().flatten()
        reach = max(reach, place - int(seen.min()), int(seen.max()) - place)
    return reach


def translator(blocks: int = 1) -> nn.Module:
    torch.manual_seed(0)
    spec = ResNetTranslator.Spec.read({"width": 2, "blocks": blocks, "normalization": "NoNorm"})
    network = spec.build((3, 64, 64), (2, 64, 64)).double()
    for parameter in network.parameters():  # larger than at first, so that distant pixels matter
        parameter.data *= 10
    return network


@torch.no_grad()
@pytest.mark.parametrize("size", [(160, 168), (203, 129), (90, 260), (50, 30), (96, 97)])
def test_without_normalization_tiles_are_the_whole_image(size: tuple[int, int]) -> None:
    network, given = translator(), torch.randn(1, 3, *size, dtype=torch.float64)
    torch.testing.assert_close(tiled(network, given, 128, 84), network(given))


def test_the_network_sees_as_far_as_the_tests_overlap_allows() -> None:
    near = radius(translator())
    assert near <= 84 // 4
    assert near + 8 * 8 == 84  # with the published nine blocks, 8 pixels each, as the docstring says


def test_a_smaller_overlap_leaves_only_small_differences_near_the_seams() -> None:
    network, given = translator(), torch.randn(1, 3, 100, 100, dtype=torch.float64)
    with torch.no_grad():
        error = (tiled(network, given, 64, 16) - network(given)).abs()
    assert error.max() > 0
    assert error[..., :40, :40].max() == 0


@pytest.mark.parametrize(("tile", "overlap"), [(32, 0), (32, 8), (32, 28), (64, 32)])
@pytest.mark.parametrize("size", [(64, 64), (61, 97), (33, 200), (5, 5)])
def test_weights_add_up_to_one_everywhere(tile: int, overlap: int, size: tuple[int, int]) -> None:
    given = torch.randn(2, 3, *size)
    torch.testing.assert_close(tiled(lambda images: images, given, tile, overlap), given)


def test_tiles_fade_without_a_step() -> None:
    counts = iter(range(100))

    def number(images: Tensor) -> Tensor:
        return torch.full_like(images[:, :1], next(counts))

    found = tiled(number, torch.zeros(1, 3, 32, 176), 64, 32)[0, 0, 0]
    assert found[:40].eq(0).all()
    assert found.diff().abs().max() <= 1 / 16 + 1e-6
    assert found[-1] == 4


def test_no_tile_is_much_larger_than_asked() -> None:
    sizes = []

    def note(images: Tensor) -> Tensor:
        sizes.append(images.shape[2:])
        return images

    tiled(note, torch.zeros(1, 1, 131, 70), 48, 16)
    assert max(max(size) for size in sizes) <= 48 + 3
    assert all(size[0] >= 48 and size[1] >= 48 for size in sizes)


@pytest.mark.parametrize(("tile", "overlap"), [(30, 8), (32, 6), (32, 32), (32, -4), (0, 0)])
def test_impossible_tiles_are_refused(tile: int, overlap: int) -> None:
    with pytest.raises(ShapeError, match=f"tile={tile}, overlap={overlap}: needs multiples of 4"):
        tiled(lambda images: images, torch.zeros(1, 3, 64, 64), tile, overlap)
