"""A scatter plot of points in a plane, coloured by group."""

import colorsys

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from sparring.errors import ShapeError

_SIDE, _MARGIN, _RADIUS = 512, 24, 2.5
_BACKGROUND, _PATTERN = (250, 250, 250), (205, 205, 205)
_TURN = 0.381966  # golden section of the colour circle: neighbouring groups differ


def scatter(points: Tensor, groups: Tensor) -> Image.Image:
    """Returns `points` [N, 2] as dots, in one colour for each group [N]; gray and below all others for group -1.

    The window holds all of group -1, or all points where there is none, with the same scale on both axes; points that
    lie outside, or are not finite, are omitted.

    Raises:
        ShapeError: the points are not [N, 2], or the groups not [N].
    """
    if points.ndim != 2 or points.shape[1] != 2 or groups.shape != points.shape[:1] or not len(points):
        got = f"points {tuple(points.shape)} and groups {tuple(groups.shape)}"
        raise ShapeError(f"scatter: got {got}; needs [N, 2] and [N], at least one")
    places, kinds = points.double().numpy(), groups.numpy()
    finite = np.isfinite(places).all(1)
    places, kinds = places[finite], kinds[finite]
    framed = places[kinds == -1] if (kinds == -1).any() else places
    low, high = (framed.min(0), framed.max(0)) if len(framed) else (np.zeros(2), np.ones(2))
    spread = max(float((high - low).max()), 1e-12)
    dots = (places - (low + high) / 2) / spread * (_SIDE - 2 * _MARGIN) + _SIDE / 2
    canvas = Image.new("RGB", (_SIDE, _SIDE), _BACKGROUND)
    draw = ImageDraw.Draw(canvas)
    for index in np.argsort(kinds != -1, kind="stable"):
        across, up = dots[index]
        if 0 <= across < _SIDE and 0 <= up < _SIDE:
            draw.circle((across, _SIDE - 1 - up), _RADIUS, fill=_colour(int(kinds[index])))
    return canvas


def _colour(group: int) -> tuple[int, int, int]:
    if group < 0:
        return _PATTERN
    red, green, blue = colorsys.hsv_to_rgb(group * _TURN % 1, 0.75, 0.8)
    return round(red * 255), round(green * 255), round(blue * 255)
