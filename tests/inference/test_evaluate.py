"""Runs, folders and arrays are scored against real images, and the scores are kept."""

import numpy as np
import pytest

import sparring
from sparring.backbones import custom_backbone
from sparring.data import Images
from sparring.errors import RunError, SpecError
from sparring.evaluation import read_scores
from sparring.inference.evaluate import evaluate


@pytest.fixture(autouse=True)
def _places(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def backbone():
    return custom_backbone(lambda images: images.flatten(1)[:, ::7] / 255, size=8, name="pixels")


def noise(seed, count=40):
    return Images(pixels=np.random.default_rng(seed).integers(0, 256, (count, 3, 8, 8), dtype=np.uint8), name="noise")


def test_a_run_is_scored_against_its_own_data_and_keeps_the_scores(trained, tmp_path, backbone):
    trained("dcgan", "data.mirror=true")
    evaluated = evaluate(tmp_path / "run", None, ["fd", "kid"], "count=20", backbone=backbone)
    assert evaluated.reference.count == 11
    assert "mirrored" not in evaluated.reference.name
    kept = read_scores(tmp_path / "run" / "scores" / "0000000016-20-to-pictures0-11")
    assert [score.name for score in kept] == ["FD-pixels", "KID-pixels"]
    assert kept == evaluated.result.scores
    assert (kept[0].count, kept[0].averaged) == (20, True)


def test_two_sets_are_compared_without_any_model(pictures, backbone):
    evaluated = evaluate(pictures, pictures, ["fd"], backbone=backbone)
    assert evaluated.result.by_name() == {"FD-pixels": pytest.approx(0, abs=1e-6)}
    assert evaluated.result.scores[0].averaged is None
    assert (evaluated.path.with_name(evaluated.path.name + ".csv")).is_file()


def test_data_in_memory_and_assignments(tmp_path, backbone):
    evaluated = evaluate(
        noise(0), noise(1), ["pr"], "count=30", "metrics.0.k=2", backbone=backbone, out=tmp_path / "mine"
    )
    assert evaluated.samples.count == 30
    assert evaluated.result.scores[0].settings == "PR(k=2)"
    assert read_scores(tmp_path / "mine") == evaluated.result.scores


def test_a_reference_of_another_size_is_resized_on_request(tmp_path, pictures, backbone):
    np.save(tmp_path / "small.npy", np.zeros((9, 4, 4, 3), np.uint8))
    evaluated = evaluate("small.npy", pictures, ["fd"], "reference.size=4", backbone=backbone)
    assert evaluated.result.by_name()


def test_images_without_a_reference_are_refused(pictures):
    with pytest.raises(SpecError, match="--reference"):
        evaluate(pictures)


def test_an_unknown_metric_is_refused_with_the_nearest_name(pictures):
    with pytest.raises(SpecError, match="did you mean kid"):
        evaluate(pictures, pictures, ["kidd"])


def test_two_comparisons_of_one_run_have_files_of_their_own(trained, tmp_path, backbone):
    trained("dcgan")
    paths = {evaluate(tmp_path / "run", None, ["fd"], f"count={count}", backbone=backbone).path for count in (8, 9)}
    assert len(paths) == 2


def test_a_toy_run_is_scored_and_mapped(tmp_path):
    sparring.train(sparring.recipe("ring", "images=1280", "batch=64"), tmp_path / "toy")
    evaluated = evaluate(tmp_path / "toy", None, ["fd", "w1", "mmd"], "count=200")
    assert evaluated.result.failures == {}
    assert [path.name.rpartition("-")[2] for path in evaluated.pictures] == ["map.png"]


def test_what_else_lies_beside_the_scores_does_no_harm(tmp_path, pictures, backbone):
    (tmp_path / "package.json").write_text("{}")
    evaluated = evaluate(pictures, pictures, ["fd", "pr"], backbone=backbone, out=tmp_path / "we$_{ird$.json")
    assert evaluated.result.failures == {}
    assert evaluated.path.name == "we$_{ird$"
    assert len(evaluated.pictures) == 4


def test_names_that_look_like_formulas_are_drawn(tmp_path, backbone):
    np.save(tmp_path / "we$_{ird$.npy", np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8))
    evaluated = evaluate(tmp_path / "we$_{ird$.npy", tmp_path / "we$_{ird$.npy", ["pr"], backbone=backbone)
    assert evaluated.result.failures == {}


def test_a_place_that_cannot_be_written_is_found_before_the_work(tmp_path, pictures, backbone):
    (tmp_path / "file").write_text("")
    progress = []
    with pytest.raises(RunError):
        evaluate(
            pictures,
            pictures,
            ["fd"],
            backbone=backbone,
            out=tmp_path / "file" / "mine",
            progress=lambda *done: progress.append(done),
        )
    assert progress == []


def test_progress_is_messages(pictures, backbone):
    messages = []
    evaluate(pictures, pictures, ["fd"], backbone=backbone, progress=lambda *done: messages.append(done))
    assert messages[-1] == (pictures.name, 11, 11)


def test_scores_during_training_choose_the_best_checkpoint(shrink, tmp_path, monkeypatch, backbone):
    monkeypatch.setattr("sparring.evaluation.scorer.find_backbone", lambda *_: backbone)
    model = sparring.train(
        shrink("dcgan", "listening.metrics=[FD,PR]", "checkpoints.by=recall-pixels", "listening.score_count=8"),
        tmp_path / "run",
    )
    assert {"FD-pixels", "precision-pixels", "recall-pixels", "sliced_wasserstein"} <= model.facts.scores.keys()
    better = {"FD-pixels": "lower", "precision-pixels": "higher", "recall-pixels": "higher"}
    assert model.facts.score_directions == better | {"sliced_wasserstein": "lower"}
    assert sparring.load(tmp_path / "run", best=True)
    assert "except for Precision-pixels, Recall-pixels" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("precison", r"'precison'.*did you mean precision-pixels"),
        ("FD", r"'FD'.*FD-pixels"),
        (
            "1-NNA-pixels",
            "is best where it is nearest to that of real samples.*by one of .*FD-pixels, precision-pixels",
        ),
    ],
)
def test_what_cannot_rank_checkpoints_is_refused_before_the_run(shrink, tmp_path, monkeypatch, backbone, by, said):
    monkeypatch.setattr("sparring.evaluation.scorer.find_backbone", lambda *_: backbone)
    recipe = shrink("dcgan", "listening.metrics=[FD,PR,NearestNeighbourAccuracy]", f"checkpoints.by={by}")
    with pytest.raises(SpecError, match=said):
        sparring.train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_goes_on_without_scores_whose_weights_are_missing(shrink, tmp_path, capsys):
    recipe = shrink("dcgan", "listening.metrics=[FD]", "listening.backbone=inception", "checkpoints.by=FID")
    model = sparring.train(recipe, tmp_path / "run")
    assert list(model.facts.scores) == ["sliced_wasserstein"]
    said = capsys.readouterr().out
    assert "Without scores by listening.metrics" in said
    assert "No best checkpoint will be kept: nothing scores 'FID' (training.checkpoints.by)" in said
