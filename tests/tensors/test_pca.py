"""The plane in which vectors vary most."""

import pytest
import torch

from sparring.tensors.pca import principal_plane


def test_what_varies_in_a_plane_keeps_its_distances() -> None:
    random = torch.Generator().manual_seed(0)
    flat = torch.randn(50, 2, generator=random, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(7, 2, generator=random, dtype=torch.float64)).Q
    vectors = flat @ turn.T + 3
    found = principal_plane(vectors).project(vectors)
    torch.testing.assert_close(torch.cdist(found, found), torch.cdist(flat, flat))
    torch.testing.assert_close(found.mean(0), torch.zeros(2, dtype=torch.float64))


def test_the_first_coordinate_varies_most() -> None:
    vectors = torch.randn(100, 4) * torch.tensor([1.0, 5.0, 0.1, 2.0])
    spread = principal_plane(vectors).project(vectors).std(0)
    assert spread[0] > spread[1] > 1.5


def test_the_sign_does_not_depend_on_the_order() -> None:
    vectors = torch.randn(30, 5, dtype=torch.float64)
    one, other = principal_plane(vectors), principal_plane(vectors.flip(0))
    torch.testing.assert_close(other.project(vectors), one.project(vectors))


@pytest.mark.parametrize("shape", [(1, 5), (4, 1)])
def test_what_has_fewer_components_lies_on_an_axis(shape: tuple[int, int]) -> None:
    vectors = torch.randn(shape)
    found = principal_plane(vectors).project(vectors)
    assert found.shape == (shape[0], 2)
    assert not found[:, 1].any()


def test_the_directions_are_the_principal_components() -> None:
    random = torch.Generator().manual_seed(0)
    vectors = torch.randn(300, 30, generator=random) * torch.linspace(6, 0.1, 30) + 50
    plane = principal_plane(vectors)
    variances, exact = torch.linalg.eigh(torch.cov(vectors.double().T))
    torch.testing.assert_close(
        (plane.directions.T @ exact[:, [-1, -2]]).abs(), torch.eye(2).double(), atol=1e-3, rtol=0
    )
    torch.testing.assert_close(plane.shares, variances[[-1, -2]] / variances.sum(), rtol=1e-4, atol=0)


def test_the_plane_of_vectors_without_variance_is_no_error() -> None:
    plane = principal_plane(torch.ones(5, 3))
    assert torch.isfinite(plane.directions).all()
    assert plane.shares.tolist() == [0.0, 0.0]
