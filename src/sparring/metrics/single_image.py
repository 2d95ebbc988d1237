"""SIFID: the distance of a generated image's patches from those of the one real image."""

from typing import ClassVar

import torch
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.frechet import frechet_distance_of_features
from sparring.metrics.metric import Metric, MetricInputs, Need, Value
from sparring.metrics.statistics.images import check_images, signed

_BATCH = 16


def single_image_frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Returns the Fréchet distance between the vectors at all places of two images' feature maps [c, h, w].

    A location's vector describes a patch: patches of two images are compared like images of two sets by FID
    (Shaham et al. 2019, section 3.2, with the maps of Inception just before its second pooling). Maps may differ in
    height and width, and need at least two places each.

    Raises:
        MetricError: the maps are not [c, h, w] with one c, have one place only, or are not finite.

    >>> maps = torch.arange(12.0).reshape(1, 3, 4)
    >>> round(single_image_frechet_distance(maps, maps.flip(2) + 2), 9)
    4.0
    """
    for name, maps in (("real", real), ("generated", fake)):
        if maps.ndim != 3:
            raise MetricError(f"SIFD: {name} maps have shape {tuple(maps.shape)}; needs [c, h, w]")
    return frechet_distance_of_features(real.flatten(1).T, fake.flatten(1).T)


class SIFD(Metric):
    """The single-image Fréchet distance of each generated image to the one real image, averaged (Shaham et al. 2019).

    With the original Inception's maps it is SIFID. A copy of the real image scores 0: report it together with
    a measure of diversity.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"images", "maps"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"SIFD": "lower"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the mean over generated images, and their standard deviation if there are several."""
        real, fake = inputs.real.images, inputs.fake.images
        check_images("SIFD", 1, real=real)
        check_images("SIFD", 1, generated=fake)
        if len(real) > 1:
            raise MetricError(f"SIFD: the reference holds {len(real)} images; needs a single one, or choose FD")
        if inputs.maps is None:
            raise MetricError("SIFD: there are no early feature maps; choose a backbone that has them")
        with torch.no_grad():
            (reference,) = inputs.maps(signed(real))
            maps = (each for batch in torch.split(fake, _BATCH) for each in inputs.maps(signed(batch)))
            distances = torch.tensor([single_image_frechet_distance(reference, each) for each in maps])
        deviation = float(distances.std()) if len(distances) > 1 else None
        return (Value("SIFD", float(distances.mean()), deviation, f"over {len(distances)} generated images"),)
