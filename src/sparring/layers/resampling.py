"""FIR resampling: pad, upsample, filter, downsample, all in one call, by any whole factors and so by any ratio.

Along an axis, a signal x of n numbers becomes

    y[o] = Σ_i x[i] f[o · down + start - i · up]        for 0 ≤ o < length,

f being the taps and zero elsewhere: `up` - 1 zeros are inserted after each number, the result is convolved with f,
and every `down`-th number is kept. Padding only moves `start` and `length`. For all factors this reduces to depthwise
convolutions, strided to shrink and transposed to grow, which are fast in the channels-last layout and have
derivatives of any order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, pad

from sparring.errors import ShapeError
from sparring.layers.grids import Size

PerAxis = tuple[int, int]
"""A number for the height and one for the width."""

Padding = tuple[int, int, int, int]
"""Left, right, top, bottom."""

LONGEST_SQUARE = 6
"""Up to this many separable taps, one pass with their square is faster than a pass along each axis."""


def normalize_taps(taps: Sequence[float]) -> Tensor:
    """Returns `taps` as a float32 filter [K] whose sum is 1, which keeps constant images.

    >>> normalize_taps((1, 3, 3, 1))
    tensor([0.1250, 0.3750, 0.3750, 0.1250])
    """
    weights = torch.tensor(taps, dtype=torch.float32)
    return weights / weights.sum()


def upfirdn(
    images: Tensor,
    taps: Tensor,
    up: int | PerAxis = 1,
    down: int | PerAxis = 1,
    padding: int | Padding = 0,
    gain: float = 1.0,
) -> Tensor:
    """Returns `images` [N, C, H, W] with zeros inserted, padded, convolved with `gain` · `taps`, and thinned out.

    `taps` are [K], short for their outer product with themselves, or [KH, KW]. `up` and `down` are one factor,
    or one for the height and one for the width. `padding` is (left, right, top, bottom), counted after zero insertion
    (`up` - 1 zeros after each number, the last included); negative padding crops.

    The height becomes ⌊(H · up + top + bottom - KH) / down⌋ + 1. Upsampling keeps averages if the
    taps' sum times `gain` is up², the product of the factors.

    Raises:
        ShapeError: factors below 1, taps of another shape, or an empty result.
    """
    left, right, top, bottom = (padding,) * 4 if isinstance(padding, int) else padding
    ups, downs = ((factor, factor) if isinstance(factor, int) else factor for factor in (up, down))
    if min(*ups, *downs) < 1 or taps.dim() not in (1, 2) or not taps.numel() or images.dim() != 4:
        raise ShapeError(
            "upfirdn takes images [N, C, H, W], taps [K] or [KH, KW] and factors of 1 and more; got "
            f"{tuple(images.shape)}, {tuple(taps.shape)}, up={up} and down={down}"
        )
    if images.device.type == "cpu":  # half the time in this layout, even with a copy of the images
        images = images.contiguous(memory_format=torch.channels_last)
    taps = taps.to(images.dtype)
    kernel = (len(taps), len(taps)) if taps.dim() == 1 else (taps.shape[0], taps.shape[1])
    height, width = (
        _Axis.padded(size, count, factors, pads)
        for size, count, factors, pads in zip(
            images.shape[2:], kernel, zip(ups, downs, strict=True), ((top, bottom), (left, right)), strict=True
        )
    )
    if min(height.length, width.length) < 1:
        raise ShapeError(f"upfirdn leaves nothing of images {tuple(images.shape)} with padding {padding}")
    if taps.dim() == 2:
        return _resample(images, taps * gain, height, width)
    if len(taps) <= LONGEST_SQUARE:
        return _resample(images, taps[:, None] * (taps * gain), height, width)
    along = _resample(images, taps[None] * gain, _Axis(1, 1, 0, images.shape[2]), width)
    return _resample(along, taps[:, None], height, _Axis(1, 1, 0, width.length))


def upsample(images: Tensor, taps: Tensor, size: Size) -> Tensor:
    """Returns `images` [N, C, H, W] twice as large, centred, cropped at the end to `size`, 2H or 2H - 1 high."""
    before, after = (len(taps) + 1) // 2, len(taps) // 2 - 1
    bottom, right = (wanted - 2 * side for wanted, side in zip(size, images.shape[2:], strict=True))
    return upfirdn(images, taps, up=2, padding=(before, after + right, before, after + bottom), gain=4)


def downsample(images: Tensor, taps: Tensor) -> Tensor:
    """Returns `images` [N, C, H, W] half as large, centred, ⌈H/2⌉ high."""
    before, after = (len(taps) - 1) // 2, len(taps) // 2 - 1
    height, width = images.shape[2:]
    return upfirdn(images, taps, down=2, padding=(before, after + width % 2, before, after + height % 2))


@dataclass(frozen=True)
class _Axis:
    """The resampling along one axis, in the notation of the module."""

    up: int
    down: int
    start: int
    length: int

    @classmethod
    def padded(cls, size: int, taps: int, factors: PerAxis, pads: PerAxis) -> "_Axis":
        up, down = factors
        return cls(up, down, taps - 1 - pads[0], (size * up + sum(pads) - taps) // down + 1)


def _resample(images: Tensor, taps: Tensor, height: _Axis, width: _Axis) -> Tensor:
    """Returns `images` resampled along both axes by `taps` [KH, KW]."""
    taps, height = _reduce(taps, 0, height)
    taps, width = _reduce(taps, 1, width)
    if height.down == width.down == 1 and max(height.up, width.up) > 1:
        return _transposed(images, taps, height, width)
    if height.up > 1:
        return _interleave([_resample(images, part, axis, width) for part, axis in _phases(taps, 0, height)], 2, height)
    if width.up > 1:
        return _interleave([_resample(images, part, height, axis) for part, axis in _phases(taps, 1, width)], 3, width)
    return _strided(images, taps, height, width)


def _reduce(taps: Tensor, dim: int, axis: _Axis) -> tuple[Tensor, _Axis]:
    """Returns the same resampling with coprime factors, and only the taps that meet a number other than zero."""
    common = gcd(axis.up, axis.down)
    if common == 1:
        return taps, axis
    first, start = axis.start % common, axis.start // common
    return _every(taps, dim, first, common), _Axis(axis.up // common, axis.down // common, start, axis.length)


def _phases(taps: Tensor, dim: int, axis: _Axis) -> list[tuple[Tensor, _Axis]]:
    """Returns taps and axis of outputs r, r + up, r + 2 up, … for each r < up, which share no taps."""
    length = -(-axis.length // axis.up)
    begins = [r * axis.down + axis.start for r in range(axis.up)]
    return [
        (_every(taps, dim, begin % axis.up, axis.up), _Axis(1, axis.down, begin // axis.up, length)) for begin in begins
    ]


def _every(taps: Tensor, dim: int, first: int, step: int) -> Tensor:
    """Returns taps `first`, `first` + `step`, … along `dim`, a zero if there are none."""
    chosen = taps.movedim(dim, 0)[first::step].movedim(0, dim)
    return chosen if chosen.numel() else torch.zeros_like(taps.narrow(dim, 0, 1))


def _interleave(parts: list[Tensor], dim: int, axis: _Axis) -> Tensor:
    return torch.stack(parts, dim + 1).flatten(dim, dim + 1).narrow(dim, 0, axis.length)


def _strided(images: Tensor, taps: Tensor, height: _Axis, width: _Axis) -> Tensor:
    """Returns `images` where both axes have `up` = 1."""
    top, left = (count - 1 - axis.start for axis, count in zip((height, width), taps.shape, strict=True))
    bottom, right = (
        (axis.length - 1) * axis.down + axis.start - size + 1
        for axis, size in zip((height, width), images.shape[2:], strict=True)
    )
    around, down = (top, left), (height.down, width.down)
    # A convolution pads both ends equally; numbers at the end beyond the last step of `down` do no harm.
    if not (0 <= top - bottom < height.down and 0 <= left - right < width.down and min(around) >= 0):
        images, around = pad(images, (left, right, top, bottom)), (0, 0)
    return _shrink(images, _depthwise(taps.flip(0, 1), images), down, around)


def _transposed(images: Tensor, taps: Tensor, height: _Axis, width: _Axis) -> Tensor:
    """Returns `images` where both axes have `down` = 1."""
    axes = (height, width)
    whole = [(size - 1) * axis.up + count for axis, count, size in zip(axes, taps.shape, images.shape[2:], strict=True)]
    ends = [full - axis.start - axis.length for axis, full in zip(axes, whole, strict=True)]
    kernel, up = _depthwise(taps, images), (height.up, width.up)
    if all(axis.start >= 0 and 0 <= axis.start - end < axis.up for axis, end in zip(axes, ends, strict=True)):
        return _grow(images, kernel, up, (height.start, width.start), (height.length, width.length))
    grown = _grow(images, kernel, up, (0, 0), (whole[0], whole[1]))
    return pad(grown, (-width.start, -ends[1], -height.start, -ends[0]))


def _depthwise(taps: Tensor, images: Tensor) -> Tensor:
    return taps.expand(images.shape[1], 1, *taps.shape).contiguous()


class _Shrink(torch.autograd.Function):
    """A strided depthwise convolution by a constant kernel; its adjoint is the transposed one.

    PyTorch's own derivative of a convolution's derivative loops over the channels to differentiate by the kernel.
    """

    @staticmethod
    def forward(ctx: Any, images: Tensor, kernel: Tensor, stride: PerAxis, around: PerAxis) -> Tensor:
        ctx.save_for_backward(kernel)
        ctx.plan = (stride, around, tuple(images.shape[2:]))
        with torch.autocast(images.device.type, enabled=False):
            return conv2d(images, kernel, None, stride, around, groups=images.shape[1])

    @staticmethod
    def backward(ctx: Any, gradients: Tensor) -> tuple[Tensor, None, None, None]:
        return _grow(gradients, *ctx.saved_tensors, *ctx.plan), None, None, None


class _Grow(torch.autograd.Function):
    """A transposed depthwise convolution to images of `size` by a constant kernel."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, kernel: Tensor, stride: PerAxis, around: PerAxis, size: Size) -> Tensor:
        ctx.save_for_backward(kernel)
        ctx.plan = (stride, around)
        inner = zip(images.shape[2:], kernel.shape[2:], stride, around, size, strict=True)
        output_padding = [wanted - (side - 1) * step - taps + 2 * cut for side, taps, step, cut, wanted in inner]
        with torch.autocast(images.device.type, enabled=False):
            return conv_transpose2d(images, kernel, None, stride, around, output_padding, groups=images.shape[1])

    @staticmethod
    def backward(ctx: Any, gradients: Tensor) -> tuple[Tensor, None, None, None, None]:
        return _shrink(gradients, *ctx.saved_tensors, *ctx.plan), None, None, None, None


def _shrink(images: Tensor, kernel: Tensor, stride: PerAxis, around: PerAxis) -> Tensor:
    smaller: Tensor = _Shrink.apply(images, kernel, stride, around)  # type: ignore[no-untyped-call]
    return smaller


def _grow(images: Tensor, kernel: Tensor, stride: PerAxis, around: PerAxis, size: Size) -> Tensor:
    larger: Tensor = _Grow.apply(images, kernel, stride, around, size)  # type: ignore[no-untyped-call]
    return larger
