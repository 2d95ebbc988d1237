"""A pyramid of games: one run in stages, wherever it was interrupted."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import sparring
from sparring.errors import SpecError
from sparring.recipes import Recipe
from sparring.runner.stages import find_stage, plan_stages
from sparring.training.checkpoints import Checkpoint, list_checkpoints, read_checkpoint, write_checkpoint
from sparring.training.folder import RunFolder
from sparring.training.listener import Listener, View

Shrink = Callable[..., Recipe]
Trained = Callable[..., Path]


class ShapeLog(Listener):
    """Notes the shape and the images of each step."""

    def __init__(self) -> None:
        self.steps: list[tuple[tuple[int, ...], int]] = []

    def step(self, view: View) -> None:
        self.steps.append((view.shape, view.images))


def test_a_run_goes_through_the_sizes_with_their_batches(shrink: Shrink, tmp_path: Path) -> None:
    log = ShapeLog()
    recipe = shrink("progressive-emoji", "data.size=16", "images=40", "game.batches={4: 8, 8: 2}")
    model = sparring.train(recipe, tmp_path, listeners=[log])
    assert log.steps[:2] == [((3, 4, 4), 8), ((3, 8, 8), 10)]
    assert log.steps[-1] == ((3, 16, 16), 40)
    assert model.sample(2).shape == (2, 3, 16, 16)
    facts = read_checkpoint(list_checkpoints(tmp_path / "checkpoints")[-1]).facts
    assert facts.stage == 2
    assert find_stage(RunFolder(tmp_path), plan_stages(recipe, recipe.data.load())) == 2


def test_a_stage_begins_with_the_weights_of_the_one_before_and_fresh_optimizers(shrink: Shrink, tmp_path: Path) -> None:
    saved = ("training.checkpoints.last=9", "training.checkpoints.every=4")
    recipe = shrink("progressive-emoji", *saved, "rates={8: 1e-9}")
    sparring.train(recipe, tmp_path)
    first, second = (read_checkpoint(path) for path in list_checkpoints(tmp_path / "checkpoints")[1:3])
    assert (first.facts.stage, second.facts.stage) == (0, 1)
    kept = [name for name in first.tensors if name.startswith("game/") and name in second.tensors]
    moved = [name for name in kept if not torch.allclose(first.tensors[name], second.tensors[name], atol=1e-5)]
    assert len(kept) > 10
    assert [name for name in moved if not name.endswith("alpha")] == []
    steps = {tensor.item() for name, tensor in second.tensors.items() if name.endswith("/step")}
    assert steps == {1}


def test_a_model_of_an_earlier_stage_loads_and_draws_small_images(trained: Trained, tmp_path: Path) -> None:
    trained("progressive-emoji", "training.checkpoints.last=9", folder=".")
    paths = list_checkpoints(tmp_path / "checkpoints")
    assert [sparring.load(path).sample(1).shape for path in paths] == [(1, 3, 4, 4), (1, 3, 8, 8)]


def test_micro_batches_that_do_not_fit_a_later_stage_are_refused_before_the_first_step(
    shrink: Shrink, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match="batch of 3 at 8x8 cannot be computed in 2 equal parts"):
        sparring.train(shrink("progressive-emoji", "accumulation=2", "game.batches={8: 3}"), tmp_path)


def test_networks_that_do_not_grow_are_refused_before_the_first_step(shrink: Shrink, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="networks that grow"):
        sparring.train(shrink("progressive-emoji", "generator={kind: DCGANGenerator, width: 4}"), tmp_path)


def test_the_end_of_a_stage_is_printed_and_the_run_goes_on(
    shrink: Shrink, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sparring.train(shrink("progressive-emoji"), tmp_path)
    output = capsys.readouterr().out
    parts = ("Stage 1 of 2: 4x4, batches of 4.", "Stage over after 2 steps", "Stage 2 of 2: 8x8", "Finished after 4")
    positions = [output.find(part) for part in parts]
    assert positions == sorted(positions)
    assert -1 not in positions
    assert RunFolder(tmp_path).read_facts().status == "finished"


def test_a_stage_without_a_step_is_refused_before_the_first(shrink: Shrink, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"12 leave no step for the stage of 8x8, .* of those before show 16"):
        sparring.train(shrink("progressive-emoji", "images=12", "game.batches={4: 16}"), tmp_path)


def test_a_run_that_is_given_more_images_does_not_fade_in_again(
    shrink: Shrink, trained: Trained, tmp_path: Path
) -> None:
    trained("progressive-emoji", folder=".")
    sparring.train(shrink("progressive-emoji", "images=40"), tmp_path, with_changes=True)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    blends = {line["images"]: line["observations"]["alpha"] for line in lines}
    assert len(blends) == 10
    assert {alpha for images, alpha in blends.items() if images > 16} == {1}


def test_a_stage_that_is_stopped_before_its_first_step_leaves_the_last_checkpoint_alone(
    shrink: Shrink, tmp_path: Path
) -> None:
    class Impatient(Listener):
        def begin(self, view: View) -> None:
            if view.shape == (3, 8, 8):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sparring.train(shrink("progressive-emoji"), tmp_path, listeners=[Impatient()])
    assert sparring.load(tmp_path).shape == (3, 4, 4)


def test_scores_of_other_stages_are_no_rivals(shrink: Shrink, tmp_path: Path) -> None:
    saved = ("training.checkpoints.last=9", "training.checkpoints.every=4", "listening.scores_every=4")
    sparring.train(shrink("progressive-emoji", *saved), tmp_path)
    for path in list_checkpoints(tmp_path / "checkpoints"):
        checkpoint = read_checkpoint(path)
        offset = 0.0 if checkpoint.facts.stage == 0 else 1.0
        scores = {"sliced_wasserstein": offset + checkpoint.facts.step}
        write_checkpoint(path, Checkpoint(checkpoint.tensors, checkpoint.facts.model_copy(update={"scores": scores})))
    assert sparring.load(tmp_path, best=True).facts.step == 3
