"""Showing a data set: its facts as lines, its images as a contact sheet."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sparring.data import exhibit
from sparring.files import replace_file
from sparring.recipes.named_data import shown_data


def show_data(name: str, assignments: Sequence[str], out: Path | None = None) -> Iterator[str]:
    """Yields what to say of a named data set, or of a path, and writes a contact sheet to `out`, or `NAME.png`.

    Raises:
        SparringError: there is no such set, it is not installed (the message says how), or `out` cannot be written.
    """
    source = shown_data(name).override([text.removeprefix("data.") for text in assignments])
    shown = exhibit(source)
    target = (out or Path(f"{Path(name).name}.png")).expanduser()
    yield from shown.lines
    replace_file(target, lambda beside: shown.sheet.save(beside, format="PNG"))
    yield f"contact sheet: {target}"
