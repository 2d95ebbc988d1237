"""A set with few labels, for semi-supervised learning."""

from math import ceil
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeInt, PositiveInt

from sparring.data.dataset import Dataset
from sparring.data.selection import Selection, members_of_classes
from sparring.data.source import Loading, Source
from sparring.data.targets import Targets
from sparring.errors import DataError
from sparring.network import UNLABELLED


class PartlyLabelled(Source):
    """A source with the labels of `labelled` samples only, equally many of each class, chosen by `seed`.

    Labelled samples are repeated until they are at least a `share` of all, which leaves few batches without any.
    The share `held_out` is kept from training, for testing: the same samples whatever the seed.
    """

    of: Source
    labelled: PositiveInt = 100
    seed: NonNegativeInt = 0
    share: Annotated[float, Field(ge=0, lt=1)] = 0.25
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.2

    def load(self, loading: Loading = Loading()) -> Selection:
        """Returns the training set.

        Raises:
            DataError: as the source does; it has no labels, a class has too few samples, or the classes do not
                divide `labelled`.
        """
        data = self.of.load(loading)
        if data.labels is None:
            raise DataError(f"data.of: {data.name} has no labels of classes to keep some of; give it some")
        order = np.random.default_rng(0).permutation(len(data))
        kept = round(self.held_out * len(data))
        held_out, training = np.sort(order[:kept]), np.sort(order[kept:])
        known = self._pick(data, training)
        times = max(1, ceil(self.share / (1 - self.share) * (len(training) - len(known)) / len(known)))
        indices = np.concatenate([np.setdiff1d(training, known), *[known] * times])
        labels = np.where(np.isin(indices, known), data.labels[indices], UNLABELLED)
        name = f"{data.name}, {len(known)} of {len(training):,} labelled"
        test = Selection(data, held_out, f"{data.name}, held out", Targets(data.labels[held_out], data.classes))
        return Selection(data, indices, name, Targets(labels, data.classes), test)

    def _pick(self, data: Dataset, training: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns the indices of the samples that keep their class."""
        members = list(members_of_classes(data, training))
        each, rest = divmod(self.labelled, len(members))
        fewest = min(len(chosen) for chosen in members)
        if rest or each > fewest:
            raise DataError(
                f"data.labelled: {self.labelled} labels for {len(members)} classes, the smallest with {fewest} samples "
                f"to learn from; needs a multiple of {len(members)}, at most {len(members) * fewest}"
            )
        random = np.random.default_rng(self.seed)
        return np.concatenate([random.choice(chosen, each, replace=False) for chosen in members])
