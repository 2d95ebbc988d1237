"""Time spent playing, with what listeners take left out."""

import time


class Clock:
    """Runs during moves and stands still between steps.

    Speed is measured between marks, which are set where the device has been waited for: a GPU's
    steps are only queued while they are played.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started = 0.0
        self._images = 0
        self._mark = (0.0, 0)
        self._speed = 0.0

    def start(self) -> None:
        """Runs from now on."""
        self._started = time.perf_counter()

    def stop(self, images: int) -> None:
        """Stands still, after a step that showed `images` images."""
        self.seconds += time.perf_counter() - self._started
        self._images += images

    def mark(self) -> None:
        """Ends a stretch over which speed is measured."""
        seconds, images = self.seconds - self._mark[0], self._images - self._mark[1]
        self._speed = images / seconds if seconds else 0.0
        self._mark = (self.seconds, self._images)

    def images_per_second(self) -> float:
        """Speed between the last two marks, or so far where there is no mark yet; 0 before the first step."""
        return self._speed or (self._images / self.seconds if self.seconds else 0.0)
