"""Sheets of images with words on them, put together from blocks, so that a person needs nothing else to read one."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sparring.data.pictures import picture

_SIDE, _LARGEST = 112, 150  # pixels that the longer side of a tile is brought near to, and what it never exceeds
_NARROWEST = 560  # a title needs room
_GAP = 6
_PAPER, _INK, _QUIET = "#ffffff", "#1c1f24", "#5f6873"
_TITLE, _HEADING, _TEXT = 28, 21, 19  # sizes of letters; Pillow's own font has those of ASCII and few others


def block(heading: str, images: Tensor, captions: Sequence[str], columns: int) -> Image.Image:
    """Returns `images` [N, C, H, W] in [-1, 1], N > 0, row by row under a heading, each over its caption."""
    tiles = [_tile(image) for image in images]
    captioned = [_below((tile, _words(words, _TEXT, _QUIET)), 1) for tile, words in zip(tiles, captions, strict=True)]
    spacer = _paper(max(one.width for one in captioned), 1)
    equal = [_below((one, spacer), 0) for one in captioned]
    rows = [beside(equal[start : start + columns], _GAP) for start in range(0, len(equal), columns)]
    return _below((_words(heading, _HEADING, _INK), *rows), _GAP)


def beside(parts: Sequence[Image.Image], gap: int = 4 * _GAP) -> Image.Image:
    """Returns `parts` in a row, from the left."""
    paper = _paper(sum(part.width + gap for part in parts) - gap, max(part.height for part in parts))
    left = 0
    for part in parts:
        paper.paste(part, (left, 0))
        left += part.width + gap
    return paper


def sheet(title: str, note: str, *blocks: Image.Image) -> Image.Image:
    """Returns `blocks`, one below the other, under a title and a note that are as wide, on white paper."""
    width = max(_NARROWEST, *(one.width for one in blocks))
    head = _below([_words(title, _TITLE, _INK, width), _words(note, _TEXT, _QUIET, width)], _GAP)
    content = _below([head, *blocks], 3 * _GAP)
    margin = 4 * _GAP
    paper = _paper(width + 2 * margin, content.height + 2 * margin)
    paper.paste(content, (margin, margin))
    return paper


def _below(parts: Sequence[Image.Image], gap: int) -> Image.Image:
    paper = _paper(max(part.width for part in parts), sum(part.height + gap for part in parts) - gap)
    top = 0
    for part in parts:
        paper.paste(part, (0, top))
        top += part.height + gap
    return paper


def _tile(image: Tensor) -> Image.Image:
    """Returns one image [C, H, W], pixels enlarged as they are where it is small, smoothed where it is large."""
    shown = picture(image[None], scale=max(1, round(_SIDE / max(image.shape[1:]))))
    if max(shown.size) > _LARGEST:
        shown.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    return shown


def _words(text: str, size: int, colour: str, width: float = float("inf")) -> Image.Image:
    """Returns `text` on paper of its own size, broken into lines of at most `width` pixels."""
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
