"""`spar data show`: by name or by path, with settings."""

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from sparring.cli.app import app
from sparring.errors import SpecError


def show(*arguments: object) -> list[str]:
    """Returns the lines that `spar data show` prints."""
    result = CliRunner().invoke(app, ["data", "show", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_a_named_set_is_described_and_its_sheet_written(tmp_path: Path) -> None:
    lines = show("digits", "data.size=8", "--out", tmp_path / "sheet.png")
    assert lines[0].startswith("digits: 1,797 samples of gray 8x8")
    assert lines[-1] == f"contact sheet: {tmp_path / 'sheet.png'}"
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"


def test_a_path_is_shown_too_and_the_sheet_is_named_after_it(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "classes: 2: even 6, odd 5" in show(pictures)
    assert (tmp_path / f"{pictures.name}.png").is_file()


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"'emojis' is neither a named data set nor a path; did you mean emoji"):
        show("emojis")
