"""Every class as often as any other."""

from pathlib import Path

import numpy as np

from sparring.data.selection import Selection, members_of_classes
from sparring.data.source import WORKERS, Source


class Balanced(Source):
    """The samples of a source, those of smaller classes repeated until every class has as many as the largest.

    Batches are drawn from all of them in random order, so that on average each class has an equal share. `mirror` is
    that of the source.
    """

    of: Source

    def load(self, *, skip_bad: bool = False, workers: int = WORKERS, cache: Path | None = None) -> Selection:
        """Returns the repeated set; raises `DataError` as the source does, without labels, and for an empty class."""
        data = self.of.load(skip_bad=skip_bad, workers=workers, cache=cache)
        members = list(members_of_classes(data, np.arange(len(data))))
        most = max(len(chosen) for chosen in members)
        indices = np.concatenate([np.resize(chosen, most) for chosen in members])
        labels = np.repeat(np.arange(len(members)), most)
        return Selection(data, indices, f"{data.name}, {most:,} of every class", labels)
