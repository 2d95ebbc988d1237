"""Looking at streams of images: order, errors, threads."""

import os
import signal
import sys
import threading
import time

import pytest
import torch

from sparring.backbones import Backbone, FeatureNetwork, Features
from sparring.backbones.extraction import extract_features
from sparring.backbones.resizing import resize_for_backbone
from sparring.errors import MetricError


class Averages(FeatureNetwork):
    """Sees the mean of each channel, and notes the memory format and autocast that it was called with."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.eye(3))
        self.calls = []

    def forward(self, images):
        self.calls.append(images)
        features = torch.nn.functional.linear(images.mean((2, 3)), self.weight)
        return Features(features, features[:, :0])


@pytest.fixture
def backbone():
    return Backbone("averages", Averages(), 12, "")


def batches(*counts, size=9, channels=3):
    random = torch.Generator().manual_seed(0)
    return [torch.randint(0, 256, (n, channels, size, size), generator=random, dtype=torch.uint8) for n in counts]


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_features_come_in_order_and_equal_those_of_each_batch_alone(backbone, ahead):
    inputs = batches(4, 4, 4, 4, 1)
    extracted = list(extract_features(backbone, inputs, ahead=ahead))
    assert [len(one.features) for one in extracted] == [4, 4, 4, 4, 1]
    for one, images in zip(extracted, inputs, strict=True):
        assert torch.equal(one.features, backbone.extract(resize_for_backbone(images, 12)).features)
        assert one.features.dtype == torch.float32
        assert one.logits.shape == (len(images), 0)
        assert not one.features.requires_grad
    assert not threads()


def test_batches_of_differing_sizes_and_channels_make_one_set(backbone):
    inputs = [*batches(2, size=5), *batches(3, size=20, channels=1), *batches(1, size=12, channels=4)]
    assert torch.cat([one.features for one in extract_features(backbone, inputs)]).shape == (6, 3)


def test_no_batches_make_no_features(backbone):
    assert list(extract_features(backbone, [])) == list(extract_features(backbone, [], ahead=0)) == []


def test_the_resizer_that_was_asked_for_is_used(backbone):
    images = batches(2)
    (extracted,) = extract_features(backbone, images, "legacy-tensorflow")
    assert torch.equal(
        extracted.features, backbone.extract(resize_for_backbone(images[0], 12, "legacy-tensorflow")).features
    )


@pytest.mark.parametrize("ahead", [0, 2])
def test_an_error_of_the_source_comes_after_all_that_came_before_it(backbone, ahead):
    def source():
        yield from batches(2, 2)
        raise OSError("the disk is gone")

    extracted = extract_features(backbone, source(), ahead=ahead)
    next(extracted), next(extracted)
    with pytest.raises(OSError, match="the disk is gone"):
        next(extracted)
    assert not threads()


def test_the_source_is_taken_a_bounded_number_of_batches_ahead(backbone):
    read = []

    def source():
        for index, images in enumerate(batches(*[1] * 20)):
            read.append(index)
            yield images

    extracted = extract_features(backbone, source(), ahead=2)
    next(extracted)
    deadline = time.monotonic() + 10
    while len(read) < 3 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    assert read == [0, 1, 2]
    extracted.close()


def test_without_a_thread_each_batch_is_taken_when_its_turn_comes(backbone):
    read = []
    extracted = extract_features(
        backbone, (read.append(threading.current_thread()) or images for images in batches(1, 1)), ahead=0
    )
    assert read == []
    next(extracted)
    assert read == [threading.current_thread()]


def test_closing_early_ends_the_thread_and_takes_nothing_more(backbone):
    read = []
    extracted = extract_features(backbone, (read.append(0) or images for images in batches(*[1] * 50)), ahead=2)
    next(extracted)
    assert len(threads()) == 1
    extracted.close()
    assert not threads()
    assert len(read) <= 4
    before = len(read)
    time.sleep(0.01)
    assert len(read) == before


@pytest.fixture
def interruptible():
    """Lets Ctrl-C raise KeyboardInterrupt, which processes that run tests beside each other leave to the first."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_while_the_source_is_slow_is_heard_and_ends_the_thread(backbone):
    released = threading.Event()

    def source():
        yield from batches(1)
        released.wait(10)
        yield from batches(*[1] * 50)

    def interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        released.set()

    extracted = extract_features(backbone, source())
    next(extracted)
    timer = threading.Timer(0.05, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        next(extracted)
    timer.join()
    assert not threads()


@pytest.mark.parametrize("ahead", [0, 2])
def test_the_source_has_no_gradients_and_the_callers_mode_stays(backbone, ahead):
    modes = []

    def source():
        for images in batches(1, 1):
            modes.append(torch.is_grad_enabled())
            yield images

    for _ in extract_features(backbone, source(), ahead=ahead):
        assert torch.is_grad_enabled()
    assert modes == [False, False]


def test_the_network_gets_float32_in_channels_last_and_the_callers_autocast_does_not_reach_it(backbone):
    images = batches(2)
    (plain,) = extract_features(backbone, images)
    with torch.autocast("cpu", torch.bfloat16):
        (wrapped,) = extract_features(backbone, images, ahead=0)
    assert torch.equal(plain.features, wrapped.features)
    for call in backbone.network.calls:
        assert call.dtype == torch.float32
        assert call.is_contiguous(memory_format=torch.channels_last)


def test_bfloat16_is_used_only_when_asked_for_and_gives_float32(backbone):
    images = batches(2)
    (exact,), (rough,) = extract_features(backbone, images), extract_features(backbone, images, precision="bfloat16")
    assert rough.features.dtype == torch.float32
    assert torch.equal(rough.features, rough.features.bfloat16().float())
    assert not torch.equal(exact.features, rough.features)
    torch.testing.assert_close(exact.features, rough.features, rtol=0.01, atol=0)


def test_settings_of_cudnn_are_as_before(backbone):
    def settings():
        return torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic

    before = settings()
    list(extract_features(backbone, batches(1)))
    assert settings() == before


@pytest.mark.parametrize("of", ["features", "logits"])
def test_features_and_logits_that_are_not_finite_are_counted(of):
    class Broken(FeatureNetwork):
        def forward(self, images):
            rows = images.mean((2, 3))
            bad = torch.where(rows[:, :1] == 0, torch.nan, rows)
            return Features(bad, rows) if of == "features" else Features(rows, bad)

    good, bad = batches(4, 4)
    bad[1:3] = 0
    extracted = extract_features(Backbone("broken", Broken(), 4, ""), [good, bad])
    next(extracted)
    with pytest.raises(MetricError, match=r"broken: 2 of 4 images \(numbers 5 to 8\).*not finite"):
        next(extracted)


def test_images_that_the_backbone_does_not_support_are_refused(backbone):
    with pytest.raises(MetricError, match="your own network"):
        list(extract_features(backbone, batches(2, channels=6)))
    assert not threads()
