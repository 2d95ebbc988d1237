"""Every class as often as any other."""

import numpy as np

from sparring.data.selection import Selection, members_of_classes
from sparring.data.source import Loading, Source


class Balanced(Source):
    """The samples of a source, those of smaller classes repeated until every class has as many as the largest.

    Batches are drawn from all of them in random order, so that on average each class has an equal share. `mirror` is
    that of the source.
    """

    of: Source

    def load(self, loading: Loading = Loading()) -> Selection:
        """Returns the repeated set; raises `DataError` as the source does, without labels, and for an empty class."""
        data = self.of.load(loading)
        members = list(members_of_classes(data, np.arange(len(data))))
        most = max(len(chosen) for chosen in members)
        indices = np.concatenate([np.resize(chosen, most) for chosen in members])
        labels = np.repeat(np.arange(len(members)), most)
        return Selection(data, indices, f"{data.name}, {most:,} of every class", labels)
