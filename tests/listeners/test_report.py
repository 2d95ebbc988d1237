"""The report: whole at any moment, nothing from outside, nothing from files unescaped."""

import json
import os
import re
from html.parser import HTMLParser

import pytest
import torch
from PIL import Image

from sparring.data.pictures import picture
from sparring.errors import RunError
from sparring.listeners.log import Log
from sparring.listeners.report import Report, write_report

_FACTS = {
    "name": "dcgan",
    "status": "stopped",
    "message": "",
    "device": "cpu",
    "threads": 2,
    "parameters": {"generator": 1234, "discriminator": 567},
    "shape": [1, 16, 16],
    "data": {"name": "digits", "count": 1797, "classes": ["0", "1"], "digest": "abc", "skipped": 3},
    "images": 640,
    "target": 1280,
    "peak_memory_mb": 812.0,
}
_VOID = {"meta", "img", "input"}


class Balance(HTMLParser):
    """Fails where a tag is not closed by its own."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def _fill(view, grids=3):
    (view.folder / "run.json").write_text(json.dumps(_FACTS))
    (view.folder / "recipe.yaml").write_text("kind: GAN\nseed: 0\n")
    (view.folder / "samples").mkdir()
    for index in range(grids):
        path = view.folder / "samples" / f"{index * 64:08d}.png"
        picture(torch.full((4, 1, 4, 4), index / max(grids, 1))).save(path)
    log = Log()
    for _ in range(5):
        view.advance()
        log.record(view, view.take_record(sliced_wasserstein=1 / view.step))
    return write_report(view.folder).read_text()


def test_report_says_what_a_reader_asks_first(view):
    html = _fill(view)
    for words in (
        "<h1>dcgan</h1>",
        "Stopped at 640 of 1.28k images (50%); the same command resumes it.",
        "812 MB",
        "generator 1,234, discriminator 567",
        "digits, 1,797 images, 2 classes, 3 damaged files skipped",
        "1 × 16 × 16",
        "best 0.2 at 320",
        "kind: GAN",
        "R1",
    ):
        assert words in html


def test_report_asks_the_network_for_nothing(view):
    html = _fill(view)
    sources = re.findall(r'(?:src|href)="([^"]{0,12})', html)
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert not re.search(r"url\(|@import|fetch\(|https?:", html)


def test_report_is_balanced_html(view):
    parser = Balance()
    parser.feed(_fill(view))
    parser.close()
    assert parser.open == []


def test_an_empty_folder_has_a_report(tmp_path):
    html = write_report(tmp_path).read_text()
    assert f"<h1>{tmp_path.name}</h1>" in html
    assert "Samples" not in html


def test_damaged_files_are_left_out(view):
    _fill(view)
    (view.folder / "run.json").write_text('{"name": "dcg')
    (view.folder / "samples" / "00000064.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (view.folder / "samples" / "00000128.png").write_bytes(b"")
    with (view.folder / "log.jsonl").open("a") as file:
        file.write('{"step": 9, "images": 9')
    html = write_report(view.folder).read_text()
    assert html.count("data:image/") == 1


def test_unexpected_facts_are_no_error(view):
    (view.folder / "run.json").write_text(json.dumps(dict.fromkeys(_FACTS, "odd") | {"shape": None, "data": []}))
    assert "Odd" not in write_report(view.folder).read_text()


def test_text_from_files_is_escaped(view):
    _fill(view)
    bad = "<script>alert(1)</script>"
    facts = {"name": bad, "status": "failed", "message": bad, "data": {"name": bad, "classes": [bad]}, "device": bad}
    (view.folder / "run.json").write_text(json.dumps(facts))
    (view.folder / "recipe.yaml").write_text(bad)
    with (view.folder / "log.jsonl").open("a") as file:
        file.write(json.dumps({"images": 9, "losses": {bad: {bad: 1.0}}, "scores": {bad: 1}, "observations": {bad: 1}}))
    assert bad not in write_report(view.folder).read_text()


_BETTER = {"FD": "lower", "precision": "higher", "MS-SSIM": "real", "MS-SSIM-real": "real"}


def _fill_scores(view, facts):
    (view.folder / "run.json").write_text(json.dumps(_FACTS | facts))
    log = Log()
    for score in (0.7, 0.3, 0.5):
        view.advance()
        log.record(view, view.take_record(**dict.fromkeys(_BETTER, score)))
    return write_report(view.folder).read_text()


def test_each_score_shows_which_values_are_better(view):
    html = _fill_scores(view, {"score_directions": _BETTER})
    assert (
        "Smaller is better, except for Precision (larger) and MS-SSIM, MS-SSIM-real (nearest to that of real samples)."
        in html
    )
    charts = dict(re.findall(r"<figcaption>(.*?)</figcaption>(.*?)</figure>", html))
    bests = {name: re.findall(r"best ([\d.]+)", charts[name]) for name in ("FD", "Precision", "MS-SSIM")}
    assert bests == {"FD": ["0.3"], "Precision": ["0.7"], "MS-SSIM": []}
    assert 'class="dot' not in charts["MS-SSIM"]
    cards = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html))
    assert "best 0.3" in cards["FD"]
    assert "best 0.7" in cards["Precision"]
    assert "best" not in cards["MS-SSIM"]


@pytest.mark.parametrize(
    "facts", [{}, {"score_directions": "odd"}, {"score_directions": {"FD": ["odd"]}}, {"higher": None}]
)
def test_smaller_is_better_without_other_directions(view, facts):
    assert "Smaller is better.<" in _fill_scores(view, facts)


def test_many_grids_are_thinned_evenly_and_the_latest_shows(view):
    html = _fill(view, grids=100)
    frames = [int(count.replace(",", "")) for count in re.findall(r'data-images="([\d,]+)"', html)]
    assert len(frames) == 40
    assert (frames[0], frames[-1]) == (0, 99 * 64)
    assert re.findall(r'class="current small" alt="samples after ([\d,]+) images"', html) == ["6,336"]


def test_heavy_grids_are_shrunk(view):
    noise = torch.rand(1000, 1200, 3, generator=torch.Generator().manual_seed(0)).mul(255).byte().numpy()
    (view.folder / "samples").mkdir()
    for index in range(4):
        Image.fromarray(noise).save(view.folder / "samples" / f"{index:08d}.png")
    (view.folder / "samples" / "real.png").write_bytes((view.folder / "samples" / "00000000.png").read_bytes())
    assert write_report(view.folder).stat().st_size < 10_000_000


def test_report_is_refreshed_at_most_every_thirty_seconds_and_at_the_end(view):
    now = [0.0]
    report, path = Report(every_seconds=1.0, clock=lambda: now[0]), view.folder / "report.html"
    written = []
    for seconds in range(0, 70, 7):
        now[0] = float(seconds)
        path.unlink(missing_ok=True)
        report.record(view, view.take_record())
        if path.exists():
            written.append(seconds)
    assert written == [0, 35]
    report.end(view, "finished")
    assert path.exists()


def test_a_full_disk_is_not_hidden_unless_the_run_has_failed_already(view, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(RunError, match="the disk is full"):
        Report().record(view, view.take_record())
    with pytest.raises(RunError, match="the disk is full"):
        Report().end(view, "stopped")
    Report().end(view, "failed")
    assert list(view.folder.iterdir()) == []
