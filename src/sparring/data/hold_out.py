"""A set of which a part is kept from training, to examine the game on."""

from typing import Annotated

import numpy as np
from pydantic import Field

from sparring.data.selection import Selection
from sparring.data.source import Loading, Source
from sparring.errors import DataError


class HoldOut(Source):
    """The samples of a source but for a `share` of them, drawn at random and always the same, which are held out.

    `mirror` is that of the source.
    """

    of: Source
    share: Annotated[float, Field(gt=0, lt=1)] = 0.1

    def load(self, loading: Loading = Loading()) -> Selection:
        """Returns the set to learn from; raises `DataError` as the source does, and where a part would be empty."""
        data = self.of.load(loading)
        count = round(self.share * len(data))
        if not 0 < count < len(data):
            raise DataError(f"data.share: {self.share} of {data.name}, {len(data)} in all, leaves a part empty")
        held_out, learned = np.split(np.random.default_rng(0).permutation(len(data)), [count])
        examined = Selection(data, np.sort(held_out), f"{data.name}, held out")
        return Selection(data, np.sort(learned), f"{data.name}, {len(learned):,} to learn from", held_out=examined)
