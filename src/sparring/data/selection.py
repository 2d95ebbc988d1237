"""Samples of another set in an order of their own: some left out, some repeated, some relabelled."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.dataset import Dataset, ScoreFunction
from sparring.data.image_collection import some
from sparring.data.targets import Targets
from sparring.errors import DataError


class Selection(Dataset):
    """The samples of `of` at `indices` [N], with its targets or, in their place, `targets` [N]."""

    def __init__(
        self,
        of: Dataset,
        indices: NDArray[np.int64],
        name: str,
        targets: Targets | None = None,
        held_out: Dataset | None = None,
    ) -> None:
        self.of, self.indices, self.relabelled = of, indices, targets is not None
        if targets is None and of.targets is not None:
            targets = of.targets[indices]
        facts = replace(of.facts, name=name)
        if targets is not None and (self.relabelled or targets.kind == "attributes"):
            facts = replace(facts, condition=targets.condition)
        super().__init__(facts, targets, held_out)

    def __len__(self) -> int:
        return len(self.indices)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of the whole set's digest, the indices and the labels."""
        labels = b"" if self.labels is None else self.labels.tobytes()
        return hashlib.sha256(self.of.digest.encode() + self.indices.tobytes() + labels).hexdigest()

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        samples, condition = self.of.batch(self.indices[indices], random)
        if self.relabelled and self.targets is not None:
            condition = torch.from_numpy(self.targets.values[indices])
        return samples, condition

    def depict(self, samples: Tensor, score: ScoreFunction | None = None) -> Image.Image:
        return self.of.depict(samples, score)


def members_of_classes(data: Dataset, indices: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yields for each class of `data` those of `indices` that belong to it.

    Raises:
        DataError: the set has no labels, or a class has no samples there.
    """
    if data.numbers is not None:
        raise DataError(f"{data.name} has numbers, {some(data.attributes)}, and no classes; use it as it is")
    if data.labels is None:
        raise DataError(f"{data.name} has no labels; give it some (data.of.labels), or use it as it is")
    labels = data.labels[indices]
    for index, name in enumerate(data.classes):
        members = indices[labels == index]
        if not len(members):
            raise DataError(f"{data.name}: class {name!r} has no samples to choose from")
        yield members
