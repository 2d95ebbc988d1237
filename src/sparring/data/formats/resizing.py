"""Bringing images to one size: crop, fit or stretch, always antialiased, for any channel count and depth."""

from typing import Literal

import numpy as np
from PIL import Image

from sparring.data.formats.pixels import Pixels

Resize = Literal["crop", "fit", "stretch", "refuse", "only"]
Filter = Literal["lanczos", "bicubic", "box", "bilinear"]

_FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
}
Window = tuple[float, float, float, float]


def resize_image(image: Pixels, size: tuple[int, int], policy: Resize, filter: Filter, alpha: bool) -> Pixels:
    """Returns `image` [H, W, C] as [height, width, C] of the same type, the same object where the size is right.

    `crop` scales to cover and cuts the centre out; `fit` scales to lie inside and pads with zeros
    (black, transparent where there is alpha); anything else stretches. With `alpha` the last channel
    is opacity, and colours are weighted by it: hidden colours do not bleed over edges.
    """
    height, width = image.shape[:2]
    if (height, width) == size:
        return image
    if policy == "crop":
        return _resample(image, size, _centre(height, width, size), filter, alpha)
    if policy != "fit":
        return _resample(image, size, (0, 0, width, height), filter, alpha)
    scale = min(size[0] / height, size[1] / width)
    inner = max(1, round(height * scale)), max(1, round(width * scale))
    fitted = _resample(image, inner, (0, 0, width, height), filter, alpha)
    padded = np.zeros((*size, image.shape[2]), image.dtype)
    if image.dtype == np.float32:
        padded -= 1.0  # black in [-1, 1]
    top, left = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    padded[top : top + inner[0], left : left + inner[1]] = fitted
    return padded


def _centre(height: int, width: int, size: tuple[int, int]) -> Window:
    """Returns the largest centred window (left, top, right, bottom) with the proportions of `size`."""
    scale = min(height / size[0], width / size[1])
    tall, wide = size[0] * scale, size[1] * scale
    left, top = (width - wide) / 2, (height - tall) / 2
    return max(0.0, left), max(0.0, top), min(float(width), left + wide), min(float(height), top + tall)


def _resample(image: Pixels, size: tuple[int, int], window: Window, filter: Filter, alpha: bool) -> Pixels:
    """Returns the part of `image` in `window` at `size`; float32 throughout, for every depth alike."""
    lowest, highest = (-1.0, 1.0) if image.dtype == np.float32 else (0.0, float(np.iinfo(image.dtype).max))
    planes = (image.astype(np.float32) - lowest) / (highest - lowest)
    if alpha:
        planes[..., :-1] *= planes[..., -1:]
    wanted = (size[1], size[0])
    # Pillow's mode F has one channel only; it is also the one mode that keeps all 16 bits.
    resampled = np.stack(
        [
            np.asarray(Image.fromarray(np.ascontiguousarray(plane)).resize(wanted, _FILTERS[filter], window))
            for plane in np.moveaxis(planes, 2, 0)
        ],
        axis=2,
    )
    if alpha:
        opacity = resampled[..., -1:]
        resampled[..., :-1] = np.divide(
            resampled[..., :-1], opacity, out=np.zeros_like(resampled[..., :-1]), where=opacity > 1e-6
        )
    scaled: Pixels = np.clip(resampled, 0.0, 1.0) * (highest - lowest) + lowest
    return scaled if image.dtype == np.float32 else np.rint(scaled).astype(image.dtype)
