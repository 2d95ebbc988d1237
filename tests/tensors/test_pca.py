"""The plane in which vectors vary most."""

import pytest
import torch

from sparring.tensors.pca import principal_plane


def test_what_varies_in_a_plane_keeps_its_distances() -> None:
    random = torch.Generator().manual_seed(0)
    flat = torch.randn(50, 2, generator=random, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(7, 2, generator=random, dtype=torch.float64)).Q
    found = principal_plane(flat @ turn.T + 3)
    torch.testing.assert_close(torch.cdist(found, found), torch.cdist(flat, flat))
    torch.testing.assert_close(found.mean(0), torch.zeros(2, dtype=torch.float64))


def test_the_first_coordinate_varies_most() -> None:
    vectors = torch.randn(100, 4) * torch.tensor([1.0, 5.0, 0.1, 2.0])
    spread = principal_plane(vectors).std(0)
    assert spread[0] > spread[1] > 1.5


def test_the_sign_does_not_depend_on_the_order() -> None:
    vectors = torch.randn(30, 5, dtype=torch.float64)
    torch.testing.assert_close(principal_plane(vectors.flip(0)).flip(0), principal_plane(vectors))


@pytest.mark.parametrize("shape", [(1, 5), (4, 1)])
def test_what_has_fewer_components_lies_on_an_axis(shape: tuple[int, int]) -> None:
    found = principal_plane(torch.randn(shape))
    assert found.shape == (shape[0], 2)
    assert not found[:, 1].any()
