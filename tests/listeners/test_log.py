"""What `log.jsonl` promises: nothing lost by a kill, nothing kept past a checkpoint."""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

from sparring.listeners.log import Log, read_log, truncate_log


def _play(view, log, steps):
    log.begin(view)
    for _ in range(steps):
        view.advance()
        log.record(view, view.take_record(sliced_wasserstein=0.5))


def test_log_reads_back_what_records_say(view):
    _play(view, Log(), 3)
    lines = read_log(view.folder)
    assert [line["images"] for line in lines] == [64, 128, 192]
    assert lines[-1] == view.take_record(sliced_wasserstein=0.5).line()


def test_log_is_empty_where_there_is_no_file(tmp_path: Path):
    assert read_log(tmp_path) == []
    truncate_log(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_log_drops_a_partial_last_line(view):
    _play(view, Log(), 2)
    path = view.folder / "log.jsonl"
    whole = path.read_bytes()
    for cut in range(len(whole) // 2 + 1, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert [line["images"] for line in read_log(view.folder)] == [64]


def test_log_passes_over_what_a_power_cut_left(view):
    _play(view, Log(), 2)
    with (view.folder / "log.jsonl").open("ab") as file:
        file.write(b"\0" * 100 + b'\n"text"\n[]\n\xff\n')
    assert len(read_log(view.folder)) == 2


def test_resuming_drops_the_lines_past_the_checkpoint(view):
    _play(view, Log(), 4)
    path = view.folder / "log.jsonl"
    path.write_bytes(path.read_bytes() + b'{"step": 5, "ima')
    view.step, view.images = 2, 128
    _play(view, Log(), 1)
    assert [json.loads(text)["images"] for text in path.read_text().splitlines()] == [64, 128, 192]
    assert [item.name for item in view.folder.iterdir()] == ["log.jsonl"]


def test_a_run_that_starts_over_drops_every_line(view):
    _play(view, Log(), 2)
    truncate_log(view.folder, 0)
    assert read_log(view.folder) == []


def test_a_number_that_is_not_finite_is_null_in_the_file_and_nan_when_read(view):
    record = replace(view.take_record(), losses={"generator": {"adversarial": math.inf}})
    Log().record(view, record)
    text = (view.folder / "log.jsonl").read_text()
    assert json.loads(text, parse_constant=sys.exit)["losses"] == {"generator": {"adversarial": None}}
    assert math.isnan(read_log(view.folder)[0]["losses"]["generator"]["adversarial"])
