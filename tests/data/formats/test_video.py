"""A video holds its images in order, at the right size and speed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.data import save_video
from sparring.errors import MissingExtraError, ShapeError, SpecError

av = pytest.importorskip("av")


def decoded(path: Path) -> np.ndarray:
    """Returns uint8 [N, H, W, 3] as a player would show them."""
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def flat(*colours: tuple[float, ...], side: tuple[int, int] = (8, 8)) -> Tensor:
    return torch.tensor(colours)[:, :, None, None].expand(-1, -1, *side)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".MP4"])
def test_every_image_is_shown_once_in_its_order_and_colours(tmp_path: Path, suffix: str) -> None:
    colours = [(1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0), (0.2, -0.4, 0.7), (0.0, 0.0, 0.0)]
    images = flat(*colours)
    save_video(images.split(2), tmp_path / f"some{suffix}")
    expected = [[round((value + 1) * 127.5) for value in colour] for colour in colours]
    frames = decoded(tmp_path / f"some{suffix}").astype(int)
    assert frames.shape == (5, 256, 256, 3)
    assert np.abs(frames - np.array(expected)[:, None, None]).max() <= 3


def test_pictures_follow_one_another_at_the_speed_asked_for(tmp_path: Path) -> None:
    save_video([torch.zeros(12, 1, 8, 8)], tmp_path / "slow.mp4", per_second=6)
    with av.open(str(tmp_path / "slow.mp4")) as file:
        assert file.streams.video[0].average_rate == 6
        assert file.duration == 2_000_000  # microseconds


@pytest.mark.parametrize(
    ("side", "size"), [((64, 64), (256, 256)), ((63, 41), (316, 206)), ((300, 7), (300, 8)), ((300, 301), (300, 302))]
)
def test_small_images_are_enlarged_by_a_whole_factor_and_odd_sides_made_even(
    tmp_path: Path, side: tuple[int, int], size: tuple[int, int]
) -> None:
    save_video([torch.zeros(1, 3, *side)], tmp_path / "one.mp4")
    assert decoded(tmp_path / "one.mp4").shape == (1, *size, 3)


def test_enlarged_pixels_have_edges(tmp_path: Path) -> None:
    halves = torch.ones(1, 1, 4, 4)
    halves[..., :2] = -1
    save_video([halves], tmp_path / "halves.mp4")
    (frames,) = decoded(tmp_path / "halves.mp4")
    assert frames[:, :120].max() <= 3
    assert frames[:, 136:].min() >= 252


def test_transparent_images_lie_over_white(tmp_path: Path) -> None:
    save_video(
        [flat((-1.0, -1.0, -1.0, -1.0), (-1.0, -1.0, -1.0, 0.0), (1.0, -1.0, -1.0, 1.0))], tmp_path / "clear.mp4"
    )
    frames = decoded(tmp_path / "clear.mp4")[:, 100, 100].astype(int)
    assert np.abs(frames - [[255] * 3, [128] * 3, [255, 0, 0]]).max() <= 3


def test_gray_with_opacity_and_many_bands_can_be_shown(tmp_path: Path) -> None:
    for channels in (2, 7):
        save_video([torch.zeros(2, channels, 16, 16)], tmp_path / "some.mp4")
        assert len(decoded(tmp_path / "some.mp4")) == 2


def test_images_of_another_size_are_refused_and_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match=r"the first is 256x256, image 2 256x128, enlarged"):
        save_video([torch.zeros(2, 3, 16, 16), torch.zeros(1, 3, 16, 8)], tmp_path / "some.mp4")
    assert not list(tmp_path.iterdir())


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match=r"got images \(5, 2\); needs \[N, C, H, W\]"):
        save_video([torch.zeros(5, 2)], tmp_path / "some.mp4")


def test_no_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no images to show"):
        save_video([], tmp_path / "some.mp4")


def test_another_kind_of_file_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    def nothing() -> Iterator[Tensor]:
        raise AssertionError
        yield

    with pytest.raises(SpecError, match=r"got some.avi; needs the name of a .mp4 or .webm"):
        save_video(nothing(), tmp_path / "some.avi")


def test_no_pictures_a_second_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="got 0 pictures a second"):
        save_video([torch.zeros(1, 3, 8, 8)], tmp_path / "some.mp4", per_second=0)


def test_a_missing_package_is_named_with_its_install_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[video\]"'):
        save_video([torch.zeros(1, 3, 8, 8)], tmp_path / "some.mp4")
