"""Where a run's images come from: the recipe's `data:` section."""

import os
from abc import abstractmethod
from pathlib import Path

from sparring.data.dataset import Dataset
from sparring.data.provenance import Provenance
from sparring.spec import Family

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode images unless told otherwise; Pillow lets them run side by side."""

MEMORY_LIMIT = 2 * 1024**3
"""Bytes of decoded pixels up to which a set is held in memory; larger ones are memory-mapped from a packed copy."""


class Source(Family):
    """A kind of data set, and how its images are read.

    `mirror` flips each image left to right with probability one half whenever it is drawn.
    """

    mirror: bool = False

    @abstractmethod
    def load(self, *, skip_bad: bool = False, workers: int = WORKERS, cache: Path | None = None) -> Dataset:
        """Returns the decoded set, in memory or memory-mapped, ready to be batched.

        Args:
            skip_bad: leave out images that cannot be decoded, and count them, instead of refusing the set.
            workers: threads that decode.
            cache: the folder for downloads and packed copies; `cache_folder()` where none is given.

        Raises:
            DataError: the set is missing, damaged, or does not fit these settings.
            MissingExtraError: an optional package is needed; the message says how to install it.
        """

    def provenance(self, cache: Path | None = None) -> tuple[Provenance, ...]:
        """Returns whose the data is, its licence and its files, which must be there; nothing of data of your own."""
        return ()
