"""Pictures of an evaluation: nearest neighbours, realism, a map and score plots."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from sparring.evaluation.plots import draw_map, draw_pairs
from sparring.evaluation.score import MetricScore, append_suffix
from sparring.evaluation.sheet import block, in_row, sheet
from sparring.files import replace_bytes
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.precision_recall import realism
from sparring.metrics.statistics.images import signed
from sparring.metrics.statistics.neighbours import nearest_neighbour

_ROWS, _NEIGHBOURS = 8, 5
_COMPARED = 100  # real images whose median distance to the nearest other one is reported
_ENDS, _COLUMNS, _K = 12, 6, 3


def draw_pictures(inputs: MetricInputs, scores: Sequence[MetricScore] = ()) -> Mapping[str, Image.Image]:
    """Returns pictures of `inputs` by name, as far as they contain enough features and images.

    - `nearest`: the generated samples nearest to the data, each next to its nearest real images.
    - `realism`: the most and the least realistic generated samples, by Kynkäänniemi et al. 2019, eq. 3.
    - `map`: real and generated samples in the plane of the real ones' principal components.
    - `precision_recall`: `scores`, of one evaluation or several, by precision and recall, density and
      coverage.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    real, fake = inputs.real, inputs.fake
    pictures: dict[str, Image.Image] = {}
    if _has_images(real) and _has_images(fake):
        pictures["nearest"] = draw_nearest(real, fake)
    if len(real.features) > _K and _has_images(fake):
        pictures["realism"] = draw_realism(real.features, fake)
    if len(real.features) > 1 and len(fake.features) and real.features.shape[1] > 1:
        pictures["map"] = draw_map(real.features, fake.features, inputs.seed)
    if pairs := draw_pairs(scores):
        pictures["precision_recall"] = pairs
    return pictures


def write_pictures(path: Path, pictures: Mapping[str, Image.Image]) -> list[Path]:
    """Writes each of `pictures` atomically to `path`-NAME.png and returns the paths."""
    written = []
    for name, picture in pictures.items():
        file = io.BytesIO()
        picture.save(file, format="png", optimize=True)
        written.append(append_suffix(path, f"-{name}.png"))
        replace_bytes(written[-1], file.getvalue())
    return written


def draw_nearest(real: SampleStatistics, fake: SampleStatistics) -> Image.Image:
    """Returns the generated samples nearest to the data, nearest first, each next to its five nearest real images.

    Both sets need features and images.
    """
    chosen = nearest_neighbour(fake.features, real.features)[0].argsort(stable=True)[:_ROWS]
    distances, indices = _sorted_distances(fake.features[chosen], real.features)
    left = block("generated", signed(fake.images[chosen]), [f"no. {index}" for index in chosen.tolist()], 1)
    captions = [f"{distance:.3g}" for distance in distances.flatten().tolist()]
    heading = "the nearest real images, with distances"
    right = block(heading, signed(real.images[indices.flatten()]), captions, indices.shape[1])
    note = "If a real image equals the generated one, the generator has copied it."
    if len(real.features) > 1:
        some = real.features[torch.linspace(0, len(real.features) - 1, _COMPARED).long()]
        median = float(torch.cdist(some, real.features).kthvalue(2).values.median())  # the nearest is the image itself
        note = f"{note} The median distance from a real image to its nearest other is {median:.3g}."
    return sheet("Generated samples nearest to the data", note, in_row([left, right]))


def draw_realism(real: Tensor, fake: SampleStatistics) -> Image.Image:
    """Returns the most and the least realistic of `fake`, which needs features and images, given `real` [N, d].

    Raises:
        MetricError: `real` holds three samples or fewer.
    """
    scores = realism(real, fake.features, _K)
    order = scores.argsort(descending=True, stable=True)
    count = min(_ENDS, (len(order) + 1) // 2)
    ends = {"most realistic": order[:count], "least realistic, worst first": order.flip(0)[:count]}
    blocks = [
        block(heading, signed(fake.images[chosen]), [f"{score:.2f}" for score in scores[chosen].tolist()], _COLUMNS)
        for heading, chosen in ends.items()
    ]
    note = (
        "At 1 and above, a sample is nearer to some real image than that image's third real neighbour; inf is a copy."
    )
    return sheet("Realism of generated samples", note, *blocks)


def _has_images(statistics: SampleStatistics) -> bool:
    return statistics.images.ndim == 4 and 0 < len(statistics.features) == len(statistics.images)


def _sorted_distances(rows: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the distances of each of `rows` to its nearest of `others`, ascending, and their indices."""
    exact = torch.cdist(rows.double(), others.double(), compute_mode="donot_use_mm_for_euclid_dist")
    distances, indices = exact.sort(stable=True)
    return distances[:, :_NEIGHBOURS], indices[:, :_NEIGHBOURS]
