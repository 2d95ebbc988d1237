"""Normalizations of activations, and reparametrizations of weights."""

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from sparring.layers.equalized import normalize_pixels
from sparring.layers.kernels import list_layers
from sparring.spec import Family


class Normalization(Family):
    """A layer that normalizes activations [N, C, H, W].

    `cancels_bias`: a bias just before it has no effect.
    """

    cancels_bias: ClassVar[bool] = False

    @abstractmethod
    def layer(self, channels: int) -> nn.Module:
        """Returns the layer for `channels` channels."""


class BatchNorm(Normalization):
    """Statistics over the batch (Ioffe & Szegedy 2015).

    It couples the samples of a batch: a sample's gradient penalty then depends on its neighbours, and WGAN-GP's
    critic does without; R1 trains well with it (recipe `digits`). `affine` adds a learned scale and shift of each
    channel.
    """

    cancels_bias: ClassVar[bool] = True

    affine: bool = True

    def layer(self, channels: int) -> nn.Module:
        return nn.BatchNorm2d(channels, affine=self.affine)


class InstanceNorm(Normalization):
    """Statistics over each channel of each sample (Ulyanov et al. 2016), with learned scale and shift."""

    cancels_bias: ClassVar[bool] = True

    def layer(self, channels: int) -> nn.Module:
        return _InstanceNorm(channels, affine=True)


class _InstanceNorm(nn.InstanceNorm2d):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs) if len(inputs) else inputs  # PyTorch's fails on an empty batch


class LayerNorm(Normalization):
    """Statistics over all of each sample (Ba et al. 2016), a scale and shift a channel, as WGAN-GP's critic uses."""

    def layer(self, channels: int) -> nn.Module:
        return nn.GroupNorm(1, channels)


class PixelNorm(Normalization):
    """Divides the channels of each pixel by their root mean square (Karras et al. 2018, sec. 4.2)."""

    def layer(self, channels: int) -> nn.Module:
        return _PixelNorm()


class _PixelNorm(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return normalize_pixels(inputs)


class NoNorm(Normalization):
    """No normalization."""

    def layer(self, channels: int) -> nn.Module:
        return nn.Identity()


class Reparametrization(Family):
    """A reparametrization of a layer's weights, applied when it is built."""

    @abstractmethod
    def wrap(self, layer: nn.Module) -> nn.Module:
        """Returns `layer` with its weight reparametrized."""


class SpectralNorm(Reparametrization):
    """Divides a weight by its largest singular value, by power iteration (Miyato et al. 2018, algorithm 1).

    The weight of a convolution is reshaped to the matrix [out, in · height · width] (sec. 2.1 there).
    """

    def wrap(self, layer: nn.Module) -> nn.Module:
        return spectral_norm(layer)


def reparametrize(network: nn.Module, reparametrization: Reparametrization | None) -> None:
    """Wraps every linear and (transposed) convolution layer inside `network`, in place; does nothing for None."""
    if reparametrization is not None:
        for layer in list(list_layers(network)):
            reparametrization.wrap(layer)
