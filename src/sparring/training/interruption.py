"""Ctrl-C and SIGTERM ask a run to stop after its step; a second one stops at once."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """The signal that asked the run to stop, if any."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def requested(self) -> bool:
        """Whether a signal asked the run to stop."""
        return self.signal is not None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Handles SIGINT and SIGTERM inside the block; only the main thread of a process can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None:
            self.end_process()
        self.signal = number
        print("\nstopping after this step; once more to stop at once", file=sys.stderr)

    def end_process(self) -> None:
        """Raises what the signal would have raised without this handler; returns if there was none."""
        if self.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal is not None:
            raise SystemExit(128 + self.signal)
