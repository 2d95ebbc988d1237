"""Training and test parts of a set that was published as one."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Split = Literal["all", "train", "test"]
"""`test` is every tenth image, `train` the others."""

_EVERY = 10


def indices_of(split: Split, count: int) -> NDArray[np.int64]:
    """Returns the indices, of `count` images, that are in `split`.

    >>> indices_of("test", 30), len(indices_of("train", 30))
    (array([ 9, 19, 29]), 27)
    """
    indices = np.arange(count)
    held_out = indices % _EVERY == _EVERY - 1
    chosen: NDArray[np.int64] = indices[{"all": held_out | True, "train": ~held_out, "test": held_out}[split]]
    return chosen
