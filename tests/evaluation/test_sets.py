"""Which samples are compared, and as what."""

import numpy as np
import pytest
import torch

from sparring.data import Images, Points, Targets
from sparring.errors import MetricError
from sparring.evaluation.sets import DataSamples, GameSamples, as_saved, check_alike
from sparring.game import Game
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.network import Condition
from sparring.networks import MLP


def images(count=10, channels=1, size=4, **more):
    pixels = np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(channels, 1).repeat(size, 2).repeat(size, 3)
    return Images(pixels=pixels, **more)


def game(classes=0) -> Game:
    small = MLP.Spec(width=8, depth=1)
    spec = GAN.Spec(generator=small, discriminator=small, prior=Gaussian(size=3), conditional=bool(classes))
    return spec.build((1, 4, 4), Condition(classes))


def test_samples_of_data_are_spread_evenly_and_keep_their_pixels():
    data = images(10, targets=Targets(np.arange(10) % 2, ("even", "odd")))
    (batch, labels), (rest, _) = DataSamples(data, 4).batches(3)
    assert batch.dtype == torch.uint8
    assert [int(image[0, 0, 0]) for image in (*batch, *rest)] == [0, 3, 6, 9]
    assert labels.tolist() == [0, 1, 0]


def test_all_samples_are_taken_where_there_are_fewer():
    assert DataSamples(images(3), 100).count == 3


def test_a_reference_is_known_by_data_count_and_mirroring():
    digests = {
        DataSamples(data, count).digest
        for data, count in ((images(), 4), (images(), 5), (images(9), 4), (images(mirror=True), 4))
    }
    assert len(digests) == 4
    assert DataSamples(images(), 4).digest in digests


def test_samples_of_a_game_are_those_that_it_draws_for_the_seed():
    generated = torch.cat([batch for batch, _ in GameSamples(game(), 7, 3, "fake", ()).batches(7)])
    torch.random.manual_seed(0)
    assert generated.shape == (7, 1, 4, 4)
    assert generated.dtype == torch.uint8


def test_a_conditional_game_draws_its_classes_in_turn():
    samples = GameSamples(game(3), 7, 0, "fake", ("a", "b", "c"))
    assert torch.cat([labels for _, labels in samples.batches(2)]).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_a_game_without_conditions_has_no_labels_whatever_the_data_has():
    samples = GameSamples(game(), 4, 0, "fake", ("a", "b"))
    assert samples.classes == ()
    assert [labels for _, labels in samples.batches(2)] == [None, None]


def test_images_are_rounded_as_in_a_saved_file_and_vectors_are_left():
    assert as_saved(torch.tensor([-1.0, 0.0, 1.0]).reshape(3, 1, 1, 1)).flatten().tolist() == [0, 128, 255]
    assert as_saved(torch.tensor([[0.3, 7.0]])).tolist() == [[pytest.approx(0.3), 7.0]]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (images(size=8), "reference.size=4"),
        (images(channels=3), "reference.channels=gray"),
        (Points(np.zeros((5, 2), np.float32), "ring"), "vectors and images"),
    ],
)
def test_sets_that_cannot_be_compared_are_refused_with_the_remedy(reference, message):
    with pytest.raises(MetricError, match=message):
        check_alike(DataSamples(images()), DataSamples(reference))
