"""Parts of a set: every image is in one of two."""

import numpy as np
import pytest

from sparring.data.split import indices_of


@pytest.mark.parametrize("count", [1, 9, 10, 1911])
def test_train_and_test_share_nothing_and_leave_nothing_out(count):
    parts = np.concatenate((indices_of("train", count), indices_of("test", count)))
    assert sorted(parts) == indices_of("all", count).tolist() == list(range(count))
    assert len(indices_of("test", count)) == count // 10
