"""Writes a run's numbers and sample grids for TensorBoard."""

from typing import Any

import numpy as np

from sparring.errors import MissingExtraError
from sparring.listeners.samples import Depict, as_images, draw_picture
from sparring.training.listener import Listener, Record, View


class TensorBoard(Listener):
    """Writes event files to `tensorboard/` in the run's folder, with images shown as the horizontal axis.

    A grid of `count` samples is written past every `every` images, where the game generates any. When a run
    resumes, TensorBoard discards the numbers past the checkpoint.
    """

    def __init__(self, every: int, count: int = 64, depict: Depict = as_images) -> None:
        self.every = every
        self.count = count
        self.depict = depict
        self._writer: Any = None

    def begin(self, view: View) -> None:
        """Opens an event file; raises `MissingExtraError` where TensorBoard is not installed."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtraError(
                'TensorBoard is not installed; install it with: pip install "sparring[tensorboard]"'
            ) from error
        purge = view.images + 1 if view.images else None
        self._writer = SummaryWriter(str(view.folder / "tensorboard"), purge_step=purge)

    def step(self, view: View) -> None:
        """Writes a grid of samples if one is due."""
        if view.averaged.spec.generates and view.passed(self.every):
            grid = draw_picture(view, self.count, self.depict).convert("RGB")
            self._writer.add_image("samples", np.asarray(grid), view.images, dataformats="HWC")

    def record(self, view: View, record: Record) -> None:
        """Writes every number of the record as a scalar."""
        numbers = {
            **{
                f"losses/{team}/{name}": loss for team, losses in record.losses.items() for name, loss in losses.items()
            },
            **{f"observations/{name}": value for name, value in record.observations.items()},
            **{f"scores/{name}": value for name, value in record.scores.items()},
            "speed/images_per_second": record.images_per_second,
            "memory/mb": record.memory_mb,
        }
        for name, number in numbers.items():
            self._writer.add_scalar(name, number, record.images)

    def end(self, view: View, status: str) -> None:
        """Flushes and closes the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
