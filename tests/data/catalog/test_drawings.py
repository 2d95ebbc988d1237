"""Drawings with opacity: on white where a set has none."""

from pathlib import Path

import numpy as np

from sparring.data.catalog.drawings import collect_drawings, on_white


def test_white_shows_through_what_is_transparent():
    drawing = np.array([[[0, 0, 0, 0], [10, 20, 30, 255], [0, 0, 100, 51]]], np.uint8)
    np.testing.assert_array_equal(on_white(drawing), [[[255, 255, 255], [10, 20, 30], [204, 204, 224]]])


def test_items_have_their_names_channels_and_classes(noise):
    drawings = noise(20, 4, 4, 4)
    groups = ["b", "a"] * 10
    for channels, count in (("rgba", 4), ("rgb", 3)):
        collection = collect_drawings(
            Path("x"), list("abcdefghijklmnopqrst"), drawings, groups, "s", channels=channels, split="test"
        )
        assert [item.name for item in collection.items] == ["j", "t"]
        assert [item.header().channels for item in collection.items] == [count] * 2
        assert collection.targets.names == ("a", "b")
        assert collection.targets.values.tolist() == [0, 0]
