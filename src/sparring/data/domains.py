"""Two domains of the same classes, one labelled, the other not."""

import hashlib
from functools import cached_property
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from pydantic import model_validator
from torch import Tensor

from sparring.data.dataset import Dataset, DatasetFacts, ScoreFunction
from sparring.data.image_collection import some
from sparring.data.selection import Selection
from sparring.data.source import Loading, Source
from sparring.data.targets import Targets
from sparring.errors import DataError
from sparring.network import UNLABELLED


class Concatenated(Dataset):
    """The samples of `first`, then those of `second`, of one shape; without targets."""

    def __init__(self, first: Dataset, second: Dataset) -> None:
        self.first, self.second = first, second
        here, there = first.facts, second.facts
        super().__init__(
            DatasetFacts(
                name=f"{here.name} and {there.name}",
                shape=here.shape,
                depth=max(here.depth, there.depth),
                mirror=here.mirror or there.mirror,
                skipped=here.skipped + there.skipped,
                left_out=here.left_out + there.left_out,
            )
        )

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of both digests."""
        return hashlib.sha256(f"{self.first.digest} {self.second.digest}".encode()).hexdigest()

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, None]:
        early = indices < len(self.first)
        samples = torch.empty(len(indices), *self.shape)
        samples[torch.from_numpy(early)] = self.first.batch(indices[early], random)[0]
        samples[torch.from_numpy(~early)] = self.second.batch(indices[~early] - len(self.first), random)[0]
        return samples, None

    def depict(self, samples: Tensor, score: ScoreFunction | None = None) -> Image.Image:
        return self.first.depict(samples, score)


class Domains(Source):
    """Labelled `source` samples and unlabelled `target` samples of the same classes, in equal proportion.

    The smaller set is repeated to the size of the larger: half of a batch, on average, comes from either. Labels of
    the target are hidden; the samples that it holds out (`HoldOut`) keep them, for testing. `mirror` is set for each
    domain separately.
    """

    source: Source
    target: Source

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.mirror:
            raise ValueError("mirror: set it for each domain: source.mirror, target.mirror")
        return self

    def load(self, loading: Loading = Loading()) -> Selection:
        """Returns the training set.

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
            Concatenated(source, target),
            np.concatenate([here, len(source) + there]),
            f"{source.name}, labelled, and {target.name}, unlabelled",
            Targets(np.concatenate([source.labels[here], np.full(most, UNLABELLED)]), source.classes),
            target.held_out,
        )


def _check_alike(source: Dataset, target: Dataset) -> None:
    if source.labels is None or (source.labels < 0).any():
        raise DataError(f"data.source: {source.name} does not have the class of every sample; give it labels")
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
