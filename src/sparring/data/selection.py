"""Samples of another set in an order of their own: some left out, some more than once, some without their labels."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.dataset import Dataset, Judge, Labels
from sparring.data.image_collection import some
from sparring.errors import DataError
from sparring.network import Condition


class Selection(Dataset):
    """The samples of `of` at `indices` [N], with `labels` [N] in place of what is told of them, -1 telling no class.

    Without `labels` all that is told of them stays. `held_out` are samples to examine on, and none to learn from.
    """

    def __init__(
        self,
        of: Dataset,
        indices: NDArray[np.int64],
        name: str,
        labels: Labels | None = None,
        held_out: Dataset | None = None,
    ) -> None:
        self.of, self.indices, self.held_out = of, indices, held_out
        self.relabelled = labels is not None
        self.labels = of.labels[indices] if labels is None and of.labels is not None else labels
        self.name = name
        self.numbers = None if self.relabelled or of.numbers is None else of.numbers[indices]
        self.attributes = () if self.relabelled else of.attributes
        self.classes, self.mirror = of.classes, of.mirror
        self.skipped, self.left_out = of.skipped, of.left_out

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.of.shape

    @property
    def depth(self) -> Literal[8, 16]:
        """That of the whole set."""
        return self.of.depth

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of the whole set's digest, of the indices and the labels."""
        told = b"" if self.labels is None else self.labels.tobytes()
        return hashlib.sha256(self.of.digest.encode() + self.indices.tobytes() + told).hexdigest()

    @property
    def condition(self) -> Condition:
        """What `batch` tells beside the samples."""
        return super().condition if self.relabelled or self.numbers is not None else self.of.condition

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns the samples at `indices` [B], float32 [B, *shape], and what is told of them, [B, ...]."""
        samples, told = self.of.batch(self.indices[indices], random)
        return samples, torch.from_numpy(self.labels[indices]) if self.relabelled and self.labels is not None else told

    def depict(self, samples: Tensor, judge: Judge | None = None) -> Image.Image:
        """Returns the picture that the whole set makes of `samples`."""
        return self.of.depict(samples, judge)


def members_of_classes(data: Dataset, indices: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yields for each class of `data` those of `indices` that belong to it.

    Raises:
        DataError: the set has no labels, or a class has no samples there.
    """
    if data.numbers is not None:
        raise DataError(f"{data.name} is told numbers, {some(data.attributes)}, and has no classes; use it as it is")
    if data.labels is None:
        raise DataError(f"{data.name} has no labels; give it some (data.of.labels), or use it as it is")
    labels = data.labels[indices]
    for index, name in enumerate(data.classes):
        members = indices[labels == index]
        if not len(members):
            raise DataError(f"{data.name}: class {name!r} has no samples to choose from")
        yield members
