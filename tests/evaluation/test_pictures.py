"""Pictures of an evaluation show what they say, of whatever samples there are."""

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.errors import MissingExtraError
from sparring.evaluation import MetricScore
from sparring.evaluation.pictures import draw_nearest, draw_pictures, draw_realism, write_pictures
from sparring.evaluation.plots import draw_map, draw_pairs
from sparring.evaluation.sheet import block, in_row, sheet
from sparring.metrics.metric import MetricInputs, SampleStatistics


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def _flat(colours, features, side=8):
    """Samples of one gray level each, [N]."""
    images = torch.tensor(colours, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, side, side).contiguous()
    return SampleStatistics(len(images), features=torch.tensor(features, dtype=torch.float32), images=images)


def _noise(random, count, shape=(3, 8, 8), size=5):
    images = torch.randint(0, 256, (count, *shape), generator=random, dtype=torch.uint8)
    return SampleStatistics(count, features=torch.randn(count, size, generator=random), images=images)


def _score(name, value, **changes):
    facts = {
        "deviation": None, "how": "", "direction": "higher", "samples": "00000064", "samples_digest": "a", "count": 100,
        "reference": "digits", "reference_count": 200, "reference_digest": "b", "shape": (1, 8, 8), "backbone": "lite0",
        "weights": "c0ffee", "resizer": "clean", "seed": 0, "averaged": True, "settings": "PR(k=3)", "sparring": "0.1",
        "device": "cpu", "torch": "2.13", "seconds": 0.1,
    }  # fmt: skip
    return MetricScore(name=name, value=value, **(facts | changes))


def _levels(picture):
    """The gray levels of a sheet's tiles: those of many pixels, paper left out."""
    pixels = np.asarray(picture.convert("L")).astype(int)
    return {int(level) for level in np.unique(pixels) if level < 255 and (pixels == level).sum() >= 60 * 60}


def test_images_and_scores_give_all_pictures(random):
    inputs = MetricInputs(_noise(random, 12), _noise(random, 9))
    pictures = draw_pictures(inputs, [_score("precision-lite0", 0.5), _score("recall-lite0", 0.4)])
    assert list(pictures) == ["nearest", "realism", "map", "precision_recall"]
    assert all(picture.mode == "RGB" and min(picture.size) > 300 for picture in pictures.values())


def test_vectors_have_a_map_only(random):
    vectors = [SampleStatistics(20, features=torch.randn(20, 2, generator=random)) for _ in range(2)]
    assert list(draw_pictures(MetricInputs(*vectors))) == ["map"]


def test_what_was_not_gathered_has_no_picture(random):
    assert draw_pictures(MetricInputs(SampleStatistics(5), SampleStatistics(5))) == {}
    without_images = SampleStatistics(20, features=torch.randn(20, 5, generator=random))
    assert list(draw_pictures(MetricInputs(without_images, _noise(random, 6)))) == ["realism", "map"]


def test_few_samples_have_pictures(random):
    for real, fake in ((1, 1), (2, 1), (4, 3)):
        draw_pictures(MetricInputs(_noise(random, real), _noise(random, fake)))


@pytest.mark.parametrize("shape", [(1, 4, 4), (2, 8, 8), (4, 8, 8), (5, 8, 8), (3, 4, 40), (3, 200, 30)])
def test_images_of_any_shape_have_pictures(random, shape):
    inputs = MetricInputs(_noise(random, 6, shape), _noise(random, 6, shape))
    assert list(draw_pictures(inputs)) == ["nearest", "realism", "map"]


def test_the_samples_nearest_to_the_data_stand_beside_their_neighbours():
    real = _flat([10, 20, 30, 40, 50, 60], [[0.0], [1.0], [2.0], [3.0], [4.0], [500.0]])
    fake = _flat([200, 100], [[900.0], [0.1]])
    assert {10, 20, 30, 40, 50, 60, 100, 200} == _levels(draw_nearest(real, fake))  # 900 is nearest to 500
    near = _flat([100] * 8 + [200], [[0.1]] * 8 + [[900.0]])  # more near ones than there are rows
    assert _levels(draw_nearest(real, near)) == {10, 20, 30, 40, 50, 100}


def test_the_most_and_the_least_realistic_are_shown():
    real = torch.arange(40.0)[:, None]
    places = torch.linspace(20, 900, 40)[:, None]
    fake = _flat([*range(100, 140)], places.tolist())
    assert _levels(draw_realism(real, fake)) == {*range(100, 112), *range(128, 140)}


def test_pictures_are_the_same_every_time(random):
    inputs = MetricInputs(_noise(random, 12), _noise(random, 9), seed=3)
    first, second = draw_pictures(inputs), draw_pictures(inputs)
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_the_map_shows_real_samples_blue_and_generated_ones_orange_where_they_lie(random):
    real, fake = (place + 0.1 * torch.randn(count, 2, generator=random) for place, count in ((-1, 5000), (1, 30)))
    red, _, blue = np.moveaxis(np.asarray(draw_map(real, fake)).astype(int)[100:600], 2, 0)  # without the legend
    colours = {"real": blue > red + 50, "generated": red > blue + 50}
    heights, sides = ({name: np.nonzero(mask)[axis].mean() for name, mask in colours.items()} for axis in (0, 1))
    assert sides["real"] < sides["generated"]
    assert heights["real"] > heights["generated"]


def test_scores_that_do_not_belong_together_are_no_point():
    precision = _score("precision-lite0", 0.5)
    assert draw_pairs([]) is None
    assert draw_pairs([precision, _score("FD-lite0", 3.0)]) is None
    assert draw_pairs([precision, _score("recall-lite0", 0.4, samples_digest="other")]) is None
    assert draw_pairs([precision, _score("recall-lite0", float("nan"))]) is None
    assert draw_pairs([precision, _score("recall-lite0", 0.4)]) is not None


def test_density_and_coverage_stand_beside_precision_and_recall():
    pair = [_score("precision-lite0", 0.5), _score("recall-lite0", 0.4)]
    other = [_score(name, value, settings="DC(k=5)") for name, value in (("density-lite0", 1.7), ("coverage-lite0", 1))]
    assert draw_pairs([*pair, *other]).width == 2 * draw_pairs(pair).width


def test_checkpoints_with_one_place_and_other_circumstances_are_plotted():
    scores = [
        _score(f"{name}-lite0", 0.5, samples=f"{index}", samples_digest=f"{index}", count=100 * (1 + index % 2))
        for index in range(12)
        for name in ("precision", "recall")
    ]
    assert draw_pairs(scores).height > 300


def test_pictures_are_written_beside_the_scores(tmp_path):
    paths = write_pictures(
        tmp_path / "scores" / "v1.5", {"map": Image.new("RGB", (4, 3)), "nearest": Image.new("L", (2, 2))}
    )
    assert [path.name for path in paths] == ["v1.5-map.png", "v1.5-nearest.png"]
    with Image.open(paths[0]) as picture:
        assert picture.size == (4, 3)
    assert sorted(path.name for path in (tmp_path / "scores").iterdir()) == ["v1.5-map.png", "v1.5-nearest.png"]


def test_without_matplotlib_the_error_says_what_to_install(random, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[metrics\]"'):
        draw_pictures(MetricInputs(_noise(random, 6), _noise(random, 6)))


def test_a_sheet_is_as_wide_as_its_blocks_and_breaks_its_words():
    images = torch.zeros(4, 1, 8, 8)
    one = block("zeros", images, ["1", "2", "3", "4"], columns=2)
    wide = in_row([one, one, one, one])
    assert wide.width > 4 * one.width
    short, long = sheet("title", "note", wide), sheet("title", "many words " * 40, wide)
    assert short.width == long.width > wide.width
    assert long.height > short.height


def test_large_images_are_shrunk_and_small_ones_enlarged_by_whole_factors():
    large, small = (block("", torch.zeros(1, 1, side, side), [""], 1) for side in (1000, 5))
    assert large.width == 150
    assert small.width % 5 == 0
    assert small.width > 100
