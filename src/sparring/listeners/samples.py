"""Writes sample grids of the same latents during a run."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL.Image import Image
from torch import Tensor

from sparring.data.pictures import picture
from sparring.data.scatter import scatter
from sparring.files import replace_bytes
from sparring.game import Game
from sparring.training.listener import Listener, View

SAMPLES = "samples"
REAL = "real.png"


Depict = Callable[[Tensor, Game], Image]
"""Returns a picture of samples [N, *shape], with the discriminator's scores around them if it has any to show."""


def as_images(samples: Tensor, game: Game) -> Image:
    """Returns a grid of images."""
    return picture(samples)


@dataclass(frozen=True)
class Examples:
    """A few real samples [M, *shape] with their condition [M] or None, always the same during a run."""

    real: Tensor
    condition: Tensor | None


class Samples(Listener):
    """Writes a grid of samples to `samples/` at the start, past every `every` images, and at the end.

    All grids of a run show the same `count` latents, rendered by its averaged players: two grids differ only by the
    training between them. The game's panels and scatter plots of the `examples` go to folders of their own within
    `samples/`; a game that generates nothing has only these.
    """

    def __init__(
        self, every: int, count: int = 64, depict: Depict = as_images, examples: Examples | None = None
    ) -> None:
        self.every = every
        self.count = count
        self.depict = depict
        self.examples = examples
        self._written_at = -1

    def begin(self, view: View) -> None:
        """Writes samples of the untrained game, unless the run is resumed."""
        if view.images == 0:
            self._write(view)

    def step(self, view: View) -> None:
        """Writes samples if they are due."""
        if view.passed(self.every):
            self._write(view)

    def end(self, view: View, status: str) -> None:
        """Writes samples of the last state, except where the run failed: its weights may be the failure."""
        if status != "failed" and self._written_at != view.images:
            self._write(view)

    def _write(self, view: View) -> None:
        if view.averaged.spec.generates:
            file = io.BytesIO()
            draw_picture(view, self.count, self.depict).save(file, format="PNG")
            replace_bytes(sample_path(view.folder, view.images), file.getvalue())
        for name, panel in draw_panels(view.averaged, self.examples, view.seed).items():
            file = io.BytesIO()
            panel.save(file, format="PNG")
            replace_bytes(sample_path(view.folder, view.images, name), file.getvalue())
        self._written_at = view.images


def draw_picture(view: View, count: int, depict: Depict) -> Image:
    """Returns a picture of `count` samples of the averaged game, from the same latents at every call."""
    samples = view.averaged.draw_samples(count, view.seed, view.sources(count))
    return depict(samples.detach().float(), view.averaged)


def draw_panels(game: Game, examples: Examples | None, seed: int) -> dict[str, Image]:
    """Returns pictures of the game's panels and scatter plots, by name; none without `examples`."""
    if examples is None:
        return {}
    real = examples.real.to(game.device)
    condition = None if examples.condition is None else examples.condition.to(game.device)
    with game.evaluating():
        grids, plots = game.sample_grids(real, condition, seed), game.scatter_plots(real, condition, seed)
    pictures = {name: picture(grid.samples.float().cpu(), grid.columns) for name, grid in grids.items()}
    return pictures | {name: scatter(plot.points.float().cpu(), plot.groups.cpu()) for name, plot in plots.items()}


def sample_path(folder: Path, images: int, panel: str = "") -> Path:
    """Returns the path of the grid, or of a panel's picture, after `images` images.

    >>> sample_path(Path("run"), 12800).as_posix(), sample_path(Path("run"), 12800, "codes").as_posix()
    ('run/samples/00012800.png', 'run/samples/codes/00012800.png')
    """
    return folder / SAMPLES / panel / f"{images:08d}.png"


def sample_paths(folder: Path, panel: str = "") -> dict[int, Path]:
    """Returns the grids, or a panel's pictures, in a run's folder by the images shown before them, earliest first."""
    paths = {int(path.stem): path for path in (folder / SAMPLES / panel).glob("*.png") if path.stem.isdigit()}
    return dict(sorted(paths.items()))


def panel_names(folder: Path) -> list[str]:
    """Returns the names of the panels in a run's folder."""
    home = folder / SAMPLES
    return sorted(path.name for path in home.iterdir() if path.is_dir()) if home.is_dir() else []
