"""A scorer extracts its reference's features once, and records everything that a score depends on."""

import numpy as np
import pytest
import torch

from sparring.data import Images, Points, Targets
from sparring.errors import MetricError
from sparring.evaluation import DataSamples, EvaluationPlan, Scorer, metrics_by_name
from sparring.metrics import KID

CPU = torch.device("cpu")


def noise(seed, count=60, high=256):
    pixels = np.random.default_rng(seed).integers(0, high, (count, 1, 16, 16), dtype=np.uint8)
    return DataSamples(Images(pixels=pixels, name=f"noise {seed}"))


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))


def scorer(names, backbone, reference=None, **fields):
    plan = EvaluationPlan(metrics=metrics_by_name(names), pictures=False, **fields)
    return Scorer(plan, reference or noise(0), CPU, backbone)


def test_a_score_says_all_that_it_depends_on(backbone):
    scores = scorer(["fd", "pr"], backbone, seed=4).score_all(noise(1), averaged=True)
    assert list(scores.by_name()) == ["FD-corners", "precision-corners", "recall-corners"]
    first = scores.scores[0]
    assert (first.backbone, first.weights, first.resizer) == ("corners", "c0ffee", "clean")
    assert (first.count, first.reference_count, first.reference, first.shape) == (60, 60, "noise 0", (1, 16, 16))
    assert (first.seed, first.averaged, first.settings) == (4, True, "FD()")
    assert first.reference_digest == noise(0).digest != first.samples_digest


def test_the_set_itself_scores_best(backbone):
    evaluation = scorer(["fd", "kid"], backbone)
    same, other = evaluation.score_all(noise(0)).by_name(), evaluation.score_all(noise(1, high=200)).by_name()
    assert abs(same["FD-corners"]) < 1e-6
    assert same["FD-corners"] < other["FD-corners"]
    assert same["KID-corners"] < other["KID-corners"]


def test_a_metric_that_cannot_be_had_costs_the_others_nothing(backbone):
    scores = scorer(["cas", "fd"], backbone).score_all(noise(1))
    assert list(scores.by_name()) == ["FD-corners"]
    assert "labels" in scores.failures["CAS"]


def test_other_sizes_are_refused_before_anything_is_looked_at(backbone):
    pixels = np.zeros((9, 1, 8, 8), np.uint8)
    with pytest.raises(MetricError, match=r"reference\.size=8"):
        scorer(["fd"], backbone).score_all(DataSamples(Images(pixels=pixels)))


def test_vectors_are_compared_as_they_are():
    def points(seed):
        random = np.random.default_rng(seed)
        return DataSamples(Points(random.standard_normal((50, 2)).astype(np.float32), "points"))

    scores = scorer(["fd", "w1", "is"], None, points(0)).score_all(points(1))
    assert "FD-points" in scores.by_name()
    assert "these samples are vectors" in scores.failures["IS"]


def test_only_generated_samples_are_looked_at_where_no_metric_compares(backbone):
    evaluation = scorer(["is"], backbone)
    evaluation.score_all(noise(1))
    assert evaluation.real.logits.numel() == evaluation.real.features.numel() == 0


def test_a_titled_backbone_gives_published_names(backbone):
    from dataclasses import replace

    titled = replace(backbone, titles=(("FD", "FID"),))
    assert list(scorer(["fd"], titled).score_all(noise(1)).by_name()) == ["FID"]


def labelled(seed, classes, order):
    """Bright, middle and dark pictures of the classes named, in that order."""
    light = {"a": 40, "b": 120, "c": 200}
    random = np.random.default_rng(seed)
    pixels = np.concatenate([random.integers(light[name], light[name] + 40, (30, 1, 16, 16)) for name in order])
    labels = np.repeat([classes.index(name) for name in order], 30)
    return DataSamples(Images(pixels.astype(np.uint8), Targets(labels.astype(np.int64), classes)))


def test_classes_are_compared_by_name(backbone):
    real = labelled(0, ("a", "b", "c"), "abc")
    scores = scorer(["classfd", "cas"], backbone, real).score_all(labelled(1, ("c", "a", "b"), "bca"))
    assert scores.failures == {}
    assert scores.by_name()["CAS-corners"] == 1.0
    assert scores.by_name()["ClassFD-corners"] < 0.1


def test_sets_of_other_classes_are_refused_where_classes_matter(backbone):
    scores = scorer(["classfd", "fd"], backbone, labelled(0, ("a", "b"), "ab")).score_all(labelled(1, ("b", "c"), "bc"))
    assert "['c'] are only in images, ['a'] only in images" in scores.failures["ClassFD"]
    assert list(scores.by_name()) == ["FD-corners"]


def test_whatever_a_metric_raises_costs_the_others_nothing(backbone, monkeypatch):
    def fail(*_):
        raise RuntimeError("odd")

    monkeypatch.setattr(KID, "measure", fail)
    scores = scorer(["kid", "fd"], backbone).score_all(noise(1))
    assert scores.failures == {"KID": "RuntimeError: odd"}
    assert list(scores.by_name()) == ["FD-corners"]


def test_a_score_of_generated_samples_alone_names_no_reference(backbone):
    (score,) = scorer(["is"], backbone).score_all(noise(1)).scores
    assert (score.reference, score.reference_count, score.reference_digest) == ("", 0, "")


def test_images_that_would_fill_the_memory_are_refused(backbone, monkeypatch):
    monkeypatch.setattr("sparring.evaluation.scorer._KEPT", 1000)
    scores = scorer(["spectrum", "fd"], backbone).score_all(noise(1))
    assert "count=1000" in scores.failures["Spectrum"]
    assert list(scores.by_name()) == ["FD-corners"]


def test_the_users_network_is_moved_to_where_images_are(backbone):
    moved = []
    backbone.network.to = lambda device: moved.append(device)
    scorer(["fd"], backbone)
    assert moved == [CPU]
