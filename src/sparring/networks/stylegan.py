"""The generator of StyleGAN (Karras et al. 2019), for images of any size and channel count."""

from typing import Annotated

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from sparring.errors import ShapeError
from sparring.layers.adaptive import AdaptiveInstanceNorm
from sparring.layers.equalized import EqualizedConvolution, activate
from sparring.layers.fading import ToImages
from sparring.layers.grids import Size, plan_channels, plan_doublings
from sparring.layers.mapping import MappingNetwork, MeanLatent
from sparring.layers.modulation import TAPS, NoiseInput
from sparring.layers.scaling import UpsamplingConvolution
from sparring.network import Condition, Network, Shape
from sparring.network.growing import ProgressiveNetwork
from sparring.network.style_based import LayerNoise, StyleNetwork


class StyleGANGenerator(StyleNetwork, ProgressiveNetwork):
    """Latents to images: a learned constant, ones at first, then two layers on each grid, with a style and noise.

    A layer is a convolution, noise, leaky ReLU and adaptive instance normalization (Karras et al. 2019, fig. 1b); on
    the base grid the constant stands for the first convolution. Grids grow through the filter (1, 3, 3, 1), the
    network as Progressive GAN's. Its discriminator is `ProgressiveDiscriminator` with these `taps`.
    """

    class Spec(Network.Spec):
        """A grid of 4 · 2ⁱ has `channel_base` / (4 · 2ⁱ) channels, at most `channel_max`.

        `width` is the length of the intermediate latents, after `mapping_layers` layers. `mixing` is the probability
        of styles from two latents in training.
        """

        channel_base: PositiveInt = 16384
        channel_max: PositiveInt = 512
        width: PositiveInt = 512
        mapping_layers: PositiveInt = 8
        mixing: Annotated[float, Field(ge=0, le=1)] = 0.9

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(inputs) != 1 or len(outputs) != 3:
            raise ShapeError(
                f"StyleGANGenerator maps vectors (n,) to images (C, H, W); asked for {inputs} to {outputs}"
            )
        sizes = plan_doublings((outputs[1], outputs[2]))
        channels = plan_channels(len(sizes), spec.channel_base, spec.channel_max)
        self.width, self.mixing, self.styles = spec.width, spec.mixing, 2 * len(sizes)
        self.mapping = MappingNetwork(inputs[0], condition, spec.width, spec.mapping_layers)
        self.mean_latent = MeanLatent(spec.width)
        self.constant = nn.Parameter(torch.ones(channels[0], *sizes[0]))
        before = [0, *channels[:-1]]
        self.blocks = nn.ModuleList(
            _Block(*of_block, spec.width) for of_block in zip(before, channels, sizes, strict=True)
        )
        self.to_image = ToImages(channels, outputs[0])

    def synthesize(self, ws: Tensor, noise: LayerNoise = ()) -> Tensor:
        noises: list[Tensor | None] = [*noise] or [None] * self.styles
        if ws.shape[1:] != (self.styles, self.width) or len(noises) != self.styles:
            raise ShapeError(
                f"StyleGANGenerator synthesizes [N, {self.styles}, {self.width}] with {self.styles} noises or none; "
                f"got {tuple(ws.shape)} with {len(noise)}"
            )
        styles = list(zip(ws.unbind(1), noises, strict=True))
        grids = [self.constant.repeat(len(ws), 1, 1, 1)]
        for level, block in enumerate(self.blocks):
            grids = [*grids[-1:], block(grids[-1], styles[2 * level : 2 * level + 2])]
        image: Tensor = self.to_image(grids[-len(self.to_image) :], self.alpha)
        return image

    def style_weights(self) -> list[Tensor]:
        return [layer.style.affine.scaled for block in self.blocks for layer in block.layers]  # type: ignore[union-attr]

    def constant_noise(self) -> list[Tensor]:
        return [layer.noise.constant for block in self.blocks for layer in block.layers]  # type: ignore[union-attr]


class _Block(nn.Module):
    """Two layers, of `before` channels, 0 for the constant's, to `after` on a grid of `size`."""

    def __init__(self, before: int, after: int, size: Size, width: int) -> None:
        super().__init__()
        enter = UpsamplingConvolution(before, after, size, TAPS) if before else nn.Identity()
        convolutions = (enter, EqualizedConvolution(after, after, 3))
        self.layers = nn.ModuleList(_Layer(convolve, after, size, width) for convolve in convolutions)

    def forward(self, grid: Tensor, styles: list[tuple[Tensor, Tensor | None]]) -> Tensor:
        """Returns [N, after, *size]; each layer takes the next intermediate latent and its noise, if any."""
        for layer, (latent, noise) in zip(self.layers, styles, strict=True):
            grid = layer(grid, latent, noise)
        return grid


class _Layer(nn.Module):
    """`convolve`, noise of a learned strength in each of `channels`, leaky ReLU, and a style for each channel."""

    def __init__(self, convolve: nn.Module, channels: int, size: Size, width: int) -> None:
        super().__init__()
        self.convolve = convolve
        self.noise = NoiseInput(size, channels)
        self.style = AdaptiveInstanceNorm(channels, width)

    def forward(self, grid: Tensor, latent: Tensor, noise: Tensor | None) -> Tensor:
        """Returns [N, channels, H, W] for a `grid`, `latent` [N, width] and `noise` [N or 1, 1, H, W]."""
        # Without the gain of a leaky ReLU, which the normalization would undo.
        grid = self.convolve(grid)
        if noise is not None:
            grid = grid.addcmul_(noise.to(grid.dtype), self.noise.strength.to(grid.dtype))
        styled: Tensor = self.style(activate(grid), latent)
        return styled
