"""Time spent playing, with what listeners take left out, and memory at its peak."""

import sys
import time

import torch


class Clock:
    """Runs during moves and stands still between steps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started: float | None = None
        self._window: list[tuple[float, int]] = []

    def start(self) -> None:
        """Runs from now on."""
        self._started = time.perf_counter()

    def stop(self, images: int) -> None:
        """Stands still, after a step that showed `images` images."""
        if self._started is None:
            return
        passed = time.perf_counter() - self._started
        self._started = None
        self.seconds += passed
        self._window = [*self._window[-49:], (passed, images)]

    def images_per_second(self) -> float:
        """Speed over the last 50 steps; 0 before the first."""
        seconds = sum(passed for passed, _ in self._window)
        return sum(images for _, images in self._window) / seconds if seconds else 0.0


def peak_memory_mb(device: torch.device) -> float:
    """Returns the most memory this process has held, in MB: of the GPU where it trains on one, else resident."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    try:
        import resource
    except ImportError:  # Windows has no such count
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
