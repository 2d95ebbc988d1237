"""A set with a part held out from training, to test the game on."""

from typing import Annotated

import numpy as np
from pydantic import Field

from sparring.data.selection import Selection
from sparring.data.source import Loading, Source
from sparring.errors import DataError


class HoldOut(Source):
    """The samples of a source without a `share` of them, held out at random and always the same.

    Set `mirror` in the source.
    """

    of: Source
    share: Annotated[float, Field(gt=0, lt=1)] = 0.1

    def load(self, loading: Loading = Loading()) -> Selection:
        """Returns the training set; raises `DataError` as the source does, and where a part would be empty."""
        data = self.of.load(loading)
        count = round(self.share * len(data))
        if not 0 < count < len(data):
            raise DataError(f"data.share: {self.share} of {data.name}, {len(data)} in all, leaves a part empty")
        held_out, training = np.split(np.random.default_rng(0).permutation(len(data)), [count])
        test = Selection(data, np.sort(held_out), f"{data.name}, held out")
        return Selection(data, np.sort(training), f"{data.name}, {len(training):,} to learn from", held_out=test)
