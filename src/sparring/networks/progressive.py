"""The networks of Progressive GAN (Karras et al. 2018), for images of any size and channel count."""

from itertools import pairwise
from math import prod

import torch
from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.functional import pad

from sparring.errors import ShapeError
from sparring.layers.condition import ConditionCheck
from sparring.layers.conditioning import concatenation
from sparring.layers.equalized import GAIN, EqualizedConvolution, EqualizedLinear, activate, normalize_pixels
from sparring.layers.fading import FromImages, ToImages, halve
from sparring.layers.grids import plan_channels, plan_doublings
from sparring.layers.minibatch import MinibatchStandardDeviation
from sparring.layers.scaling import BOX, DownsamplingConvolution, Taps, UpsamplingConvolution
from sparring.network import Condition, Network, Shape
from sparring.network.growing import ProgressiveNetwork


class ProgressiveGenerator(ProgressiveNetwork):
    """Latents on the sphere to images: a base grid, then blocks of two convolutions, each on a grid twice as large.

    Weights have the equalized learning rate, and every pixel is normalized after every activation (Karras et al. 2018,
    sec. 4, table 2). The embedding of a condition is concatenated to the latent. Images are the output of the last
    layer in training, clamped to [-1, 1] in evaluation.
    """

    class Spec(Network.Spec):
        """A grid of 4 · 2ⁱ has `channel_base` / (4 · 2ⁱ) channels, at most `channel_max`."""

        channel_base: PositiveInt = 16384
        channel_max: PositiveInt = 512

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(inputs) != 1 or len(outputs) != 3:
            raise ShapeError(
                f"ProgressiveGenerator maps vectors (n,) to images (C, H, W); asked for {inputs} to {outputs}"
            )
        sizes = plan_doublings((outputs[1], outputs[2]))
        channels = plan_channels(len(sizes), spec.channel_base, spec.channel_max)
        self.conditioner = concatenation(condition, inputs)
        base = _Base(inputs[0] + self.conditioner.added, (channels[0], *sizes[0]))
        larger = (_Larger(*pair, size) for pair, size in zip(pairwise(channels), sizes[1:], strict=True))
        self.blocks = nn.ModuleList([base, *larger])
        self.to_image = ToImages(channels, outputs[0])

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns images [N, C, H, W] for latents [N, n] and, where the network has one, a condition [N]."""
        grids = [normalize_pixels(self.conditioner(inputs, condition))]
        for block in self.blocks:
            grids = [*grids[-1:], block(grids[-1])]
        image: Tensor = self.to_image(grids[-len(self.to_image) :], self.alpha)
        return image if self.training else image.clamp(-1, 1)


class _Base(nn.Module):
    """Latents to a grid of `shape`: a linear layer (the 4x4 convolution of one pixel) and a 3x3 convolution."""

    def __init__(self, inputs: int, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.first = EqualizedLinear(inputs, prod(shape))
        self.second = EqualizedConvolution(shape[0], shape[0], 3)

    def forward(self, latents: Tensor) -> Tensor:
        """Returns [N, *shape] for `latents` [N, n]."""
        grid = normalize_pixels(activate(self.first(latents, GAIN)).view(-1, *self.shape))
        return normalize_pixels(activate(self.second(grid, GAIN)))


class _Larger(nn.Module):
    """`before` channels to `after` on a grid of `size`, twice as large."""

    def __init__(self, before: int, after: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.first = UpsamplingConvolution(before, after, size)
        self.second = EqualizedConvolution(after, after, 3)

    def forward(self, grid: Tensor) -> Tensor:
        """Returns [N, after, *size]."""
        grid = normalize_pixels(activate(self.first(grid, GAIN)))
        return normalize_pixels(activate(self.second(grid, GAIN)))


class ProgressiveDiscriminator(ProgressiveNetwork):
    """Images to scores: the generator in reverse, then the minibatch statistic and two layers.

    A block's second convolution and its downsampling are one operation, as in the published code. A condition y,
    one-hot for classes, adds its own score: s₀(x) + ⟨y, s(x)⟩, the projection discriminator (Miyato & Koyama 2018,
    eq. 3). No other layer depends on it, and all layers fit images of any stage.
    """

    class Spec(Network.Spec):
        """Channels as in the generator; `taps` is the downsampling filter, (1, 3, 3, 1) in StyleGAN."""

        channel_base: PositiveInt = 16384
        channel_max: PositiveInt = 512
        minibatch: MinibatchStandardDeviation | None = MinibatchStandardDeviation(group=4)
        taps: Taps = BOX

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(inputs) != 3 or len(outputs) != 1:
            raise ShapeError(
                f"ProgressiveDiscriminator maps images (C, H, W) to vectors (n,); asked for {inputs} to {outputs}"
            )
        sizes = plan_doublings((inputs[1], inputs[2]))
        channels = plan_channels(len(sizes), spec.channel_base, spec.channel_max)
        self.condition, self.outputs = condition, outputs[0]
        self.check_condition = ConditionCheck(condition)
        self.from_image = FromImages(inputs[0], channels)
        last = _Last((channels[0], *sizes[0]), spec.minibatch)
        larger = (_Smaller(before, after, spec.taps) for after, before in pairwise(channels))
        self.blocks = nn.ModuleList([last, *larger])
        self.head = EqualizedLinear(channels[0], outputs[0] * (1 + condition.size))

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, n] for images [N, C, H, W] and, where the network has one, a condition [N]."""
        scores: Tensor = self.head(self.features(inputs, condition))
        if condition is None:
            return scores
        weights = pad(self.condition.vector(condition).to(scores.dtype), (1, 0), value=1.0)
        return (scores.view(len(weights), self.outputs, -1) * weights[:, None]).sum(2)

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the inputs of the last layer, [N, F], in full precision, for images [N, C, H, W]."""
        image = self.check_condition(inputs, condition)
        last, *inner = self.blocks
        grid = self.from_image(image, len(inner))
        if inner:
            newest = inner.pop()(grid)
            below = self.from_image(halve(image), len(inner))
            grid = torch.lerp(below, newest, self.alpha.to(newest.dtype))
        for block in reversed(inner):
            grid = block(grid)
        features: Tensor = last(grid)
        return features


class _Smaller(nn.Module):
    """`before` channels to `after` on a grid of half the size."""

    def __init__(self, before: int, after: int, taps: Taps) -> None:
        super().__init__()
        self.first = EqualizedConvolution(before, before, 3)
        self.second = DownsamplingConvolution(before, after, taps)

    def forward(self, grid: Tensor) -> Tensor:
        """Returns [N, after, ⌈H/2⌉, ⌈W/2⌉] for `grid` [N, before, H, W]."""
        return activate(self.second(activate(self.first(grid, GAIN)), GAIN))


class _Last(nn.Module):
    """A grid of `shape` (C, H, W) to C numbers, in full precision."""

    def __init__(self, shape: Shape, minibatch: MinibatchStandardDeviation | None) -> None:
        super().__init__()
        self.minibatch = minibatch.layer(shape) if minibatch else None
        widened = self.minibatch.outputs[0] if self.minibatch else shape[0]
        self.first = EqualizedConvolution(widened, shape[0], 3)
        self.second = EqualizedLinear(prod(shape), shape[0])

    def forward(self, grid: Tensor) -> Tensor:
        """Returns [N, C] for `grid` [N, C, H, W]."""
        with torch.autocast(grid.device.type, enabled=False):
            grid = grid.to(torch.promote_types(grid.dtype, torch.float32))
            grid = self.minibatch(grid) if self.minibatch else grid
            return activate(self.second(activate(self.first(grid, GAIN)).flatten(1), GAIN))
