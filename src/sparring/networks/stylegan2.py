"""StyleGAN2 (Karras et al. 2020a) in the variant of StyleGAN2-ADA (2020b), for images of any size and channel count."""

from collections.abc import Sequence
from math import prod, sqrt
from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn

from sparring.errors import ShapeError
from sparring.layers.condition import ConditionCheck
from sparring.layers.equalized import GAIN, EqualizedConvolution, EqualizedLinear, activate
from sparring.layers.grids import Size, plan_channels, plan_doublings
from sparring.layers.mapping import MappingNetwork, MeanLatent
from sparring.layers.minibatch import MinibatchStandardDeviation
from sparring.layers.modulation import TAPS, StyledConvolution, ToImage, UpsamplingStyledConvolution
from sparring.layers.resampling import downsample, normalize_taps, upfirdn, upsample
from sparring.network import Condition, Network, Shape
from sparring.network.style_based import LayerNoise, StyleNetwork

Architecture = Literal["skip", "resnet", "orig"]
"""How the blocks of a network are wired (Karras et al. 2020a, fig. 7).

`skip` adds up images of all sizes, `resnet` goes around each block with a 1x1 convolution, `orig` does neither.
"""

HALF = sqrt(0.5)
"""The gain of each addend of a residual block, so that their sum keeps its variance."""


class StyleGAN2Generator(StyleNetwork):
    """Latents to images: a learned constant on the base grid, then blocks of styled convolutions, each twice as large.

    The base of a square image whose side is a power of two is 4x4; see `plan_doublings` for others.
    """

    class Spec(Network.Spec):
        """A grid of 4 · 2ⁱ has `channel_base` / (4 · 2ⁱ) channels, at most `channel_max`.

        `width` is the length of the intermediate latents; activations are clamped to ±`clamp`, for half precision.
        `mixing` is the probability of styles from two latents in training. `noisy` layers take noise, for random
        detail in photographs, such as hair; drawings have none, and train faster without.
        """

        channel_base: PositiveInt = 16384
        channel_max: PositiveInt = 512
        width: PositiveInt = 512
        mapping_layers: PositiveInt = 8
        architecture: Architecture = "skip"
        mixing: Annotated[float, Field(ge=0, le=1)] = 0.9
        noisy: bool = True
        clamp: PositiveFloat | None = None

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(inputs) != 1 or len(outputs) != 3:
            raise ShapeError(
                f"StyleGAN2Generator maps vectors (n,) to images (C, H, W); asked for {inputs} to {outputs}"
            )
        sizes = plan_doublings((outputs[1], outputs[2]))
        channels = plan_channels(len(sizes), spec.channel_base, spec.channel_max)
        self.width, self.mixing, self.styles = spec.width, spec.mixing, 2 * len(sizes)
        self.mapping = MappingNetwork(inputs[0], condition, spec.width, spec.mapping_layers)
        self.mean_latent = MeanLatent(spec.width)
        self.constant = nn.Parameter(torch.randn(channels[0], *sizes[0]))
        painted = [outputs[0] if spec.architecture == "skip" or size == sizes[-1] else 0 for size in sizes]
        before = [0, *channels[:-1]]
        self.blocks = nn.ModuleList(
            _SynthesisBlock(spec, *of_block) for of_block in zip(before, channels, painted, sizes, strict=True)
        )
        self.register_buffer("taps", normalize_taps(TAPS), persistent=False)
        self.taps: Tensor

    def synthesize(self, ws: Tensor, noise: LayerNoise = ()) -> Tensor:
        latents = ws.unbind(1)
        noises: list[Tensor | None] = [*noise] or [None] * (self.styles - 1)
        noisy = len(self.constant_noise())
        if ws.shape[1:] != (self.styles, self.width) or len(noise) not in (0, noisy):
            raise ShapeError(
                f"StyleGAN2Generator synthesizes [N, {self.styles}, {self.width}] with {noisy} noises or none; got "
                f"{tuple(ws.shape)} with {len(noise)}"
            )
        grid, style = self.constant.expand(len(ws), -1, -1, -1), 0
        image: Tensor | None = None
        for block in self.blocks:
            grid = block(grid, latents[style:], noises[style:])
            style += len(block.layers)  # type: ignore[arg-type]
            if block.to_image is not None:  # shares its style with the next block's first layer
                image = self._add(image, block.to_image(grid, latents[style]))  # type: ignore[operator]
        assert image is not None
        return image

    def _add(self, image: Tensor | None, painted: Tensor) -> Tensor:
        """Returns an image of half the size and the one `painted` over it as one, in full precision."""
        with torch.autocast(painted.device.type, enabled=False):
            painted = painted.to(torch.promote_types(painted.dtype, torch.float32))
            if image is None:
                return painted
            return upsample(image, self.taps, (painted.shape[2], painted.shape[3])).add_(painted)

    def style_weights(self) -> list[Tensor]:
        weights: list[list[Tensor]] = [[] for _ in range(self.styles)]
        style = 0
        for block in self.blocks:
            layers = [*block.layers, *([block.to_image] if block.to_image is not None else [])]  # type: ignore[misc]
            for place, layer in enumerate(layers):
                weights[style + place].append(layer.affine.scaled)
            style += len(block.layers)  # type: ignore[arg-type]
        return [torch.cat(parts) if parts else self.constant.new_zeros(0, self.width) for parts in weights]

    def constant_noise(self) -> list[Tensor]:
        inputs = [layer.noise for block in self.blocks for layer in block.layers]  # type: ignore[union-attr]
        return [noise.constant for noise in inputs if noise is not None]


class _SynthesisBlock(nn.Module):
    """`before` channels to `after` on a grid of `size`, and to an image's `painted` ones; 0 where there are none."""

    def __init__(self, spec: StyleGAN2Generator.Spec, before: int, after: int, painted: int, size: Size) -> None:
        super().__init__()
        self.size = size
        settings = (after, spec.width, size, spec.clamp, spec.noisy)
        grow = [UpsamplingStyledConvolution(before, *settings)] if before else []
        self.layers = nn.ModuleList([*grow, StyledConvolution(after, *settings)])
        around = spec.architecture == "resnet" and before
        self.shortcut = EqualizedConvolution(before, after, 1, bias=False) if around else None
        self.to_image = ToImage(after, painted, spec.width, spec.clamp) if painted else None
        self.register_buffer("taps", normalize_taps(TAPS), persistent=False)
        self.taps: Tensor

    def forward(self, grid: Tensor, latents: Sequence[Tensor], noises: Sequence[Tensor | None]) -> Tensor:
        """Returns [N, after, *size]; each layer takes the next of `latents` and of `noises`."""
        around = None
        if self.shortcut is not None:
            around = upsample(self.shortcut(grid, HALF), self.taps, self.size)
        *hidden, last = zip(self.layers, latents, noises, strict=False)
        for layer, latent, noise in hidden:
            grid = layer(grid, latent, noise)
        layer, latent, noise = last
        grid = layer(grid, latent, noise, 1.0 if around is None else HALF)
        return grid if around is None else around.add_(grid)


class StyleGAN2Discriminator(Network):
    """Images to scores: blocks that halve the grid down to the base, then the minibatch statistic and two layers.

    A condition has its own mapping network; scores are the inner product of its output and the last layer's.
    """

    class Spec(Network.Spec):
        """Channels and `clamp` as in the generator.

        `condition_width` is the size of the mapped condition, after `mapping_layers` layers.
        """

        channel_base: PositiveInt = 16384
        channel_max: PositiveInt = 512
        architecture: Architecture = "resnet"
        minibatch: MinibatchStandardDeviation | None = MinibatchStandardDeviation(group=4)
        condition_width: PositiveInt = 512
        mapping_layers: PositiveInt = 8
        clamp: PositiveFloat | None = None

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(inputs) != 3 or len(outputs) != 1:
            raise ShapeError(
                f"StyleGAN2Discriminator maps images (C, H, W) to vectors (n,); asked for {inputs} to {outputs}"
            )
        sizes = plan_doublings((inputs[1], inputs[2]))
        channels = plan_channels(len(sizes), spec.channel_base, spec.channel_max)
        self.clamp, self.shape = spec.clamp, (channels[0], *sizes[0])
        skips = spec.architecture == "skip"
        levels = range(len(sizes) - 1, 0, -1)
        self.blocks = nn.ModuleList(
            _Block(spec, channels[level], channels[level - 1], inputs[0] if skips or level == levels[0] else 0)
            for level in levels
        )
        reads_image = skips or not levels
        self.from_image = EqualizedConvolution(inputs[0], channels[0], 1) if reads_image else None
        self.minibatch = spec.minibatch.layer(self.shape) if spec.minibatch else None
        widened = self.minibatch.outputs[0] if self.minibatch else channels[0]
        self.convolve = EqualizedConvolution(widened, channels[0], 3)
        self.hidden = EqualizedLinear(prod(self.shape), channels[0])
        self.check_condition = ConditionCheck(condition)
        self.outputs = outputs[0]
        self.mapping = MappingNetwork(0, condition, spec.condition_width, spec.mapping_layers) if condition else None
        self.head = EqualizedLinear(channels[0], outputs[0] * (spec.condition_width if condition else 1))

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, n] for images [N, C, H, W]."""
        features = self.features(inputs, condition)
        scores: Tensor = self.head(features)
        if self.mapping is None:
            return scores
        mapped = self.mapping(inputs.new_empty(len(inputs), 0), condition)
        scores = scores.view(len(mapped), self.outputs, mapped.shape[1]) * mapped[:, None]
        return scores.sum(2) / sqrt(mapped.shape[1])

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the inputs of the last layer, [N, F], in full precision, for images [N, C, H, W]."""
        image: Tensor | None = self.check_condition(inputs, condition)
        grid = None
        for block in self.blocks:
            grid, image = block(grid, image)
        with torch.autocast(inputs.device.type, enabled=False):
            if self.from_image is not None and image is not None:
                grid = _join(grid, activate(self.from_image(image, GAIN), self.clamp))
            assert grid is not None
            grid = grid.to(torch.promote_types(grid.dtype, torch.float32))
            grid = self.minibatch(grid) if self.minibatch else grid
            grid = activate(self.convolve(grid, GAIN), self.clamp)
            return activate(self.hidden(grid.flatten(1), GAIN))


class _Block(nn.Module):
    """`before` channels to `after` on a grid of half the size; reads `channels` of the image, 0 if it does not."""

    def __init__(self, spec: StyleGAN2Discriminator.Spec, before: int, after: int, channels: int) -> None:
        super().__init__()
        self.clamp = spec.clamp
        self.from_image = EqualizedConvolution(channels, before, 1) if channels else None
        self.first = EqualizedConvolution(before, before, 3)
        self.second = EqualizedConvolution(before, after, 3, stride=2)
        around = spec.architecture == "resnet"
        self.shortcut = EqualizedConvolution(before, after, 1, bias=False) if around else None
        self.passes_image = spec.architecture == "skip"
        self.register_buffer("taps", normalize_taps(TAPS), persistent=False)
        self.taps: Tensor

    def forward(self, grid: Tensor | None, image: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Returns the grid and, if a later block reads it, the image, both of half the size."""
        if self.from_image is not None and image is not None:
            grid = _join(grid, activate(self.from_image(image, GAIN), self.clamp))
            image = downsample(image, self.taps) if self.passes_image else None
        assert grid is not None
        height, width = grid.shape[2:]
        gain = HALF if self.shortcut is not None else 1.0
        inner = activate(self.first(grid, GAIN), self.clamp)
        inner = upfirdn(inner, self.taps, padding=(2, 2 + width % 2, 2, 2 + height % 2))
        inner = activate(self.second(inner, GAIN * gain), None if self.clamp is None else self.clamp * gain)
        if self.shortcut is None:
            return inner, image
        return self.shortcut(downsample(grid, self.taps), gain).add_(inner), image


def _join(grid: Tensor | None, from_image: Tensor) -> Tensor:
    return from_image if grid is None else grid + from_image
