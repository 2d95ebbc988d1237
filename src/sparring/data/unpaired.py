"""Images of two domains without pairs, for games that translate between them."""

import hashlib
from functools import cached_property
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import model_validator
from torch import Tensor

from sparring.data.dataset import Dataset, DatasetFacts
from sparring.data.jitter import Jitter
from sparring.data.pairs import refuse_mirrors
from sparring.data.size import ImageSize, height_width
from sparring.data.source import Loading, Source
from sparring.errors import DataError
from sparring.network import Condition


class UnpairedImages(Dataset):
    """Images of domain `b`, and as the condition images of domain `a` (Zhu et al. 2017, CycleGAN).

    As with pairs, `a` is translated from and `b` is translated to. The length is that of `b`; each image of `a` is
    sampled uniformly. Every image is cropped and flipped independently. Class labels are dropped.

    Raises:
        DataError: samples that are not images, or of different height or width; a crop larger than they are.
    """

    def __init__(self, a: Dataset, b: Dataset, jitter: Jitter) -> None:
        if len(a.shape) != 3 or len(b.shape) != 3:
            raise DataError(f"data: samples of shapes {a.shape} in a and {b.shape} in b; needs images [C, H, W]")
        (_, *sides), (_, height, width) = a.shape, b.shape
        if sides != [height, width]:
            raise DataError(
                f"data: images of {sides[0]}x{sides[1]} in a and of {height}x{width} in b; both domains need one size, "
                f"for example data.a.size={height}x{width}"
            )
        self.a, self.b, self.jitter = a, b, jitter
        window = jitter.window((height, width))
        super().__init__(
            DatasetFacts(
                name=f"{a.name} and {b.name}, unpaired",
                shape=(b.shape[0], *window),
                depth=b.facts.depth,
                condition=Condition(shape=(a.shape[0], *window)),
                mirror=jitter.mirror,
                skipped=a.facts.skipped + b.facts.skipped,
                left_out=a.facts.left_out + b.facts.left_out,
            )
        )

    def __len__(self) -> int:
        return len(self.b)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of both digests."""
        return hashlib.sha256(f"{self.a.digest} {self.b.digest}".encode()).hexdigest()

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Returns the images of `b` at `indices` [B] and as many of `a`, [B, C, H, W] and [B, C', H, W] in [-1, 1].

        The images of `a` are sampled from `random`, with replacement: a batch is a function of the indices and the
        generator's state.
        """
        others = torch.randint(len(self.a), (len(indices),), generator=random).numpy()
        (b,) = self.jitter(random, self.b.batch(indices, random)[0])
        (a,) = self.jitter(random, self.a.batch(others, random)[0])
        return b, a


class Unpaired(Source):
    """Images of two domains, `a` and `b`, of any number each: two folders, or two styles.

    `crop` cuts a window of that size at a random place whenever an image is read, and `mirror` flips it, independently
    for each image. Zhu et al. 2017 load at 286 and crop 256.
    """

    a: Source
    b: Source
    crop: ImageSize | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse_mirrors(self.a, self.b)
        return self

    def load(self, loading: Loading = Loading()) -> UnpairedImages:
        """Returns the set; raises what both sources do, and `DataError` where their sizes differ."""
        a, b = (source.load(loading) for source in (self.a, self.b))
        return UnpairedImages(a, b, Jitter(self.mirror, None if self.crop is None else height_width(self.crop)))
