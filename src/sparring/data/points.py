"""Vectors: toy worlds, state-action pairs, and pictures of them."""

import hashlib
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.dataset import Dataset, DatasetFacts, ScoreFunction, TrueModes

_SIDE = 512
_MARGIN = 0.15
_REAL, _FAKE = (60, 60, 60), (230, 85, 13)
_LOW, _MIDDLE, _HIGH = (np.array(colour, float) for colour in ((198, 219, 239), (250, 250, 250), (199, 233, 192)))

Floats = NDArray[np.float64]


class Points(Dataset):
    """Points [N, d], float32; with their `modes` where they have some."""

    def __init__(self, points: NDArray[np.float32], name: str, modes: TrueModes | None = None) -> None:
        super().__init__(DatasetFacts(name, points.shape[1:]))
        self.points, self.modes = points, modes

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of the points."""
        return hashlib.sha256(self.points.tobytes()).hexdigest()

    @cached_property
    def _tensor(self) -> Tensor:
        return torch.from_numpy(self.points)

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        return self._tensor.index_select(0, torch.from_numpy(np.array(indices, np.int64))), None

    def depict(self, samples: Tensor, score: ScoreFunction | None = None) -> Image.Image:
        """Returns real points (gray) and `samples` (orange), over scores: green is scored as real, blue as generated.

        One-dimensional points become two histograms; points of more than two dimensions are projected to the first two
        principal axes of the real ones, without scores.
        """
        generated = samples.detach().cpu().double().numpy()
        if len(self.points[0]) > 2:
            flat = Points(((self.points - self._mean) @ self._axes).astype(np.float32), self.name)
            return flat.depict(torch.from_numpy((generated - self._mean) @ self._axes))
        if self.shape == (1,):
            return _histograms(self.points[:, 0].astype(float), generated[:, 0])
        low, high = self._window
        canvas = np.full((_SIDE, _SIDE, 3), 250.0) if score is None else _landscape(score, low, high, samples.device)
        _scatter(canvas, self.points[:1500].astype(float), low, high, _REAL, radius=1)
        _scatter(canvas, generated, low, high, _FAKE, radius=2)
        return Image.fromarray(canvas.astype(np.uint8))

    @cached_property
    def _mean(self) -> Floats:
        mean: Floats = self.points.mean(0, dtype=np.float64)
        return mean

    @cached_property
    def _axes(self) -> Floats:
        """The two principal axes, [d, 2]."""
        return np.linalg.svd(self.points - self._mean, full_matrices=False).Vh[:2].T

    @cached_property
    def _window(self) -> tuple[Floats, Floats]:
        low, high = self.points.min(0).astype(float), self.points.max(0).astype(float)
        margin = (high - low).max() * _MARGIN
        return low - margin, high + margin


def _landscape(score: ScoreFunction, low: Floats, high: Floats, device: torch.device, cells: int = 64) -> Floats:
    """Returns an RGB canvas coloured by the scores, squashed to the colour scale by their spread."""
    axes = [torch.linspace(low[axis], high[axis], cells) for axis in (0, 1)]
    across, up = torch.meshgrid(*axes, indexing="xy")
    with torch.no_grad():
        scores = score(torch.stack((across, up), -1).reshape(-1, 2).float().to(device)).float().cpu().numpy()
    scores = scores.reshape(cells, cells)[::-1]
    shade = np.tanh((scores - np.median(scores)) / (scores.std() + 1e-8))[..., None]
    colours: Floats = np.where(shade < 0, _MIDDLE + shade * (_MIDDLE - _LOW), _MIDDLE + shade * (_HIGH - _MIDDLE))
    factor = _SIDE // cells
    enlarged: Floats = colours.repeat(factor, 0).repeat(factor, 1)
    return enlarged


def _scatter(canvas: Floats, points: Floats, low: Floats, high: Floats, colour: tuple[int, ...], radius: int) -> None:
    places = np.rint((points - low) / (high - low) * (_SIDE - 1))
    inside = ((places >= radius) & (places < _SIDE - radius)).all(1)  # NaN is outside too
    columns, rows = places[inside].astype(int).T
    for right in range(-radius, radius + 1):
        for down in range(-radius, radius + 1):
            if right * right + down * down <= radius * radius:
                canvas[_SIDE - 1 - rows + down, columns + right] = colour


def _histograms(real: Floats, generated: Floats, bins: int = 64) -> Image.Image:
    low, high = np.quantile(real, (0.001, 0.999))
    edges = np.linspace(low - 0.2 * (high - low), high + 0.2 * (high - low), bins + 1)
    heights = [np.histogram(values, edges)[0] / max(1, len(values)) for values in (real, generated)]
    canvas: NDArray[Any] = np.full((_SIDE // 2, _SIDE, 3), 250, np.uint8)
    width, scale = _SIDE // bins, (_SIDE // 2 - 10) / max(heights[0].max(), heights[1].max())
    for index in range(bins):
        for height, colour, inset in zip(heights, (_REAL, _FAKE), (0, 2), strict=True):
            top = _SIDE // 2 - int(height[index] * scale)
            canvas[top:, index * width + inset : (index + 1) * width - inset] = colour
    return Image.fromarray(canvas)
