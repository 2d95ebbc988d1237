"""Data as the earlier stages of a pyramid see it."""

import numpy as np
import pytest
import torch

from sparring.data import Images, Targets
from sparring.data.downsampled import DownsampledDataset
from sparring.errors import DataError
from sparring.evaluation import DataSamples

PIXELS = np.random.default_rng(0).uniform(-1, 1, (5, 3, 8, 6)).astype(np.float32)


def test_images_are_averages_over_blocks_and_keep_their_labels() -> None:
    data = Images(PIXELS, Targets(np.arange(5) % 2, ("even", "odd")), mirror=True)
    small = DownsampledDataset(data, (3, 4, 3))
    images, labels = small.batch(np.array([3, 0]), torch.Generator().manual_seed(1))
    whole, _ = data.batch(np.array([3, 0]), torch.Generator().manual_seed(1))
    torch.testing.assert_close(images, whole.unflatten(3, (3, 2)).unflatten(2, (4, 2)).mean((3, 5)))
    assert labels is not None
    assert labels.tolist() == [1, 0]
    assert (len(small), small.shape, small.digest) == (5, (3, 4, 3), data.digest)
    assert small.condition == data.condition
    assert DataSamples(small).digest != DataSamples(data).digest, "their features are others"
    assert small.depict(images).size == data.depict(images).size


@pytest.mark.parametrize("shape", [(1, 4, 3), (3, 9, 3)], ids=str)
def test_other_channels_and_larger_sizes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="cannot be downsampled"):
        DownsampledDataset(Images(PIXELS), shape)
