"""Padding of images by reflection."""

import pytest
import torch
from torch.nn.functional import pad

from sparring.tensors.padding import reflect_pad


@pytest.mark.parametrize(("height", "width"), [(5, 7), (9, 13), (5, 10), (6, 7)])
def test_it_equals_pytorchs_reflection_padding(height: int, width: int) -> None:
    images = torch.randn(2, 3, 5, 7)
    expected = pad(images, (0, width - 7, 0, height - 5), mode="reflect")
    assert torch.equal(reflect_pad(images, height, width), expected)


def test_small_images_are_reflected_several_times() -> None:
    row = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 1, 3)
    assert reflect_pad(row, 1, 10).flatten().tolist() == [1, 2, 3, 2, 1, 2, 3, 2, 1, 2]
    assert reflect_pad(torch.full((1, 1, 1, 1), 4.0), 2, 3).eq(4).all()
