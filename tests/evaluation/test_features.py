"""One pass over a set gathers what metrics need, and cached features are not extracted again."""

from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
import torch

from sparring.data import Images, Points, Targets
from sparring.evaluation.features import FOLDS, FeatureExtractor, gather, gather_cached
from sparring.evaluation.sets import DataSamples
from sparring.metrics.statistics.accumulators import Moments

CPU = torch.device("cpu")
ALL = frozenset({"moments", "features", "logits", "images", "labels"})


@pytest.fixture
def samples():
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (23, 1, 16, 16), dtype=np.uint8)
    return DataSamples(Images(pixels, Targets(np.arange(23) % 3, ("a", "b", "c"))))


def test_a_pass_gathers_what_is_needed_in_the_order_of_the_samples(samples, backbone):
    statistics = gather(samples, ALL, FeatureExtractor(backbone, "clean", CPU, batch=7))
    direct = backbone.extract(statistics.images.float().repeat(1, 3, 1, 1))
    assert torch.allclose(statistics.features, direct.features, atol=1e-4)
    assert torch.allclose(statistics.logits, direct.logits, atol=1e-4)
    assert statistics.labels.tolist() == [index % 3 for index in range(23)]
    assert statistics.images.shape == (23, 1, 16, 16)


def test_moments_of_the_folds_are_those_of_the_features(samples, backbone):
    statistics = gather(samples, ALL, FeatureExtractor(backbone, "clean", CPU, batch=7))
    assert len(statistics.folds) == FOLDS
    assert sorted(fold.count for fold in statistics.folds) == [4, 4, 5, 5, 5]
    whole = reduce(Moments.merged, statistics.folds)
    assert torch.allclose(whole.covariance, torch.cov(statistics.features.double().T), rtol=1e-8)
    assert torch.allclose(statistics.moments.mean, statistics.features.double().mean(0), rtol=1e-8)


def test_what_is_not_needed_is_not_kept(samples, backbone):
    statistics = gather(samples, frozenset({"images"}), FeatureExtractor(backbone, "clean", CPU))
    assert statistics.features.numel() == 0
    assert not any(fold.count for fold in statistics.folds)


def test_vectors_are_their_own_features():
    points = np.random.default_rng(0).standard_normal((9, 2)).astype(np.float32)
    statistics = gather(
        DataSamples(Points(points, "ring")), frozenset({"features"}), FeatureExtractor(None, "clean", CPU)
    )
    assert statistics.features.equal(torch.from_numpy(points))


class Counting:
    """Counts the calls of a backbone."""

    def __init__(self, backbone):
        self.count = 0
        backbone.network.register_forward_hook(self.count_call)

    def count_call(self, *_):
        self.count += 1


def test_features_are_read_from_the_cache(samples, backbone, tmp_path):
    calls, extractor = Counting(backbone), FeatureExtractor(backbone, "clean", CPU)
    first = gather_cached(samples, ALL, extractor, print, tmp_path)
    before = calls.count
    again = gather_cached(samples, ALL, extractor, print, tmp_path)
    assert calls.count == before > 0
    for name in ("features", "logits", "images", "labels"):
        assert getattr(first, name).equal(getattr(again, name))
    assert first.moments.scatter.equal(again.moments.scatter)


def test_the_cache_distinguishes_samples_and_resizers(samples, backbone, tmp_path):
    gather_cached(samples, ALL, FeatureExtractor(backbone, "clean", CPU), print, tmp_path)
    calls = Counting(backbone)
    gather_cached(samples, ALL, FeatureExtractor(backbone, "legacy-pytorch", CPU), print, tmp_path)
    gather_cached(DataSamples(samples.data, 5), ALL, FeatureExtractor(backbone, "clean", CPU), print, tmp_path)
    gather_cached(samples, ALL, FeatureExtractor(replace(backbone, size=20), "clean", CPU), print, tmp_path)
    assert calls.count == 3


def test_an_unwritable_cache_is_reported_and_skipped(samples, backbone, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    messages = []
    statistics = gather_cached(
        samples, ALL, FeatureExtractor(backbone, "clean", CPU), messages.append, tmp_path / "file"
    )
    assert statistics.features.shape == (23, 16)
    assert "not cached" in messages[0]


def test_folds_of_samples_generated_class_by_class_hold_every_class(samples, backbone):
    samples.strata = 3
    folds = gather(samples, ALL, FeatureExtractor(backbone, "clean", CPU, batch=7)).folds
    assert sorted(fold.count for fold in folds) == [3, 3, 5, 6, 6]


def test_a_damaged_cache_is_replaced(samples, backbone, tmp_path):
    extractor = FeatureExtractor(backbone, "clean", CPU)
    first = gather_cached(samples, ALL, extractor, print, tmp_path)
    for file in (tmp_path / "reference").iterdir():
        file.write_bytes(file.read_bytes()[:20])
    again = gather_cached(samples, ALL, extractor, print, tmp_path)
    assert first.features.equal(again.features)
    assert again.moments.count == 23
