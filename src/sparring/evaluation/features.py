"""One pass over a set of samples, in which everything is kept that metrics ask for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sparring.backbones import Backbone, Features, Resizer
from sparring.backbones.extraction import extract_features
from sparring.download import cache_folder
from sparring.errors import RunError
from sparring.evaluation.sets import SampleSet
from sparring.files import replace_bytes
from sparring.metrics.metric import Need, SampleStatistics
from sparring.metrics.statistics.accumulators import Moments, Rows

FOLDS = 5
"""Disjoint parts of a set whose moments are kept apart: how much a score varies among them tells its uncertainty."""

_BLOCK = 1024  # rows a fold's moments are updated with at once: an update costs as much as d rows do
_AHEAD = 2
_FORMAT = "1"
Needs = frozenset[Need]


@dataclass(frozen=True)
class FeatureExtractor:
    """How samples are looked at: images through a `backbone` after the `resizer`, vectors (no backbone) as they are."""

    backbone: Backbone | None
    resizer: Resizer
    device: torch.device
    batch: int = 32

    @property
    def name(self) -> str:
        """All that features depend on beside the samples."""
        if self.backbone is None:
            return "samples"
        return f"{self.backbone.name} {self.backbone.digest} {self.backbone.size} {self.resizer}"

    def extract(self, batches: Iterator[Tensor], ahead: int) -> Iterator[Features]:
        """Yields what each of the `batches` looks like, while `ahead` more of them are made ready."""
        if self.backbone is None:
            return (Features(batch.flatten(1), torch.empty(len(batch), 0)) for batch in batches)
        return extract_features(self.backbone, batches, self.resizer, self.device, ahead=ahead)


def gather(samples: SampleSet, needs: Needs, extractor: FeatureExtractor) -> SampleStatistics:
    """Returns what `needs` asks for of `samples`.

    Raises:
        MetricError: features that are not finite, or images that the backbone cannot see.
    """
    images, labels, features, logits = Rows(), Rows(), Rows(), Rows()
    folds = _Folds(samples.strata)

    def batches() -> Iterator[Tensor]:
        for batch, told in samples.batches(extractor.batch):
            if "images" in needs:
                images.update(batch)
            if told is not None and samples.classes:
                labels.update(told)
            yield batch

    if needs & _FEATURES:
        for seen in extractor.extract(batches(), 0 if samples.computed else _AHEAD):
            if "moments" in needs:
                folds.update(seen.features)
            if "features" in needs:
                features.update(seen.features)
            if "logits" in needs:
                logits.update(seen.logits)
    else:
        for _ in batches():
            pass
    told = labels.rows if samples.classes else None
    return SampleStatistics(samples.count, folds.finished(), features.rows, logits.rows, images.rows, told)


def gather_cached(
    samples: SampleSet,
    needs: Needs,
    extractor: FeatureExtractor,
    tell: Callable[[str], None],
    cache: Path | None = None,
) -> SampleStatistics:
    """Returns what `gather` does; what the backbone made of the samples is read from the cache where it lies there.

    The cache is `reference/` in `cache` (`cache_folder()` where none is given): a file for each need, under a digest
    of samples, backbone, weights and resizer, whole or absent, shared by all runs. A damaged file is made anew; one
    that cannot be written is told of and done without.
    """
    asked = needs & _FEATURES if extractor.backbone else frozenset()
    key = sha256(f"{_FORMAT} {samples.digest} {extractor.name}".encode()).hexdigest()[:32]
    paths = {need: (cache or cache_folder()) / "reference" / f"{key}-{need}.safetensors" for need in asked}
    kept = {need: found for need, path in paths.items() if (found := _read(path)) is not None}
    statistics = gather(samples, needs - kept.keys(), extractor)
    try:
        for need in asked - kept.keys():
            replace_bytes(paths[need], save(_tensors(statistics, need)))
    except RunError as error:
        tell(f"what was seen of the reference is not kept for the next time: {error}")
    return _with_kept(statistics, kept)


_FEATURES: Needs = frozenset({"moments", "features", "logits"})


class _Folds:
    """Moments of `FOLDS` parts of a stream, each of every fifth row, or of every fifth stratum of rows."""

    def __init__(self, strata: int) -> None:
        self._strata = strata
        self._count = 0
        self._moments = tuple(Moments() for _ in range(FOLDS))
        self._waiting: list[Tensor] = []

    def update(self, rows: Tensor) -> None:
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= _BLOCK:
            self.finished()

    def finished(self) -> tuple[Moments, ...]:
        if self._waiting:
            rows, self._waiting = torch.cat(self._waiting), []
            folds = torch.arange(self._count, self._count + len(rows)) // self._strata % FOLDS
            self._count += len(rows)
            for index, moments in enumerate(self._moments):
                moments.update(rows[folds == index])
        return self._moments


def _tensors(statistics: SampleStatistics, need: Need) -> dict[str, Tensor]:
    if need == "moments":
        return {
            f"{index} {name}": value.contiguous()
            for index, fold in enumerate(statistics.folds)
            for name, value in fold.tensors().items()
        }
    return {need: (statistics.features if need == "features" else statistics.logits).contiguous()}


def _with_kept(statistics: SampleStatistics, kept: Mapping[Need, dict[str, Tensor]]) -> SampleStatistics:
    folds = statistics.folds
    if "moments" in kept:
        parts: list[dict[str, Tensor]] = [{} for _ in range(FOLDS)]
        for path, value in kept["moments"].items():
            index, _, name = path.partition(" ")
            parts[int(index)][name] = value
        folds = tuple(map(Moments.of, parts))
    features = kept["features"]["features"] if "features" in kept else statistics.features
    logits = kept["logits"]["logits"] if "logits" in kept else statistics.logits
    return SampleStatistics(statistics.count, folds, features, logits, statistics.images, statistics.labels)


def _read(path: Path) -> dict[str, Tensor] | None:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, SafetensorError):
        return None
