"""A run's sample grids inside a page: a selection, shrunk where large, with a slider."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from PIL import Image

from sparring.listeners.formatting import format_title
from sparring.listeners.samples import REAL, SAMPLES, panel_names, sample_paths

_MOST_FRAMES = 40
_BYTES = 7_000_000  # of all frames; base64 adds a third, and the page stays under 10 MB
_SHRUNK_SIDE = 900
_PIXELATED_SIDE = 700  # narrower grids are shown enlarged


def pictures(folder: Path) -> str:
    """Returns the sample grids in `folder`, showing the latest, then `real.png` if it exists, then each panel.

    Returns "" where there is no picture; skips damaged files.
    """
    panels = panel_names(folder)
    bytes_each = _BYTES // (len(panels) + 1)
    figures = [_player("Samples", frames)] if (frames := _frames(sample_paths(folder), bytes_each)) else []
    if real := embed_picture(folder / SAMPLES / REAL, bytes_each // 4):
        figures.append(
            f"<figure><figcaption>Real images</figcaption>{_img(real, 'real images', current=True)}</figure>"
        )
    for name in panels:
        if frames := _frames(sample_paths(folder, name), bytes_each):
            figures.append(_player(format_title(name), frames))
    return f'<div class="pictures">{"".join(figures)}</div>' if figures else ""


def _frames(paths: Mapping[int, Path], most_bytes: int) -> dict[int, tuple[str, bool]]:
    """Returns an even selection of pictures to embed, by the images shown before them."""
    kept = [list(paths)[index] for index in spread_indices(len(paths), _MOST_FRAMES)]
    return {images: frame for images in kept if (frame := embed_picture(paths[images], most_bytes // (len(kept) + 1)))}


def spread_indices(count: int, most: int) -> Sequence[int]:
    """Returns at most `most` of the indices below `count`, evenly spaced, including the first and the last.

    >>> spread_indices(3, most=5), spread_indices(9, most=3)
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
        f'{images}{controls}<p class="note">All frames show the same latents and examples.</p></figure>'
    )


def _img(frame: tuple[str, bool], words: str, current: bool, count: int = 0) -> str:
    source, small = frame
    classes = " ".join(name for name, on in (("current", current), ("small", small)) if on)
    return f'<img class="{classes}" alt="{escape(words)}" data-images="{count:,}" src="{source}">'


def embed_picture(path: Path, most_bytes: int) -> tuple[str, bool] | None:
    """Returns a data URI and whether the picture is small; None for a file that is missing or damaged."""
    if not path.is_file():
        return None
    content, kind = path.read_bytes(), "png"
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            small = picture.width < _PIXELATED_SIDE
            if len(content) > most_bytes:
                content, kind = _shrink(picture), "webp"
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for a damaged picture
        return None
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}", small


def _shrink(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.thumbnail((_SHRUNK_SIDE, _SHRUNK_SIDE))
    picture.save(file, format="WEBP", quality=90)
    return file.getvalue()
