"""Every class equally often."""

import numpy as np

from sparring.data.selection import Selection, members_of_classes
from sparring.data.source import Loading, Source
from sparring.data.targets import Targets


class Balanced(Source):
    """The samples of a source, those of smaller classes repeated until every class is as large as the largest.

    On average each class has an equal share of a batch. Set `mirror` in the source.
    """

    of: Source

    def load(self, loading: Loading = Loading()) -> Selection:
        """Returns the repeated set; raises `DataError` as the source does, without labels, and for an empty class."""
        data = self.of.load(loading)
        members = list(members_of_classes(data, np.arange(len(data))))
        largest = max(len(chosen) for chosen in members)
        indices = np.concatenate([np.resize(chosen, largest) for chosen in members])
        targets = Targets(np.repeat(np.arange(len(members)), largest), data.classes)
        return Selection(data, indices, f"{data.name}, {largest:,} of every class", targets)
