"""Metrics of held-out samples."""

from pathlib import Path

import pytest

import sparring
from sparring.listeners import read_log


def test_accuracy_on_held_out_samples_is_logged_and_chooses_the_best_checkpoint(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    changes = ["images=192", "checkpoints.every=64", "listening.scores_every=64", "checkpoints.by=accuracy"]
    small = ["generator.width=2", "discriminator.width=2", "labelled=20", "record_every=64"]
    recipe = sparring.recipe("semi-supervised-digits", *changes, *small)
    model = sparring.train(recipe, tmp_path)
    accuracies = [line["scores"]["accuracy"] for line in read_log(tmp_path) if line["scores"]]
    assert len(accuracies) == 3
    assert all(0 <= accuracy <= 1 for accuracy in accuracies)
    data = recipe.data.load()
    assert data.held_out is not None
    assert sparring.load(tmp_path, best=True).facts.scores["accuracy"] == max(accuracies)
    assert model.facts.scores["accuracy"] == accuracies[-1]
