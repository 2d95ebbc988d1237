"""One pass over a set of samples that gathers everything metrics need."""

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
"""Disjoint parts of a set with moments of their own: a score's variation among them estimates its uncertainty."""

_BLOCK = 1024  # rows per update of the folds' moments: an update costs as much as d rows
_AHEAD = 2
_FORMAT = "1"
Needs = frozenset[Need]


@dataclass(frozen=True)
class FeatureExtractor:
    """Extracts features: resize, then backbone; vectors (no backbone) pass through unchanged."""

    backbone: Backbone | None
    resizer: Resizer
    device: torch.device
    batch: int = 32

    @property
    def name(self) -> str:
        """Everything that features depend on except the samples."""
        if self.backbone is None:
            return "samples"
        return f"{self.backbone.name} {self.backbone.digest} {self.backbone.size} {self.resizer}"

    def extract(self, batches: Iterator[Tensor], ahead: int) -> Iterator[Features]:
        """Yields the features of each of `batches`, reading up to `ahead` batches in advance."""
        if self.backbone is None:
            return (Features(batch.flatten(1), torch.empty(len(batch), 0)) for batch in batches)
        return extract_features(self.backbone, batches, self.resizer, self.device, ahead=ahead)


def gather(samples: SampleSet, needs: Needs, extractor: FeatureExtractor) -> SampleStatistics:
    """Returns the statistics of `samples` listed in `needs`.

    Raises:
        MetricError: features that are not finite, or images that the backbone does not support.
    """
    images, labels, features, logits = Rows(), Rows(), Rows(), Rows()
    folds = _Folds(samples.strata)

    def batches() -> Iterator[Tensor]:
        for batch, class_labels in samples.batches(extractor.batch):
            if "images" in needs:
                images.update(batch)
            if class_labels is not None and samples.classes:
                labels.update(class_labels)
            yield batch

    if needs & _EXTRACTED:
        for extracted in extractor.extract(batches(), 0 if samples.computed else _AHEAD):
            if "moments" in needs:
                folds.update(extracted.features)
            if "features" in needs:
                features.update(extracted.features)
            if "logits" in needs:
                logits.update(extracted.logits)
    else:
        for _ in batches():
            pass
    class_labels = labels.rows if samples.classes else None
    return SampleStatistics(samples.count, folds.finished(), features.rows, logits.rows, images.rows, class_labels)


def gather_cached(
    samples: SampleSet,
    needs: Needs,
    extractor: FeatureExtractor,
    warn: Callable[[str], None],
    cache: Path | None = None,
) -> SampleStatistics:
    """Returns the result of `gather`, with the backbone's output read from the cache if it is there.

    The cache is `reference/` in `cache` (by default in `cache_folder()`), shared by all runs: one file per need,
    written atomically, named by a digest of samples, backbone, weights and resizer. A damaged file is replaced; if one
    cannot be written, `warn` is called.
    """
    cacheable = needs & _EXTRACTED if extractor.backbone else frozenset()
    key = sha256(f"{_FORMAT} {samples.digest} {extractor.name}".encode()).hexdigest()[:32]
    paths = {need: (cache or cache_folder()) / "reference" / f"{key}-{need}.safetensors" for need in cacheable}
    cached = {need: tensors for need, path in paths.items() if (tensors := _read(path)) is not None}
    statistics = gather(samples, needs - cached.keys(), extractor)
    try:
        for need in cacheable - cached.keys():
            replace_bytes(paths[need], save(_tensors(statistics, need)))
    except RunError as error:
        warn(f"features of the reference are not cached for the next time: {error}")
    return _with_cached(statistics, cached)


_EXTRACTED: Needs = frozenset({"moments", "features", "logits"})


class _Folds:
    """Moments of `FOLDS` parts of a stream: each takes every fifth row, or every fifth stratum of rows."""

    def __init__(self, strata: int) -> None:
        self._strata = strata
        self._count = 0
        self._moments = tuple(Moments() for _ in range(FOLDS))
        self._buffered: list[Tensor] = []

    def update(self, rows: Tensor) -> None:
        self._buffered.append(rows)
        if sum(map(len, self._buffered)) >= _BLOCK:
            self.finished()

    def finished(self) -> tuple[Moments, ...]:
        if self._buffered:
            rows, self._buffered = torch.cat(self._buffered), []
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


def _with_cached(statistics: SampleStatistics, cached: Mapping[Need, dict[str, Tensor]]) -> SampleStatistics:
    folds = statistics.folds
    if "moments" in cached:
        parts: list[dict[str, Tensor]] = [{} for _ in range(FOLDS)]
        for path, value in cached["moments"].items():
            index, _, name = path.partition(" ")
            parts[int(index)][name] = value
        folds = tuple(map(Moments.of, parts))
    features = cached["features"]["features"] if "features" in cached else statistics.features
    logits = cached["logits"]["logits"] if "logits" in cached else statistics.logits
    return SampleStatistics(statistics.count, folds, features, logits, statistics.images, statistics.labels)


def _read(path: Path) -> dict[str, Tensor] | None:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, SafetensorError):
        return None
