"""The weights of linear and convolution layers as matrices whose rows are filters."""

from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

KernelLayer = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
"""A layer with a kernel."""


def list_layers(network: nn.Module) -> Iterator[KernelLayer]:
    """Yields every linear and (transposed) convolution layer inside `network`."""
    for layer in network.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            yield layer


def list_kernels(network: nn.Module) -> Iterator[Tensor]:
    """Yields the filters [F, D] of each layer, before any reparametrization; see `as_filters`."""
    for layer in list_layers(network):
        path = "parametrizations.weight.original" if is_parametrized(layer, "weight") else "weight"
        yield as_filters(layer, layer.get_parameter(path))


def as_filters(layer: KernelLayer, weight: Tensor) -> Tensor:
    """Returns `weight` of `layer` as a matrix [F, D] with a row for each output channel.

    This is the matrix that spectral normalization divides by its largest singular value: for a convolution
    [out, in · height · width] (Miyato et al. 2018, sec. 2.1). The convolution as an operator on images may
    have a norm of up to √(height · width) times that value.
    """
    return (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).flatten(1)
