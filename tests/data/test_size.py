"""Sizes are written `32` or `32x48`, and nothing else."""

import pytest

from sparring.data import ImageFiles
from sparring.data.size import height_width
from sparring.errors import SpecError


@pytest.mark.parametrize(
    ("written", "kept", "sides"),
    [(32, 32, (32, 32)), ("32", 32, (32, 32)), ("32x32", 32, (32, 32)), ("32x48", "32x48", (32, 48))],
)
def test_a_size_is_a_side_or_height_by_width(written, kept, sides):
    source = ImageFiles(size=written)
    assert source.size == kept
    assert height_width(source.size) == sides
    assert ImageFiles.from_yaml(source.to_yaml()) == source


@pytest.mark.parametrize("written", ["33x0", 0, -4, "0", "8x8x8", "big", 1.5, True, 99999, "", [8, 8]])
def test_an_impossible_size_is_refused_with_an_example(written):
    with pytest.raises(SpecError, match=r"size: got .*32x48 \(height x width\)"):
        ImageFiles.read({"size": written})


def test_an_impossible_size_on_the_command_line_names_the_field():
    with pytest.raises(SpecError, match="size: got '33x0'"):
        ImageFiles().override(["size=33x0"])
