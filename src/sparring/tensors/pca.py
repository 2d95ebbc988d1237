"""The plane in which vectors vary most."""

import torch
from torch import Tensor


def principal_plane(vectors: Tensor) -> Tensor:
    """Returns `vectors` [N, F] by their first two principal components, [N, 2]; zeros where there are fewer.

    Of either sign of a component the one is taken in which its largest weight is positive, so that pictures of one
    run do not flip without need.
    """
    centered = vectors - vectors.mean(0)
    components = torch.linalg.svd(centered, full_matrices=False).Vh[:2]
    largest = components.gather(1, components.abs().argmax(1, keepdim=True))
    plane = centered @ (components * largest.sign()).T
    return torch.nn.functional.pad(plane, (0, 2 - plane.shape[1]))
