"""Data sets register under their names, and looked up by them."""

from pathlib import Path

import pytest

from sparring.data import Digits, ImageFiles, Source
from sparring.data.named import NAMED_DATA, find_existing_source, find_source, named
from sparring.errors import SpecError


@pytest.mark.parametrize("name", NAMED_DATA)
def test_every_named_set_is_found_by_its_name_and_survives_being_written_down(name: str) -> None:
    source = NAMED_DATA[name]
    assert find_source(name) == find_existing_source(name) == source
    assert type(source).read(source.tree()) == source


@pytest.mark.parametrize("name", NAMED_DATA)
def test_every_named_set_is_documented(name: str) -> None:
    assert f"`{name}`" in (Path(__file__).parents[2] / "docs" / "data.md").read_text()


def test_another_name_is_a_path(tmp_path: Path) -> None:
    assert find_source("faces") == ImageFiles(path=Path("faces"))
    assert find_existing_source(str(tmp_path)) == ImageFiles(path=tmp_path)
    with pytest.raises(SpecError, match=r"'emojis' is neither a named data set nor a path; did you mean emoji"):
        find_existing_source("emojis")


def test_a_name_is_given_once() -> None:
    with pytest.raises(AssertionError, match="two data sets are called digits"):
        named("digits", Digits())


def test_a_new_set_registers_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    source: Source = Digits(size=8)
    monkeypatch.setattr("sparring.data.named.NAMED_DATA", {})
    named("small-digits", source)
    assert find_source("small-digits") is source
