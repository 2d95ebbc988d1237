"""Pictures of an evaluation: what its numbers look like."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from sparring.evaluation.plots import draw_map, draw_pairs
from sparring.evaluation.score import MetricScore, with_suffix
from sparring.evaluation.sheet import beside, block, sheet
from sparring.files import replace_bytes
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.precision_recall import realism
from sparring.metrics.statistics.images import signed
from sparring.metrics.statistics.neighbours import nearest_neighbour

_ROWS, _NEIGHBOURS = 8, 5
_YARDSTICKS = 100  # real images whose distance to the nearest other one is told
_ENDS, _COLUMNS, _K = 12, 6, 3


def draw_pictures(inputs: MetricInputs, scores: Sequence[MetricScore] = ()) -> Mapping[str, Image.Image]:
    """Returns pictures of `inputs` by name, those for which it holds enough features and images.

    - `nearest`: the generated samples nearest to the data, each beside the real images that it is nearest to.
    - `realism`: the most and the least realistic generated samples, by Kynkäänniemi et al. 2019, eq. 3.
    - `map`: real and generated samples on the plane of the real ones' principal components.
    - `precision_recall`: where `scores`, of one evaluation or several, lie by precision and recall, density and
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
    """Writes each of `pictures` to `path`-NAME.png, whole or not at all, and returns those paths."""
    written = []
    for name, picture in pictures.items():
        file = io.BytesIO()
        picture.save(file, format="png", optimize=True)
        written.append(with_suffix(path, f"-{name}.png"))
        replace_bytes(written[-1], file.getvalue())
    return written


def draw_nearest(real: SampleStatistics, fake: SampleStatistics) -> Image.Image:
    """Returns the generated samples nearest to the data, nearest first, each beside its five nearest real images.

    Both sets need features and images.
    """
    chosen = nearest_neighbour(fake.features, real.features)[0].argsort(stable=True)[:_ROWS]
    distances, places = _sorted_distances(fake.features[chosen], real.features)
    left = block("generated", signed(fake.images[chosen]), [f"no. {index}" for index in chosen.tolist()], 1)
    captions = [f"{distance:.3g}" for distance in distances.flatten().tolist()]
    heading = "the nearest real images, and how far they are"
    right = block(heading, signed(real.images[places.flatten()]), captions, places.shape[1])
    note = "Where a real image is the generated one, the generator has copied it."
    if len(real.features) > 1:
        some = real.features[torch.linspace(0, len(real.features) - 1, _YARDSTICKS).long()]
        usual = float(torch.cdist(some, real.features).kthvalue(2).values.median())  # the nearest is the image itself
        note = f"{note} From one real image to the nearest other it is {usual:.3g} (median)."
    return sheet("Generated samples nearest to the data", note, beside([left, right]))


def draw_realism(real: Tensor, fake: SampleStatistics) -> Image.Image:
    """Returns the most and the least realistic of `fake`, which needs features and images, beside `real` [N, d].

    Raises:
        MetricError: `real` holds three samples or fewer.
    """
    scores = realism(real, fake.features, _K)
    order = scores.argsort(descending=True, stable=True)
    shown = min(_ENDS, (len(order) + 1) // 2)
    ends = {"most realistic": order[:shown], "least realistic, the worst first": order.flip(0)[:shown]}
    blocks = [
        block(heading, signed(fake.images[chosen]), [f"{score:.2f}" for score in scores[chosen].tolist()], _COLUMNS)
        for heading, chosen in ends.items()
    ]
    note = (
        "At 1 and above, a sample is nearer to some real image than that image's third neighbour among the real "
        "ones; inf is a copy."
    )
    return sheet("Realism of generated samples", note, *blocks)


def _has_images(statistics: SampleStatistics) -> bool:
    return statistics.images.ndim == 4 and 0 < len(statistics.features) == len(statistics.images)


def _sorted_distances(rows: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the distances of each of `rows` to its nearest of `others`, ascending, and where those are."""
    exact = torch.cdist(rows.double(), others.double(), compute_mode="donot_use_mm_for_euclid_dist")
    distances, places = exact.sort(stable=True)
    return distances[:, :_NEIGHBOURS], places[:, :_NEIGHBOURS]
