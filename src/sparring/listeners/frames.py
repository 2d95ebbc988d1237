"""Puts a run's sample grids inside a page: thinned out, shrunk where they are heavy, with a slider."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from PIL import Image

from sparring.listeners.formatting import title_in_words
from sparring.listeners.samples import REAL, SAMPLES, panel_names, sample_paths

_MOST_FRAMES = 40
_BYTES = 7_000_000  # of all frames; as base64 a third more, so that the page stays under 10 MB
_SHRUNK_SIDE = 900
_PIXELATED_SIDE = 700  # narrower grids are shown enlarged


def pictures(folder: Path) -> str:
    """Returns the sample grids in `folder`, the latest showing, beside real images where `real.png` exists.

    What else the run drew follows, each in a figure of its own. Returns "" where there is no picture; passes over
    files that are not whole.
    """
    panels = panel_names(folder)
    bytes_each = _BYTES // (len(panels) + 1)
    figures = [_player("Samples", frames)] if (frames := _frames(sample_paths(folder), bytes_each)) else []
    if real := embedded(folder / SAMPLES / REAL, bytes_each // 4):
        figures.append(
            f"<figure><figcaption>Real images</figcaption>{_img(real, 'real images', current=True)}</figure>"
        )
    for name in panels:
        if frames := _frames(sample_paths(folder, name), bytes_each):
            figures.append(_player(title_in_words(name), frames))
    return f'<div class="pictures">{"".join(figures)}</div>' if figures else ""


def _frames(paths: Mapping[int, Path], most_bytes: int) -> dict[int, tuple[str, bool]]:
    """Returns pictures to embed, thinned out evenly, by the images shown before them."""
    kept = [list(paths)[index] for index in spread(len(paths), _MOST_FRAMES)]
    return {images: found for images in kept if (found := embedded(paths[images], most_bytes // (len(kept) + 1)))}


def spread(count: int, most: int) -> Sequence[int]:
    """Returns at most `most` of the indices below `count`, evenly, the first and the last among them.

    >>> spread(3, most=5), spread(9, most=3)
    ([0, 1, 2], [0, 4, 8])
    """
    if count <= most:
        return list(range(count))
    return [round(index * (count - 1) / (most - 1)) for index in range(most)]


def _player(title: str, frames: Mapping[int, tuple[str, bool]]) -> str:
    last = max(frames)
    images = "".join(
        _img(frame, f"{title.lower()} after {count:,} images", current=count == last, count=count)
        for count, frame in frames.items()
    )
    controls = (
        '<div class="controls" hidden><button type="button">Play</button>'
        f'<input type="range" min="0" max="{len(frames) - 1}" value="{len(frames) - 1}" aria-label="time"></div>'
        if len(frames) > 1
        else ""
    )
    moving = " data-frames" if controls else ""
    return (
        f"<figure{moving}><figcaption>{escape(title)} after <span data-when>{last:,}</span> images</figcaption>"
        f'{images}{controls}<p class="note">The same latents and examples at every moment.</p></figure>'
    )


def _img(frame: tuple[str, bool], words: str, current: bool, count: int = 0) -> str:
    source, small = frame
    classes = " ".join(name for name, on in (("current", current), ("small", small)) if on)
    return f'<img class="{classes}" alt="{escape(words)}" data-images="{count:,}" src="{source}">'


def embedded(path: Path, most_bytes: int) -> tuple[str, bool] | None:
    """Returns a data URI and whether the picture is small; None for a file that is missing or not whole."""
    if not path.is_file():
        return None
    content, kind = path.read_bytes(), "png"
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            small = picture.width < _PIXELATED_SIDE
            if len(content) > most_bytes:
                content, kind = _shrink(picture), "webp"
    except (OSError, SyntaxError, ValueError):  # Pillow's words for a damaged picture; the disk was read before
        return None
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}", small


def _shrink(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.thumbnail((_SHRUNK_SIDE, _SHRUNK_SIDE))
    picture.save(file, format="WEBP", quality=90)
    return file.getvalue()
