"""The plane in which vectors vary most."""

from dataclasses import dataclass

import torch
from torch import Tensor

_DIRECTIONS, _ITERATIONS = 8, 10


@dataclass(frozen=True)
class PrincipalPlane:
    """The plane through `center` [F] spanned by two orthonormal `directions` [F, 2].

    `shares` [2] are the directions' shares of the total variance. A direction that does not exist is zero.
    """

    center: Tensor
    directions: Tensor
    shares: Tensor

    def project(self, vectors: Tensor) -> Tensor:
        """Returns the coordinates [N, 2], float64, of `vectors` [N, F] in the plane."""
        return (vectors.cpu() - self.center).double() @ self.directions


def principal_plane(vectors: Tensor, seed: int = 0) -> PrincipalPlane:
    """Returns the plane of the first two principal components of `vectors` [N, F], on the CPU in float64.

    Subspace iteration from a random start (Halko et al. 2011, algorithm 4.4) takes a fraction of the time of a full
    decomposition. Each direction's sign makes its largest weight positive: pictures of one run do not flip.
    """
    vectors = vectors.cpu()
    centered = vectors.double() - vectors.mean(0, dtype=torch.float64)
    random = torch.Generator().manual_seed(seed)
    size = min(_DIRECTIONS, *vectors.shape)
    basis = torch.randn(vectors.shape[1], size, generator=random, dtype=torch.float64)
    for _ in range(_ITERATIONS):
        basis = torch.linalg.qr(centered.T @ (centered @ basis)).Q
    _, lengths, rotation = torch.linalg.svd(centered @ basis, full_matrices=False)
    directions = (basis @ rotation.T)[:, :2]
    directions *= directions.gather(0, directions.abs().argmax(0, keepdim=True)).sign()
    shares = lengths[:2].square() / centered.square().sum().clamp(min=1e-300)
    missing = (0, 2 - len(shares))
    pad = torch.nn.functional.pad
    return PrincipalPlane(vectors.mean(0), pad(directions, missing), pad(shares, missing))
