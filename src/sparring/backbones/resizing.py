"""Resizes images for backbones exactly as the published tools do, in batches, on any device."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from sparring.backbones.backbone import Resizer
from sparring.errors import MetricError

_BAND = 64
"""Approximate inputs per band of weights: filters are local, and wider matrices multiply mostly zeros."""

_GROUP = 2**20
"""Values resized at once: the intermediate result then stays in the cache, which is a third faster."""

_CHANNELS = (1, 2, 3, 4)


@dataclass(frozen=True)
class _Band:
    """The `weights` [m, stop - start] from inputs `start` to `stop` to m consecutive outputs."""

    start: int
    stop: int
    weights: Tensor


def resize_for_backbone(images: Tensor, size: int, resizer: Resizer = "clean") -> Tensor:
    """Returns `images` uint8 [B, C, H, W] as float32 [B, 3, size, size], 0 to 255, in channels-last memory.

    All three resizers are linear and separable, out = V X Hᵀ, with the weights of their tool:

    - `clean`: clean-fid's "clean" mode (Parmar et al. 2022, https://arxiv.org/abs/2104.11222): Pillow's bicubic
      (a = -0.5), its support widened when shrinking (antialiased), on each channel as float32 (mode F), clipped to
      0 to 255 and never rounded. Equal to Pillow within 2e-4.
    - `legacy-tensorflow`: TensorFlow 1's ResizeBilinear (align_corners and half_pixel_centers both False), which is
      in the graph of the original FID (Heusel et al. 2017): output i is read at i · n / size. Not antialiased.
    - `legacy-pytorch`: `interpolate(mode="bilinear", align_corners=False)`, as in pytorch-fid: output i is read
      at (i + 1/2) · n / size - 1/2. Not antialiased.

    Images that are not square are stretched, as by all of these tools. Gray (1 channel) is repeated. Images with
    opacity (the last of 2 or 4 channels) are composited over white before resizing, without rounding.

    Raises:
        MetricError: the images are not uint8 [B, C, H, W], hold no pixels, or have more than 4 channels.

    >>> black_and_white = torch.tensor([[0, 255]], dtype=torch.uint8).expand(1, 1, 2, 2)
    >>> resize_for_backbone(black_and_white, 4, "legacy-tensorflow")[0, 0, 0]
    tensor([  0.0000, 127.5000, 255.0000, 255.0000])
    >>> resize_for_backbone(black_and_white, 4, "legacy-pytorch")[0, 0, 0]
    tensor([  0.0000,  63.7500, 191.2500, 255.0000])
    """
    _check(images)
    if images.shape[1] in (2, 4):
        images = _over_white(images)
    height, width = images.shape[2:]
    rows, columns = (_bands(count, size, resizer, images.device) for count in (height, width))
    resized = torch.empty(len(images), size, size * 3, device=images.device)
    group = max(1, _GROUP // images.shape[1:].numel())
    for some, into in zip(torch.split(images, group), torch.split(resized, group), strict=True):
        _resize_group(some, rows, columns, into)
    return resized.view(-1, size, size, 3).permute(0, 3, 1, 2)


def _resize_group(images: Tensor, rows: tuple[_Band, ...], columns: tuple[_Band, ...], into: Tensor) -> None:
    """Writes `images` [B, 1 or 3, H, W] `into` [B, size, size · 3]."""
    values = images.float()
    narrow = torch.cat([values[..., band.start : band.stop] @ band.weights.T for band in columns], 3)
    # Repeat gray and move channels last before the rows grow: both cost far more afterwards.
    narrow = narrow.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).flatten(2)
    lines = torch.split(into, [len(band.weights) for band in rows], 1)
    for band, outputs in zip(rows, lines, strict=True):
        torch.bmm(band.weights.expand(len(narrow), -1, -1), narrow[:, band.start : band.stop], out=outputs)
    into.clamp_(0, 255)


def _check(images: Tensor) -> None:
    got = f"images {str(images.dtype).removeprefix('torch.')} {tuple(images.shape)}"
    if images.dtype != torch.uint8 or images.ndim != 4 or 0 in images.shape[1:]:
        raise MetricError(f"resize: got {got}; needs uint8 [B, C, H, W] with pixels in it")
    if images.shape[1] not in _CHANNELS:
        raise MetricError(
            f"resize: got {got}; backbones support gray or RGB, each with or without opacity: convert the channels, or "
            "pass the metrics' functions features of your own network"
        )


def _over_white(images: Tensor) -> Tensor:
    """Composites `images` uint8 [B, C, H, W], whose last channel is opacity, over white: float32 [B, C - 1, H, W]."""
    colour, opacity = images[:, :-1].float(), images[:, -1:].float() / 255
    return torch.lerp(torch.full_like(colour, 255), colour, opacity)


@lru_cache(maxsize=64)
def _bands(count: int, size: int, resizer: Resizer, device: torch.device) -> tuple[_Band, ...]:
    """Returns the weights [size, count] that resize `count` pixels to `size`, split into bands that omit most zeros."""
    bands = []
    for rows in torch.split(_WEIGHTS[resizer](count, size), -(-size * _BAND // max(count, _BAND))):
        used = rows.any(0).nonzero().flatten()
        start, stop = int(used[0]), int(used[-1]) + 1
        bands.append(_Band(start, stop, rows[:, start:stop].contiguous().to(device)))
    return tuple(bands)


def _pillow_bicubic(count: int, size: int) -> Tensor:
    # Row i of the identity, resized, is the contribution of pixel i to each output.
    identity = Image.fromarray(np.eye(count, dtype=np.float32))
    resized = identity.resize((size, count), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(resized)).T


def _tensorflow_bilinear(count: int, size: int) -> Tensor:
    at = torch.arange(size, dtype=torch.float32) * (torch.tensor(count, dtype=torch.float32) / size)
    lower = at.floor().long()
    weights, fraction, outputs = torch.zeros(size, count), at - lower, torch.arange(size)
    weights[outputs, lower] = 1 - fraction
    weights[outputs, (lower + 1).clamp(max=count - 1)] += fraction
    return weights


def _pytorch_bilinear(count: int, size: int) -> Tensor:
    identity = torch.eye(count)[:, None]
    return functional.interpolate(identity, size, mode="linear", align_corners=False)[:, 0].T


_WEIGHTS: dict[Resizer, Callable[[int, int], Tensor]] = {
    "clean": _pillow_bicubic,
    "legacy-tensorflow": _tensorflow_bilinear,
    "legacy-pytorch": _pytorch_bilinear,
}
