"""Rows of samples below one another."""

import torch

from sparring.game.panels import SampleGrid, with_channels


def test_layers_stand_below_one_another_row_by_row_and_no_row_is_broken() -> None:
    layers = [torch.arange(7.0) + 10 * layer for layer in range(3)]
    panel = SampleGrid.layer(layers, 3)
    assert panel.columns == 3
    assert panel.samples.tolist() == [0, 1, 2, 10, 11, 12, 20, 21, 22, 3, 4, 5, 13, 14, 15, 23, 24, 25]
    assert SampleGrid.layer(layers, 10).columns == 7
    assert torch.equal(SampleGrid.compare(layers[0], layers[1], 3).samples, SampleGrid.layer(layers[:2], 3).samples)


def test_images_are_shown_beside_others_by_their_shades_and_opaque() -> None:
    images = torch.rand(2, 3, 4, 5)
    assert with_channels(images, 3) is images
    shades = images.mean(1, keepdim=True)
    assert torch.equal(with_channels(images, 1), shades)
    assert torch.equal(with_channels(shades, 3), shades.expand(-1, 3, -1, -1))
    shown = with_channels(shades, 4)
    assert torch.equal(shown[:, :3], shades.expand(-1, 3, -1, -1))
    assert shown[:, 3].eq(1).all()
