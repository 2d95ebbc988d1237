"""Draws the same latents again and again while a run learns."""

import io
from pathlib import Path

from PIL.Image import Image

from sparring.data.pictures import picture
from sparring.files import replace_bytes
from sparring.training.listener import Listener, View

SAMPLES = "samples"
REAL = "real.png"


class Samples(Listener):
    """Writes a grid of samples to `samples/` at the start, past every `every` images, and at the end.

    All grids of a run show the same `count` latents, drawn from the run's seed by its averaged
    players, so that two grids differ only by what was learned between them.
    """

    def __init__(self, every: int, count: int = 64) -> None:
        self.every = every
        self.count = count
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
        draw_grid(view, self.count).save(file, format="PNG")
        replace_bytes(sample_path(view.folder, view.images), file.getvalue())
        self._drawn_at = view.images


def draw_grid(view: View, count: int) -> Image:
    """Returns a grid of `count` samples of the averaged game, of the same latents at every call."""
    return picture(view.averaged.draw_samples(count, view.seed).detach().float().cpu())


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
