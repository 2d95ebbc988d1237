"""Where a run's samples come from, the recipe's `data:` section, and how they are read."""

import os
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sparring.data.dataset import Dataset
from sparring.data.provenance import Provenance
from sparring.download import cache_folder
from sparring.spec import Family


@dataclass(frozen=True)
class Loading:
    """How a data set is read; nothing here changes a sample.

    Attributes:
        skip_bad: leave out images that cannot be decoded, and count them, instead of refusing the set.
        workers: decoding threads; Pillow decodes in parallel.
        cache: the folder for downloads and packed copies; None takes `cache_folder()`.
        memory_limit: bytes of pixels up to which a set is held in memory; a larger one is memory-mapped from a packed
            copy in the cache.
    """

    skip_bad: bool = False
    workers: int = min(8, os.cpu_count() or 1)
    cache: Path | None = None
    memory_limit: int = 2 * 1024**3

    @property
    def folder(self) -> Path:
        """The folder for downloads and packed copies."""
        return self.cache or cache_folder()


class Source(Family):
    """A kind of data set, and how its samples are read.

    `mirror` flips each image left to right with probability one half each time it is sampled. Other data cannot
    replace those of an `interactive` kind: they come from an environment in which the game acts too.
    """

    interactive: ClassVar[bool] = False

    mirror: bool = False

    @abstractmethod
    def load(self, loading: Loading = Loading()) -> Dataset:
        """Returns the decoded set, in memory or memory-mapped, ready to be batched.

        Raises:
            DataError: the set is missing, damaged, or does not fit these settings.
            MissingExtraError: an optional package is needed; the message says how to install it.
        """

    def provenance(self, loading: Loading = Loading()) -> tuple[Provenance, ...]:
        """Returns origin, licence and files of the published data in this source and in its parts.

        Nothing is returned for your own data. Raises as `load` does.
        """
        parts = (getattr(self, name) for name in type(self).model_fields)
        return tuple(one for part in parts if isinstance(part, Source) for one in part.provenance(loading))
