"""Evaluations in the report: the newest first, everything escaped, foreign files skipped."""

import json
import os
from dataclasses import replace

import pytest
from PIL import Image

from sparring.evaluation import MetricScore, write_scores
from sparring.listeners.evaluations import evaluations
from sparring.listeners.report import write_report

_FD = MetricScore(
    name="FD-lite0",
    value=38.3123,
    deviation=1.93,
    how="over 5 parts",
    direction="lower",
    samples="00000640",
    samples_digest="a",
    count=1500,
    reference="fashion-mnist test",
    reference_count=10_000,
    reference_digest="b",
    shape=(1, 28, 28),
    backbone="lite0",
    weights="579344248a93e230",
    resizer="clean",
    seed=7,
    averaged=True,
    settings="FD()",
    device="cpu",
    sparring="0.1",
    torch="2.13",
    seconds=0.5,
)


@pytest.fixture
def scores(tmp_path):
    return tmp_path / "scores"


def _write(path, *results, at=0):
    write_scores(path, results or (_FD,))
    os.utime(path.with_name(f"{path.name}.json"), (at, at))


def _draw(path, size=(6, 4)):
    path.parent.mkdir(exist_ok=True)
    Image.effect_noise(size, 100).convert("RGB").save(path)


def test_a_run_without_evaluations_has_no_section(tmp_path, scores):
    assert evaluations(tmp_path) == ""
    scores.mkdir()
    assert "Evaluation" not in write_report(tmp_path).read_text()


def test_a_score_is_shown_with_everything_it_depends_on(tmp_path, scores):
    higher = replace(_FD, name="precision-lite0", direction="higher", deviation=None, value=0.5)
    own = replace(_FD, name="spectrum-gap", direction="real", backbone="", weights="", resizer="", averaged=None)
    _write(scores / "00000640", _FD, higher, own)
    html = write_report(tmp_path).read_text()
    for words in (
        "<h2>Evaluation</h2>",
        "00000640",
        "38.31 ± 1.9",
        "over 5 parts",
        "↓ lower",
        "↑ higher",
        "≈ like real",
        "1,500",
        "fashion-mnist test, 10,000",
        "lite0, clean",
        "<td>–</td>",
        "lite0 has weights 579344248a93; seed 7; generator averaged.",
    ):
        assert words in html


def test_the_newest_evaluation_comes_first_and_earlier_ones_are_folded(tmp_path, scores):
    for name, at in (("first", 30), ("second", 50), ("third", 10)):
        _write(scores / name, at=at)
    html = evaluations(tmp_path)
    assert html.index("second") < html.index("<details>") < html.index("first") < html.index("third")
    assert "2 earlier evaluations" in html


def test_pictures_of_the_newest_evaluation_are_on_the_page(tmp_path, scores):
    _write(scores / "v1.5", at=20)
    _write(scores / "v1", at=10)
    for name in ("v1.5-nearest", "v1.5-map", "v1.5-holiday", "v1-realism"):
        _draw(scores / f"{name}.png")
    html = evaluations(tmp_path)
    assert html.count("data:image/png") == 2
    assert "memorized" in html
    assert "blue without orange" in html


def test_heavy_pictures_are_made_lighter(tmp_path, scores):
    _write(scores / "a")
    _draw(scores / "a-map.png", (700, 700))
    html = evaluations(tmp_path)
    assert "data:image/webp" in html
    assert len(html) < (scores / "a-map.png").stat().st_size


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[1]",
        b'{"scores": 3}',
        b'{"scores": []}',
        b'{"scores": [{"name": "FD"}]}',
        json.dumps({"scores": [_FD.__dict__ | {"value": "high"}]}).encode(),
        json.dumps({"scores": [_FD.__dict__ | {"direction": "sideways"}]}).encode(),
        json.dumps({"scores": [_FD.__dict__ | {"shape": "x"}]}).encode(),
    ],
)
def test_files_that_hold_something_else_are_skipped(tmp_path, scores, content):
    _write(scores / "good")
    (scores / "bad.json").write_bytes(content)
    (scores / "folder.json").mkdir()
    (scores / "good-map.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    html = evaluations(tmp_path)
    assert html.count("<table") == 1
    assert "<img" not in html


def test_a_score_that_is_not_finite_is_shown_as_such(tmp_path, scores):
    _write(scores / "a", replace(_FD, value=float("nan")))
    assert "nan" in evaluations(tmp_path)


def test_text_of_scores_is_escaped(tmp_path, scores):
    bad = '"><script>alert(1)</script>'
    texts = ("name", "how", "reference", "backbone", "weights", "resizer", "samples", "settings")
    _write(scores / "<b>bold", replace(_FD, **dict.fromkeys(texts, bad)))
    html = write_report(tmp_path).read_text()
    assert bad not in html
    assert "<script>alert" not in html
    assert "<b>bold" not in html
