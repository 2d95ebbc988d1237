"""Draws the same latents again and again while a run learns."""

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
"""Makes a picture of samples [N, *shape], and of what the game thinks of its surroundings where that can be shown."""


def as_images(samples: Tensor, game: Game) -> Image:
    """Returns a grid of images."""
    return picture(samples)


@dataclass(frozen=True)
class Examples:
    """A few real samples [M, *shape] with their condition [M] or None, the same at every moment of a run."""

    real: Tensor
    condition: Tensor | None


class Samples(Listener):
    """Writes a grid of samples to `samples/` at the start, past every `every` images, and at the end.

    All grids of a run show the same `count` latents, drawn from the run's seed by its averaged
    players, so that two grids differ only by what was learned between them. What else there is to see of a game
    (its panels and clouds, made with `examples`) is written to a folder of its own within `samples/`; of a game that
    generates nothing that is all.
    """

    def __init__(
        self, every: int, count: int = 64, depict: Depict = as_images, examples: Examples | None = None
    ) -> None:
        self.every = every
        self.count = count
        self.depict = depict
        self.examples = examples
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
        if view.averaged.spec.generates:
            file = io.BytesIO()
            draw_picture(view, self.count, self.depict).save(file, format="PNG")
            replace_bytes(sample_path(view.folder, view.images), file.getvalue())
        for name, shown in draw_panels(view.averaged, self.examples, view.seed).items():
            file = io.BytesIO()
            shown.save(file, format="PNG")
            replace_bytes(sample_path(view.folder, view.images, name), file.getvalue())
        self._drawn_at = view.images


def draw_picture(view: View, count: int, depict: Depict) -> Image:
    """Returns a picture of `count` samples of the averaged game, of the same latents at every call."""
    samples = view.averaged.draw_samples(count, view.seed, view.sources(count))
    return depict(samples.detach().float(), view.averaged)


def draw_panels(game: Game, examples: Examples | None, seed: int) -> dict[str, Image]:
    """Returns pictures of the game's panels and clouds, by name; none without `examples`."""
    if examples is None:
        return {}
    real = examples.real.to(game.device)
    told = None if examples.condition is None else examples.condition.to(game.device)
    with game.evaluating():
        panels, clouds = game.sample_grids(real, told, seed), game.scatter_plots(real, told, seed)
    drawn = {name: picture(panel.samples.float().cpu(), panel.columns) for name, panel in panels.items()}
    return drawn | {name: scatter(cloud.points.float().cpu(), cloud.groups.cpu()) for name, cloud in clouds.items()}


def sample_path(folder: Path, images: int, panel: str = "") -> Path:
    """Returns where the grid, or the picture of a panel, belongs that was drawn after `images` images.

    >>> sample_path(Path("run"), 12800).as_posix(), sample_path(Path("run"), 12800, "codes").as_posix()
    ('run/samples/00012800.png', 'run/samples/codes/00012800.png')
    """
    return folder / SAMPLES / panel / f"{images:08d}.png"


def sample_paths(folder: Path, panel: str = "") -> dict[int, Path]:
    """Returns the grids, or a panel's pictures, in a run's folder by the images shown before them, earliest first."""
    found = {int(path.stem): path for path in (folder / SAMPLES / panel).glob("*.png") if path.stem.isdigit()}
    return dict(sorted(found.items()))


def panel_names(folder: Path) -> list[str]:
    """Returns the names of the panels that there are pictures of in a run's folder."""
    home = folder / SAMPLES
    return sorted(path.name for path in home.iterdir() if path.is_dir()) if home.is_dir() else []
