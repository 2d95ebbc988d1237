"""`spar data show`: by name or by path, with settings."""

import pytest
from PIL import Image

from sparring.errors import SpecError
from sparring.recipes import recipe
from sparring.recipes.named_data import NAMED_DATA, data_source, with_data
from sparring.recipes.showing import show_data


def test_a_named_set_is_described_and_its_sheet_written(tmp_path):
    lines = list(show_data("digits", ["data.size=8"], tmp_path / "sheet.png"))
    assert lines[0].startswith("digits: 1,797 samples of gray 8x8")
    assert lines[-1] == f"contact sheet: {tmp_path / 'sheet.png'}"
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"


def test_a_path_is_shown_too_and_the_sheet_is_named_after_it(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "classes: 2: even 6, odd 5" in list(show_data(str(pictures), []))
    assert (tmp_path / f"{pictures.name}.png").is_file()


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(SpecError, match=r"'emojis' is neither a named data set nor a path; did you mean emoji"):
        list(show_data("emojis", []))


@pytest.mark.parametrize("name", NAMED_DATA)
def test_every_named_set_can_be_put_into_a_recipe(name):
    assert with_data(recipe("dcgan"), name).data == NAMED_DATA[name] == data_source(name)


def test_settings_stay_where_the_recipe_has_that_kind_already():
    assert with_data(recipe("digits", "data.size=24"), "digits").data.size == 24
