"""Shows the progress of a run on a terminal."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console as Terminal
from rich.live import Live
from rich.text import Text

from sparring.listeners.formatting import format_count, format_duration
from sparring.training.listener import Listener, Record, View

_REDRAW_SECONDS = 0.5  # rich takes a millisecond: a five hundredth of a run
_PLAIN_SECONDS = 10.0
_SAVED_SECONDS = 600.0
_BAR_CELLS = 20
_STATUSES = {"running": "Stage over"}


class Console(Listener):
    """Prints `notes`, then the progress: on a terminal in a line that is redrawn in place.

    Elsewhere (files, notebooks, CI) it prints a plain line every ten seconds.

    A step costs one reading of the clock, except twice a second. The path of a checkpoint is printed
    at the first one and then every ten minutes.
    """

    def __init__(
        self,
        terminal: Terminal | None = None,
        clock: Callable[[], float] = time.monotonic,
        notes: Sequence[str] = (),
    ) -> None:
        self.notes = tuple(notes)
        self.terminal = terminal or Terminal()
        self.clock = clock
        self._live: Live | None = None
        self._record: Record | None = None
        self._unprinted: Record | None = None
        self._saved: Path | None = None
        self._redraw_at = self._print_at = self._print_saved_at = -float("inf")

    def begin(self, view: View) -> None:
        """Prints the run's folder and, if it resumes, its step; opens the live line."""
        for note in self.notes:
            self._print(note)
        total = format_count(view.target)
        if view.images:
            images = f"{format_count(view.images)} of {total} images"
            self._print(f"Resuming {view.folder} at step {view.step:,}, {images}.")
        else:
            self._print(f"Training in {view.folder} for {total} images.")
        if self.terminal.is_interactive and not os.environ.get("CI"):
            self._live = Live(console=self.terminal, auto_refresh=False)
            self._live.start()
            self.terminal.show_cursor(True)  # a process killed outright cannot give a hidden cursor back

    def step(self, view: View) -> None:
        """Redraws the live line if that is due."""
        if self._live is None:
            return
        now = self.clock()
        if now >= self._redraw_at:
            self._redraw_at = now + _REDRAW_SECONDS
            self._redraw(self._live, view)

    def record(self, view: View, record: Record) -> None:
        """Keeps the numbers for the live line, or prints them if ten seconds have passed."""
        self._record = self._unprinted = record
        if self._live is None and self.clock() >= self._print_at:
            self._print_record(view, record)

    def saved(self, view: View, checkpoint: Path) -> None:
        """Prints the checkpoint's path, at most every ten minutes."""
        self._saved = checkpoint
        if self.clock() >= self._print_saved_at:
            self._print_saved_at = self.clock() + _SAVED_SECONDS
            self._print(f"Saved {checkpoint}")

    def end(self, view: View, status: str) -> None:
        """Closes the live line and prints how the run ended."""
        if self._live is not None:
            self._redraw(self._live, view)
            self._live.stop()
            self._live = None
        elif self._unprinted is not None:
            self._print_record(view, self._unprinted)
        saved = f" Last checkpoint: {self._saved}" if self._saved else ""
        self._print(
            f"{_STATUSES.get(status, status.capitalize())} after {view.step:,} steps and "
            f"{format_count(view.images)} images, {format_duration(view.seconds)} of training.{saved}"
            + (f" Go on with: spar train {view.folder}" if status == "stopped" else "")
        )

    def _redraw(self, live: Live, view: View) -> None:
        width = self.terminal.width
        words = (Text(part) for part in progress_parts(view, self._record))
        live.update(fit((_bar(view, min(_BAR_CELLS, width // 6)), *words), width), refresh=True)

    def _print_record(self, view: View, record: Record) -> None:
        self._print_at = self.clock() + _PLAIN_SECONDS
        self._unprinted = None
        self._print("  ".join(progress_parts(view, record)))

    def _print(self, line: str) -> None:
        with suppress(BrokenPipeError):  # the reader has gone; the run goes on
            if self._live is not None:
                self.terminal.print(line, soft_wrap=True, markup=False, highlight=False)
            else:
                # Not rich: it would wrap at 80 columns in a file, and print HTML in a notebook.
                print(line, file=self.terminal.file, flush=True)


def progress_parts(view: View, record: Record | None) -> tuple[str, ...]:
    """Returns the parts of a progress line, most important first."""
    speed = view.images_per_second
    known = speed > 0 and view.images < view.target
    numbers = compact_losses(record.losses) if record else ""
    scores = "  ".join(f"{name} {score:.4g}" for name, score in record.scores.items()) if record else ""
    parts = (
        f"{_share(view):4.0%}",
        f"{format_duration((view.target - view.images) / speed)} left" if known else "",
        f"step {view.step:,}",
        numbers,
        f"{format_count(speed)} images/s" if speed > 0 else "",
        f"{format_count(view.images)}/{format_count(view.target)} images",
        scores,
    )
    return tuple(part for part in parts if part)


def compact_losses(losses: Mapping[str, Mapping[str, float]]) -> str:
    """Returns each team's initials, or its name where these would be ambiguous, with its total loss.

    >>> compact_losses({"discriminator": {"adversarial": 1.25, "R1": 0.07}, "generator": {"adversarial": 0.84}})
    'D 1.32  G 0.84'
    >>> compact_losses({"generators": {"cycle": 2.0}, "guesser": {"adversarial": 1.0}})
    'generators 2  guesser 1'
    """
    initials = ["".join(word[0].upper() for word in team.split("_") if word) for team in losses]
    labels = initials if len(set(initials)) == len(initials) else list(losses)
    totals = (sum(addends.values()) for addends in losses.values())
    return "  ".join(f"{label} {total:.3g}" for label, total in zip(labels, totals, strict=True))


def fit(parts: Iterable[Text], width: int) -> Text:
    """Returns one line of at most `width` cells: the parts in order, without those that do not fit."""
    line = Text(no_wrap=True, overflow="crop")
    for part in parts:
        gap = 2 if line else 0
        if line.cell_len + gap + part.cell_len < width:  # the last cell stays free: terminals wrap on it
            line.append(" " * gap).append_text(part)
    return line


def _bar(view: View, cells: int) -> Text:
    full = round(cells * _share(view))
    return Text("━" * full, style="cyan").append("━" * (cells - full), style="bright_black")


def _share(view: View) -> float:
    return min(view.images / view.target, 1.0) if view.target else 1.0
