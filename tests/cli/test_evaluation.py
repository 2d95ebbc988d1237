"""`spar evaluate`: what it prints and writes, and what it says when samples cannot be scored."""

import json

import numpy as np
import pytest

from sparring.backbones import custom_backbone
from sparring.cli import main


@pytest.fixture(autouse=True)
def _own(tmp_path, monkeypatch):
    """Every backbone sees raw pixels, so that no weights are needed."""
    pixels = custom_backbone(lambda images: images.flatten(1)[:, ::7] / 255, size=8, name="pixels")
    monkeypatch.setattr("sparring.evaluation.scorer.find_backbone", lambda *_: pixels)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def spar(monkeypatch, capsys):
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["spar", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    return run


def write(path, count=9, size=8, channels=3):
    shape = (count, size, size, channels) if channels > 1 else (count, size, size)
    np.save(path, np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    return path


def test_two_sets_are_scored_and_the_scores_are_written(spar, pictures, tmp_path):
    code, out, _ = spar("evaluate", pictures, "--reference", pictures, "--metrics", "fd,pr")
    assert code == 0
    assert "FD-pixels" in out
    assert "lower is better" in out
    written = json.loads(next((tmp_path / "scores").glob("*.json")).read_text())["scores"]
    assert [row["name"] for row in written] == ["FD-pixels", "precision-pixels", "recall-pixels"]


def test_metrics_and_backbones_are_listed(spar):
    code, out, _ = spar("evaluate", "metrics")
    assert code == 0
    assert "fdinfinity" in out
    assert "inception" in out


def test_what_is_finished_is_kept_where_a_metric_fails(spar, tmp_path):
    code, out, error = spar(
        "evaluate", write(tmp_path / "a.npy"), "--reference", tmp_path / "a.npy", "--metrics", "cas,fd"
    )
    assert code == 1
    assert "FD-pixels" in out
    assert "CAS: the real samples have no labels" in error
    assert json.loads(next((tmp_path / "scores").glob("*.json")).read_text())["scores"]


def test_sets_that_cannot_be_compared_are_refused_in_a_sentence(spar, tmp_path):
    rgb = write(tmp_path / "rgb.npy")
    for other, message in (
        (write(tmp_path / "gray.npy", channels=1), "reference.channels=rgb"),
        (write(tmp_path / "small.npy", size=4), "reference.size=8"),
        (write(tmp_path / "clear.npy", channels=4), "reference.channels=rgb"),
    ):
        code, _, error = spar("evaluate", rgb, "--reference", other)
        assert code == 1
        assert message in error
        assert "Traceback" not in error


def test_an_empty_folder_is_refused(spar, tmp_path, pictures):
    (tmp_path / "empty").mkdir()
    code, _, error = spar("evaluate", tmp_path / "empty", "--reference", pictures)
    assert code == 1
    assert "there are no images in it" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metrics", "kidd"], "did you mean kid"),
        (["--metrics", "fid"], "--backbone inception"),
        (["--metrics", "fd", "counts=3"], "count"),
        (["nowhere.npy"], "nowhere.npy"),
    ],
)
def test_typos_are_named(spar, pictures, arguments, message):
    code, _, error = spar("evaluate", pictures, "--reference", pictures, *arguments)
    assert code in (1, 2)
    assert message in error
