"""Trains all cells of the toy table in parallel processes, and resumes after an interruption."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, current_thread, main_thread

from sparring.bench.cell import Cell, CellResult, read_result
from sparring.bench.methods import METHODS, WORLDS, cell_recipe
from sparring.errors import RunError, SpecError, nearest

Say = Callable[[str], None]


def list_cells(methods: Sequence[str], worlds: Sequence[str], seeds: int, assignments: Sequence[str]) -> list[Cell]:
    """Returns the table's cells, one seed after the other, the longest worlds first.

    Raises:
        SpecError: no such method or world, no seeds, or invalid assignments.
    """
    for names, known in ((methods, METHODS), (worlds, WORLDS)):
        for name in names:
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


def play_cells(cells: Sequence[Cell], home: Path, jobs: int, say: Say) -> list[CellResult]:
    """Returns the results of `cells`; those already in `home` are not trained again.

    On Ctrl-C every run saves itself; the same call again resumes.

    Raises:
        RunError: a cell failed; the others' results stay.
    """
    results = {cell: result for cell in cells if (result := read_result(cell, home)) is not None}
    waiting = [cell for cell in cells if cell not in results]
    if results:
        say(f"{len(results)} of {len(cells)} are in {home} already")
    players = Players(home)
    with interrupted_by_termination(), ThreadPoolExecutor(max(1, jobs)) as pool:
        futures = {pool.submit(players.play, cell): cell for cell in waiting}
        try:
            for done in as_completed(futures):
                cell = futures[done]
                results[cell] = done.result()
                say(f"{len(results)}/{len(cells)} {_describe(results[cell])}")
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            players.stop()
            if isinstance(error, KeyboardInterrupt):
                say(
                    f"stopped after {len(results)} of {len(cells)}; unfinished runs are saved: the same command resumes"
                )
            raise
    return [results[cell] for cell in cells]


@contextmanager
def interrupted_by_termination() -> Iterator[None]:
    """Turns SIGTERM into Ctrl-C, which ends processes in sessions of their own too."""
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
    """Processes that train one cell each, with one thread, and can be stopped after saving."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._playing: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self._stopped = False

    def play(self, cell: Cell) -> CellResult:
        """Trains a cell to its end; raises `RunError` where it fails."""
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
                    start_new_session=True,  # otherwise Ctrl-C at a terminal reaches it twice, which means "at once"
                )
                self._playing.add(process)
            process.wait()
            with self._lock:
                self._playing.discard(process)
        result = read_result(cell, self.home)
        if result is None:
            last = (folder / "console.txt").read_text(errors="replace").strip().splitlines()[-1:]
            what = f"{cell.method} on {cell.world}, seed {cell.seed}, failed (exit {process.returncode})"
            raise RunError(f"{what}: {' '.join(last)} ({folder})")
        return result

    def stop(self) -> None:
        """Stops all processes, which save themselves first, and waits for them."""
        with self._lock:
            self._stopped = True
            playing = list(self._playing)
        for process in playing:
            process.send_signal(signal.SIGINT)
        for process in playing:
            process.wait()


def _describe(result: CellResult) -> str:
    cell = result.cell
    quality = f"{result.high_quality:.1%} high quality, " if result.accuracy is None else ""
    return (
        f"{cell.world}, {cell.method}, seed {cell.seed}: {result.found} of {result.count} modes, {quality}"
        f"KL {result.divergence:.4f}, {result.seconds:.0f} s"
    )
