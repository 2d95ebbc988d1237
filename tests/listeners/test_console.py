"""The console: one sane line at any width, plain lines elsewhere, no cost per step."""

import io
import re
import time

import pytest
from rich.console import Console as Terminal

from sparring.listeners.console import Console

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _plain():
    clock = Clock()
    return Console(Terminal(file=io.StringIO()), clock), clock


def _interactive(monkeypatch, width=100):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    clock = Clock()
    terminal = Terminal(
        file=io.StringIO(), force_terminal=True, force_interactive=True, width=width, legacy_windows=False
    )
    return Console(terminal, clock), clock


def _text(console):
    return _ESCAPE.sub("", console.terminal.file.getvalue())


def _play(console, clock, view, steps, seconds_per_step):
    console.begin(view)
    for _ in range(steps):
        view.advance()
        clock.now += seconds_per_step
        console.step(view)
        console.record(view, view.take_record(sliced_wasserstein=0.0312))


def test_plain_lines_are_ten_seconds_apart_and_hold_the_first_and_the_last(view):
    console, clock = _plain()
    _play(console, clock, view, steps=25, seconds_per_step=1.0)
    console.end(view, "finished")
    lines = console.terminal.file.getvalue().splitlines()
    assert [int(step) for step in re.findall(r"step (\d+)", "\n".join(lines[1:-1]))] == [1, 11, 21, 25]
    assert lines[-1].startswith("Finished after 25 steps and 1.6k images")


def test_a_plain_line_says_everything_on_one_line_without_escapes(view):
    console, clock = _plain()
    _play(console, clock, view, steps=1, seconds_per_step=1.0)
    line = console.terminal.file.getvalue().splitlines()[1]
    for part in (
        "1%",
        "step 1",
        "64/10k images",
        "640 images/s",
        "D 1.32  G 0.84",
        "sliced_wasserstein 0.0312",
        "left",
    ):
        assert part in line
    assert "\x1b" not in line


def test_the_live_line_says_everything_and_is_redrawn_in_place(view, monkeypatch):
    console, clock = _interactive(monkeypatch, width=140)
    _play(console, clock, view, steps=3, seconds_per_step=1.0)
    written = console.terminal.file.getvalue()
    console.end(view, "stopped")
    assert "D 1.32  G 0.84" in written
    assert "640 images/s" in written
    assert written.count("\n") == 1  # the opening sentence


def test_ci_gets_plain_lines_even_on_a_terminal(view, monkeypatch):
    console, clock = _interactive(monkeypatch)
    monkeypatch.setenv("CI", "true")
    _play(console, clock, view, steps=1, seconds_per_step=1.0)
    assert "\x1b" not in console.terminal.file.getvalue()


@pytest.mark.parametrize("width", [1, 5, 21, 40, 80, 200])
def test_the_live_line_never_wraps(view, monkeypatch, width):
    console, clock = _interactive(monkeypatch, width)
    view.folder = view.folder.relative_to(view.folder.anchor)
    console.begin(view)
    start = len(console.terminal.file.getvalue())
    view.advance()
    clock.now += 1.0
    console.record(view, view.take_record())
    console.step(view)
    output = _ESCAPE.sub("", console.terminal.file.getvalue()[start:])
    console.end(view, "finished")
    assert all(len(line) < max(width, 2) for line in re.split(r"[\r\n]", output))


def test_the_terminal_is_left_with_its_cursor(view, monkeypatch):
    console, _ = _interactive(monkeypatch)
    console.begin(view)
    console.end(view, "failed")
    written = console.terminal.file.getvalue()
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l")
    assert "Failed after 0 steps" in _text(console)
    assert written.endswith("\n")


def test_resuming_says_from_where(view):
    console, _ = _plain()
    view.advance(20)
    console.begin(view)
    assert "at step 20, 1.28k of 10k images" in _text(console)


def test_checkpoints_are_printed_sparingly_and_the_last_one_at_the_end(view):
    console, clock = _plain()
    console.begin(view)
    for index in range(30):
        clock.now += 60.0
        console.saved(view, view.folder / "checkpoints" / f"{index:08d}")
    console.end(view, "finished")
    assert console.terminal.file.getvalue().count("Saved ") == 3
    assert console.terminal.file.getvalue().rstrip().endswith("00000029")


def test_a_step_between_redraws_costs_microseconds(view, monkeypatch):
    console, _ = _interactive(monkeypatch)
    console.begin(view)
    console.step(view)
    start = time.perf_counter()
    for _ in range(1000):
        console.step(view)
    assert (time.perf_counter() - start) / 1000 < 50e-6
    console.end(view, "finished")


def test_a_run_with_nothing_to_do_can_be_shown(view):
    console, _ = _plain()
    view.target = 0
    console.begin(view)
    console.record(view, view.take_record())
    console.end(view, "finished")
    assert "100%" in _text(console)


def test_a_reader_that_has_gone_does_not_stop_the_run(view):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    console = Console(terminal=Terminal(file=Gone()))
    console.begin(view)
    console.end(view, "finished")
