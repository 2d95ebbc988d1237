"""What the sample grids promise: the same latents over time, when due, whole files only."""

import io
import os

import pytest
import torch
from PIL import Image

from sparring.errors import RunError
from sparring.listeners.samples import Examples, Samples, sample_paths


def _pixels(path):
    with Image.open(path) as picture:
        return picture.tobytes()


def _play(view, samples, steps):
    samples.begin(view)
    for _ in range(steps):
        view.advance()
        samples.step(view)


def test_samples_are_drawn_at_the_start_when_due_and_at_the_end(view):
    samples = Samples(every=128, count=4)
    _play(view, samples, 5)
    samples.end(view, "stopped")
    names = sorted(path.name for path in (view.folder / "samples").iterdir())
    assert names == ["00000000.png", "00000128.png", "00000256.png", "00000320.png"]


def test_two_grids_of_the_same_weights_are_the_same_picture(view):
    _play(view, Samples(every=64, count=4), 2)
    first, *others = map(_pixels, sample_paths(view.folder).values())
    assert others == [first, first]


def test_a_grid_follows_the_weights_and_the_seed(view):
    _play(view, Samples(every=64, count=4), 1)
    with torch.no_grad():
        view.averaged.weight.mul_(2)
    _play(view, Samples(every=64, count=4), 1)
    view.seed = 1
    _play(view, Samples(every=64, count=4), 1)
    assert len(set(map(_pixels, sample_paths(view.folder).values()))) == 3


def test_a_resumed_run_draws_nothing_before_its_first_step(view):
    view.advance()
    Samples(every=64).begin(view)
    assert sample_paths(view.folder) == {}


def test_of_a_game_that_makes_no_samples_only_the_other_pictures_are_drawn(silent):
    samples = Samples(every=64, count=4, examples=Examples(torch.rand(5, 1, 8, 8), None))
    _play(silent, samples, 1)
    assert not sample_paths(silent.folder)
    assert list(sample_paths(silent.folder, "points")) == [0, 64]


def test_a_failed_run_draws_nothing_more(view):
    view.advance()
    Samples(every=1000).end(view, "failed")
    assert sample_paths(view.folder) == {}


def test_a_grid_that_cannot_be_put_in_place_leaves_the_old_one_and_no_temporary_one(view, monkeypatch):
    samples = Samples(every=64, count=4)
    samples.begin(view)
    before = _pixels(view.folder / "samples" / "00000000.png")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(RunError, match="the disk is full"):
        samples.begin(view)
    assert [path.name for path in (view.folder / "samples").iterdir()] == ["00000000.png"]
    assert _pixels(view.folder / "samples" / "00000000.png") == before


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_gray_colour_and_transparent_samples_make_a_readable_picture(view, channels):
    view.averaged.sample = (channels, 6, 10)
    Samples(every=64, count=6).begin(view)
    with Image.open(io.BytesIO((view.folder / "samples" / "00000000.png").read_bytes())) as picture:
        assert picture.width > 10
        assert picture.height > 6
