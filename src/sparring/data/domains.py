"""Two domains of the same classes: samples of one with labels, of the other without."""

import hashlib
from functools import cached_property
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from pydantic import model_validator
from torch import Tensor

from sparring.data.dataset import Dataset, Judge
from sparring.data.image_collection import some
from sparring.data.selection import Selection
from sparring.data.source import Loading, Source
from sparring.errors import DataError
from sparring.network import UNLABELLED


class Joined(Dataset):
    """The samples of `first`, then those of `second`, of one shape; no labels."""

    def __init__(self, first: Dataset, second: Dataset) -> None:
        self.first, self.second = first, second
        self.name = f"{first.name} and {second.name}"
        self.classes = first.classes
        self.mirror = first.mirror or second.mirror
        self.skipped, self.left_out = first.skipped + second.skipped, first.left_out + second.left_out

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of both."""
        return self.first.shape

    @property
    def depth(self) -> Literal[8, 16]:
        """The larger one."""
        return max(self.first.depth, self.second.depth)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of both digests."""
        return hashlib.sha256(f"{self.first.digest} {self.second.digest}".encode()).hexdigest()

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, None]:
        """Returns the samples at `indices` [B], float32 [B, *shape]."""
        early = indices < len(self.first)
        samples = torch.empty(len(indices), *self.shape)
        samples[torch.from_numpy(early)] = self.first.batch(indices[early], random)[0]
        samples[torch.from_numpy(~early)] = self.second.batch(indices[~early] - len(self.first), random)[0]
        return samples, None

    def depict(self, samples: Tensor, judge: Judge | None = None) -> Image.Image:
        """Returns the picture that the first set makes of `samples`."""
        return self.first.depict(samples, judge)


class Domains(Source):
    """Samples of `source` with their classes, and samples of `target` that are told none, as often as those.

    Both show the same classes. Those of the smaller set are repeated until there are as many as of the larger, so
    that half of a batch, on average, is of either. Labels of the target are hidden; what it holds out (`HoldOut`) keeps
    them, to examine on. Mirroring is set for either by itself.
    """

    source: Source
    target: Source

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.mirror:
            raise ValueError("mirror: set it for a domain by itself: source.mirror, target.mirror")
        return self

    def load(self, loading: Loading = Loading()) -> Selection:
        """Returns the set to learn from.

        Raises:
            DataError: as both sources do; the source has no labels or not all, or a class without samples; the shapes
                or the classes differ.
        """
        source, target = (part.load(loading) for part in (self.source, self.target))
        _check_alike(source, target)
        assert source.labels is not None
        most = max(len(source), len(target))
        here, there = (np.resize(np.arange(len(domain)), most) for domain in (source, target))
        return Selection(
            Joined(source, target),
            np.concatenate([here, len(source) + there]),
            f"{source.name}, labelled, and {target.name}, unlabelled",
            np.concatenate([source.labels[here], np.full(most, UNLABELLED)]),
            target.held_out,
        )


def _check_alike(source: Dataset, target: Dataset) -> None:
    if source.labels is None or (source.labels < 0).any():
        raise DataError(f"data.source: {source.name} does not tell the class of every sample; give it labels")
    if empty := source.empty_classes():
        raise DataError(f"data.source: not one sample of {source.name} belongs to {some(empty)}; add some")
    if source.shape != target.shape:
        here, there = ("x".join(map(str, shape)) for shape in (source.shape, target.shape))
        raise DataError(
            f"data: samples of {here} in the source and of {there} in the target; both domains need one shape, for "
            f"example data.target.size={source.shape[-1]}"
        )
    if target.labels is not None and source.classes != target.classes:
        raise DataError(
            f"data: the source has the classes {', '.join(source.classes)}, the target {', '.join(target.classes)}; "
            "both domains need the same ones"
        )
