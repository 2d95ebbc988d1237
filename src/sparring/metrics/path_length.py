"""Perceptual path length: the smoothness of a generator's images in its latents."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import AfterValidator, Field
from torch import Tensor
from torch.nn import functional

from sparring.errors import MetricError
from sparring.metrics.metric import LatentSpace, Metric, MetricInputs, Need, Value
from sparring.spec import Count
from sparring.tensors.slerp import slerp

Sampling = Literal["full", "ends"]
"""Position of the step on a path between two latents: anywhere, or at its start, which stands for both ends."""


def _check_crop(crop: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    top, bottom, left, right = crop
    if not (0 <= top < bottom <= 1 and 0 <= left < right <= 1):
        raise ValueError(f"got {crop}; needs 0 ≤ top < bottom ≤ 1 and 0 ≤ left < right ≤ 1")
    return crop


Crop = Annotated[tuple[float, float, float, float], AfterValidator(_check_crop)]
"""Top, bottom, left and right of an image crop, as fractions of height and width."""

FACE: Crop = (3 / 8, 7 / 8, 2 / 8, 6 / 8)
"""The crop of StyleGAN's results for faces (CelebA-HQ, FFHQ); other data are not cropped.

From the published code; the paper only says that the crop contains the face.
"""

MAX_HEIGHT = 256
"""Larger images are downsampled to about this height before comparison, as published."""


def path_lengths(
    space: LatentSpace,
    distance: Callable[[Tensor, Tensor], Tensor],
    count: int = 1000,
    sampling: Sampling = "full",
    epsilon: float = 1e-4,
    crop: Crop | None = None,
    seed: int = 0,
    batch: int = 16,
) -> Tensor:
    """Returns d(G(z(t)), G(z(t + ε))) / ε² [count], float64, at random points of paths between random latents.

    z(t) is `slerp` in a `spherical` space and the straight line otherwise; t ~ U(0, 1), or t = 0 for "ends"
    (Karras et al. 2019, sec. 4.1). Both images of a pair have one class. `distance` takes batches of images in
    [-1, 1] and is quadratic for small differences, as LPIPS is: hence ε².

    Such small differences need full float32, whose rounding adds some 1e-3 to a path length. TF32 is a thousand times
    as coarse and adds tens, half precision more. Convolutions therefore run without TF32 here, PyTorch's default on a
    GPU; the generator must not be in half precision.

    Raises:
        MetricError: some distances are not finite.
    """
    start, end, classes = space.draw_ends(count, seed)
    random = torch.Generator().manual_seed(seed)
    times = torch.rand(count, 1, generator=random, dtype=torch.float64) * (sampling == "full")
    along = slerp if space.spherical else torch.lerp
    lengths = []
    with torch.no_grad(), _whole_float32():
        for index in torch.split(torch.arange(count), batch):
            labels = None if classes is None else classes[index.to(classes.device)]
            place = index.to(start.device)
            # Interpolate in float64: in float32, t + 1e-4 would keep three digits of the step.
            path = start[place].double(), end[place].double()
            time = times[index].to(start.device)
            here, there = (along(*path, at).to(start.dtype) for at in (time, time + epsilon))
            images = (_prepared(space.generate(latents, labels), crop) for latents in (here, there))
            lengths.append(distance(*images).cpu().double() / epsilon**2)
    distances = torch.cat(lengths)
    if not bool(torch.isfinite(distances).all()):
        bad = int((~torch.isfinite(distances)).sum())
        raise MetricError(f"PPL: {bad} of {count} path lengths are not finite; the generator has diverged")
    return distances


def trimmed(lengths: Tensor, tail: float = 0.01) -> Tensor:
    """Returns `lengths` [N] without those below their `tail` quantile and those above the 1 - `tail` one.

    The lower quantile is rounded down to one of the lengths, the upper one up, as published (Karras et al. 2019).
    """
    low = lengths.quantile(tail, interpolation="lower")
    high = lengths.quantile(1 - tail, interpolation="higher")
    return lengths[(lengths >= low) & (lengths <= high)]


class PPL(Metric):
    """Perceptual path length in Z: the mean of `path_lengths`, both tails of 1 % left out as published.

    Lower is smoother. It depends on the space (`PPLW` uses W), on the position of the step, on the crop and on the
    perceptual network; compare only values that agree in all of them. Published: 100,000 paths and LPIPS of VGG16; in Z
    and W, "full" and "ends", faces cropped to `FACE` (Karras et al. 2019); 50,000, W, "ends", no crop (Karras et al.
    2020, 2021).
    """

    space: ClassVar[str] = "z"

    needs = frozenset[Need]({"perceptual", "generator"})
    directions = {"PPL": "lower"}
    scope = "perceptual"

    count: Annotated[Count, Field(gt=0)] = 1000
    sampling: Sampling = "full"
    epsilon: Annotated[float, Field(gt=0, le=0.1)] = 1e-4
    crop: Crop | None = None
    tail: Annotated[float, Field(ge=0, lt=0.5)] = 0.01

    @property
    def reference_needs(self) -> frozenset[Need]:
        """Nothing: path lengths need no real samples."""
        return frozenset()

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the mean path length, with its standard error."""
        (name,) = self.directions
        if inputs.perceptual is None or inputs.generator is None:
            raise MetricError(
                f"{name}: needs a generator and a perceptual network; samples in a folder have no path length"
            )
        space = inputs.generator.space(self.space)
        lengths = path_lengths(
            space, inputs.perceptual, self.count, self.sampling, self.epsilon, self.crop, inputs.seed
        )
        kept = trimmed(lengths, self.tail)
        error = float(kept.std() / len(kept) ** 0.5) if len(kept) > 1 else None
        how = (
            f"standard error over {len(kept)} of {self.count} paths; {'slerp' if space.spherical else 'lerp'}, "
            f"{self.sampling}, ε {self.epsilon:g}, {'no crop' if self.crop is None else f'crop {self.crop}'}"
        )
        return (Value(name, float(kept.mean()), error, how),)


class PPLW(PPL):
    """Perceptual path length in W, the intermediate latents of a style network, with linear interpolation.

    The step is taken at the ends of paths, as for StyleGAN2 and later (Karras et al. 2020); see `PPL`.
    """

    directions = {"PPL-W": "lower"}
    space = "w"

    sampling: Sampling = "ends"


def _whole_float32() -> AbstractContextManager[None]:
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    return flags


def _prepared(images: Tensor, crop: Crop | None) -> Tensor:
    height, width = images.shape[2:]
    if crop is not None:
        top, bottom, left, right = crop
        images = images[:, :, int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
    factor = images.shape[2] // MAX_HEIGHT
    return functional.avg_pool2d(images, factor) if factor > 1 else images
