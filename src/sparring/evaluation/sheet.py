"""Sheets of captioned images, composed of blocks."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sparring.data.pictures import picture

_SIDE, _LARGEST = 112, 150  # target and maximum of a tile's longer side, in pixels
_MIN_WIDTH = 560  # a title needs room
_GAP = 6
_PAPER, _INK, _QUIET = "#ffffff", "#1c1f24", "#5f6873"
_TITLE, _HEADING, _TEXT = 28, 21, 19  # font sizes; Pillow's default font has little beyond ASCII


def block(heading: str, images: Tensor, captions: Sequence[str], columns: int) -> Image.Image:
    """Returns `images` [N, C, H, W] in [-1, 1], N > 0, row by row under a heading, each above its caption."""
    tiles = [_tile(image) for image in images]
    texts = [_text(caption, _TEXT, _QUIET) for caption in captions]
    captioned = [_in_column(pair, 1) for pair in zip(tiles, texts, strict=True)]
    spacer = _paper(max(one.width for one in captioned), 1)
    equal = [_in_column((one, spacer), 0) for one in captioned]
    rows = [in_row(equal[start : start + columns], _GAP) for start in range(0, len(equal), columns)]
    return _in_column((_text(heading, _HEADING, _INK), *rows), _GAP)


def in_row(parts: Sequence[Image.Image], gap: int = 4 * _GAP) -> Image.Image:
    """Returns `parts` in a row, left to right."""
    paper = _paper(sum(part.width + gap for part in parts) - gap, max(part.height for part in parts))
    left = 0
    for part in parts:
        paper.paste(part, (left, 0))
        left += part.width + gap
    return paper


def sheet(title: str, note: str, *blocks: Image.Image) -> Image.Image:
    """Returns `blocks` in a column under a title and a note, on white paper."""
    width = max(_MIN_WIDTH, *(one.width for one in blocks))
    head = _in_column([_text(title, _TITLE, _INK, width), _text(note, _TEXT, _QUIET, width)], _GAP)
    content = _in_column([head, *blocks], 3 * _GAP)
    margin = 4 * _GAP
    paper = _paper(width + 2 * margin, content.height + 2 * margin)
    paper.paste(content, (margin, margin))
    return paper


def _in_column(parts: Sequence[Image.Image], gap: int) -> Image.Image:
    paper = _paper(max(part.width for part in parts), sum(part.height + gap for part in parts) - gap)
    top = 0
    for part in parts:
        paper.paste(part, (0, top))
        top += part.height + gap
    return paper


def _tile(image: Tensor) -> Image.Image:
    """Returns one image [C, H, W]: a small one enlarged without interpolation, a large one shrunk with it."""
    tile = picture(image[None], scale=max(1, round(_SIDE / max(image.shape[1:]))))
    if max(tile.size) > _LARGEST:
        tile.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    return tile


def _text(text: str, size: int, colour: str, width: float = float("inf")) -> Image.Image:
    """Returns `text` as an image, broken into lines of at most `width` pixels."""
    font = ImageFont.load_default(size)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    height = round(1.35 * size)
    paper = _paper(round(max(map(font.getlength, lines))) + 1, height * len(lines))
    for index, line in enumerate(lines):
        ImageDraw.Draw(paper).text((0, index * height), line, font=font, fill=colour)
    return paper


def _paper(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), _PAPER)
