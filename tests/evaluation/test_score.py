"""Scores are records that are written, read back and never lost."""

import csv
import json
from dataclasses import replace

import pytest

from sparring.errors import MetricError
from sparring.evaluation.score import MetricScore, read_score_files, read_scores, score_table, write_scores

SCORE = MetricScore(
    name="FD-lite0",
    value=12.345678,
    deviation=0.5,
    how="jackknife over 5 folds",
    direction="lower",
    samples="0000300000",
    samples_digest="beef",
    count=1000,
    reference="fashion-mnist test",
    reference_count=1000,
    reference_digest="cafe",
    shape=(1, 28, 28),
    backbone="lite0",
    weights="579344",
    resizer="clean",
    seed=0,
    averaged=True,
    settings="FD()",
    device="cpu",
    sparring="0.1.0",
    torch="2.13.0",
    seconds=1.5,
)


def test_scores_read_back_as_they_were_written(tmp_path):
    scores = [SCORE, replace(SCORE, name="precision-lite0", deviation=None, averaged=None)]
    write_scores(tmp_path / "v1.5", scores)
    assert read_scores(tmp_path / "v1.5") == scores
    first = next(csv.DictReader((tmp_path / "v1.5.csv").read_text().splitlines()))
    assert (first["name"], first["value"], first["shape"]) == ("FD-lite0", "12.345678", "1x28x28")


def test_a_new_score_of_the_same_thing_takes_the_place_of_the_old_one_and_others_stay(tmp_path):
    path = tmp_path / "scores"
    write_scores(path, [SCORE, replace(SCORE, seed=1)])
    write_scores(path, [replace(SCORE, value=11.0, seconds=9.0)])
    assert [(score.seed, score.value) for score in read_scores(path)] == [(0, 11.0), (1, 12.345678)]


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "scores.json").write_text(json.dumps([1, 2]))
    with pytest.raises(MetricError, match=r"scores\.json does not hold scores"):
        write_scores(tmp_path / "scores", [SCORE])
    assert json.loads((tmp_path / "scores.json").read_text()) == [1, 2]


def test_the_table_says_value_deviation_and_which_way_is_better():
    (line,) = score_table([SCORE])
    assert " ".join(line.split()) == "FD-lite0 12.35 ± 0.5 lower is better jackknife over 5 folds"


def test_scores_in_a_folder_are_read_and_other_files_passed_over(tmp_path):
    write_scores(tmp_path / "v1.5", [SCORE])
    (tmp_path / "package.json").write_text("[]")
    assert read_score_files(tmp_path) == {tmp_path / "v1.5": [SCORE]}
