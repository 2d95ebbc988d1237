"""Images made larger by reflection."""

import pytest
import torch
from torch.nn.functional import pad

from sparring.tensors.padding import mirrored


@pytest.mark.parametrize(("height", "width"), [(5, 7), (9, 13), (5, 10), (6, 7)])
def test_it_is_reflection_padding_where_pytorch_has_that(height: int, width: int) -> None:
    images = torch.randn(2, 3, 5, 7)
    expected = pad(images, (0, width - 7, 0, height - 5), mode="reflect")
    assert torch.equal(mirrored(images, height, width), expected)


def test_small_images_are_reflected_again_and_again() -> None:
    row = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 1, 3)
    assert mirrored(row, 1, 10).flatten().tolist() == [1, 2, 3, 2, 1, 2, 3, 2, 1, 2]
    assert mirrored(torch.full((1, 1, 1, 1), 4.0), 2, 3).eq(4).all()
