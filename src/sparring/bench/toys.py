"""Plays all cells of the toy table, as many at once as there are processors, and goes on where it was stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, current_thread, main_thread

from sparring.bench.cell import Cell, Result, read_result
from sparring.bench.methods import METHODS, WORLDS, cell_recipe
from sparring.errors import RunError, SpecError, nearest

Say = Callable[[str], None]


def list_cells(methods: Sequence[str], worlds: Sequence[str], seeds: int, assignments: Sequence[str]) -> list[Cell]:
    """Returns the table's cells, one seed after the other, the longest worlds first.

    Raises:
        SpecError: no such method or world, no seeds, or assignments that cannot be.
    """
    for given, known in ((methods, METHODS), (worlds, WORLDS)):
        for name in given:
            if name not in known:
                raise SpecError(f"{name!r} is not in the toy table{nearest(name, known)}")
    if seeds < 1:
        raise SpecError(f"seeds: got {seeds}; needs at least 1")
    chosen = [world for world in WORLDS if world in worlds]
    for world in chosen:
        for method in methods:
            cell_recipe(method, world, 0, list(assignments))
    rows = [(world, method) for world in chosen for method in dict.fromkeys(methods)]
    return [Cell(method, world, seed, tuple(assignments)) for seed in range(seeds) for world, method in rows]


def play_cells(cells: Sequence[Cell], home: Path, jobs: int, say: Say) -> list[Result]:
    """Returns the results of `cells`; what `home` holds of them already is not played again.

    Ctrl-C lets every run save itself; the same call again goes on.

    Raises:
        RunError: a cell failed; the others' results stay.
    """
    found = {cell: result for cell in cells if (result := read_result(cell, home)) is not None}
    waiting = [cell for cell in cells if cell not in found]
    if found:
        say(f"{len(found)} of {len(cells)} are there already in {home}")
    players = Players(home)
    with interrupted_by_termination(), ThreadPoolExecutor(max(1, jobs)) as pool:
        asked = {pool.submit(players.play, cell): cell for cell in waiting}
        try:
            for done in as_completed(asked):
                cell = asked[done]
                found[cell] = done.result()
                say(f"{len(found)}/{len(cells)} {_describe(found[cell])}")
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            players.stop()
            if isinstance(error, KeyboardInterrupt):
                say(f"stopped after {len(found)} of {len(cells)}; what was playing is saved: the same command goes on")
            raise
    return [found[cell] for cell in cells]


@contextmanager
def interrupted_by_termination() -> Iterator[None]:
    """Lets SIGTERM mean Ctrl-C, so that processes in sessions of their own are asked to end too."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def count_processors() -> int:
    """Returns how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Players:
    """Processes that play a cell each, with one thread, and can be asked to save themselves and end."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._playing: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self._stopped = False

    def play(self, cell: Cell) -> Result:
        """Plays a cell to its end; raises `RunError` where it fails."""
        folder = cell.folder(self.home)
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "sparring.bench.cell", cell.method, cell.world, str(cell.seed)]
        with (folder / "console.txt").open("ab") as console:
            with self._lock:
                if self._stopped:
                    raise RunError("stopped")
                process = subprocess.Popen(
                    [*command, str(self.home), *cell.assignments],
                    stdout=console,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, "OMP_NUM_THREADS": "1"},
                    start_new_session=True,  # Ctrl-C at a terminal would reach it twice, which means "at once"
                )
                self._playing.add(process)
            process.wait()
            with self._lock:
                self._playing.discard(process)
        result = read_result(cell, self.home)
        if result is None:
            said = (folder / "console.txt").read_text(errors="replace").strip().splitlines()[-1:]
            what = f"{cell.method} on {cell.world}, seed {cell.seed}, failed (exit {process.returncode})"
            raise RunError(f"{what}: {' '.join(said)} ({folder})")
        return result

    def stop(self) -> None:
        """Asks all that play to save and end, and waits for them."""
        with self._lock:
            self._stopped = True
            playing = list(self._playing)
        for process in playing:
            process.send_signal(signal.SIGINT)
        for process in playing:
            process.wait()


def _describe(result: Result) -> str:
    cell = result.cell
    quality = f"{result.high_quality:.1%} high quality, " if result.accuracy is None else ""
    return (
        f"{cell.world}, {cell.method}, seed {cell.seed}: {result.found} of {result.count} modes, {quality}"
        f"KL {result.divergence:.4f}, {result.seconds:.0f} s"
    )
