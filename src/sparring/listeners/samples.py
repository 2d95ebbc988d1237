"""Draws the same latents again and again while a run learns."""

import io
from collections.abc import Callable
from pathlib import Path

from PIL.Image import Image
from torch import Tensor

from sparring.data.pictures import picture
from sparring.files import replace_bytes
from sparring.game import Game
from sparring.training.listener import Listener, View

SAMPLES = "samples"
REAL = "real.png"


Depict = Callable[[Tensor, Game], Image]
"""Makes a picture of samples [N, *shape], and of what the game thinks of its surroundings where that can be shown."""


def as_images(samples: Tensor, game: Game) -> Image:
    """Returns a grid of images."""
    return picture(samples)


class Samples(Listener):
    """Writes a grid of samples to `samples/` at the start, past every `every` images, and at the end.

    All grids of a run show the same `count` latents, drawn from the run's seed by its averaged
    players, so that two grids differ only by what was learned between them.
    """

    def __init__(self, every: int, count: int = 64, depict: Depict = as_images) -> None:
        self.every = every
        self.count = count
        self.depict = depict
        self._drawn_at = -1

    def begin(self, view: View) -> None:
        """Draws the untrained game once; a resumed run goes on from the grids that it has."""
        if view.images == 0:
            self._draw(view)

    def step(self, view: View) -> None:
        """Draws where a grid is due."""
        if view.passed(self.every):
            self._draw(view)

    def end(self, view: View, ending: str) -> None:
        """Draws the last state, except of a run that failed: its weights may be the failure."""
        if ending != "failed" and self._drawn_at != view.images:
            self._draw(view)

    def _draw(self, view: View) -> None:
        file = io.BytesIO()
        draw_picture(view, self.count, self.depict).save(file, format="PNG")
        replace_bytes(sample_path(view.folder, view.images), file.getvalue())
        self._drawn_at = view.images


def draw_picture(view: View, count: int, depict: Depict) -> Image:
    """Returns a picture of `count` samples of the averaged game, of the same latents at every call."""
    return depict(view.averaged.draw_samples(count, view.seed).detach().float(), view.averaged)


def sample_path(folder: Path, images: int) -> Path:
    """Returns where the grid belongs that was drawn after `images` images.

    >>> sample_path(Path("run"), 12800).as_posix()
    'run/samples/00012800.png'
    """
    return folder / SAMPLES / f"{images:08d}.png"


def sample_paths(folder: Path) -> dict[int, Path]:
    """Returns the grids in a run's folder by the images shown before them, earliest first."""
    found = {int(path.stem): path for path in (folder / SAMPLES).glob("*.png") if path.stem.isdigit()}
    return dict(sorted(found.items()))
