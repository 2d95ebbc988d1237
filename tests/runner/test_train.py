"""What `train` does besides training: checks, files, listeners."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

import sparring
from sparring.data import Loading
from sparring.errors import DataError, DeviceError, ShapeError, SpecError
from sparring.recipes import Recipe
from sparring.runner.listeners import _measures as measures_of
from sparring.training.checkpoints import list_checkpoints, read_checkpoint
from sparring.training.listener import Listener, Record, ScoreDirection, View

Shrink = Callable[..., Recipe]


class CallLog(Listener):
    """Notes its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.records: list[Record] = []

    def begin(self, view: View) -> None:
        self.calls.append(f"begin {view.step}")

    def step(self, view: View) -> None:
        self.calls.append(f"step {view.step}")

    def record(self, view: View, record: Record) -> None:
        self.records.append(record)

    def saved(self, view: View, checkpoint: Path) -> None:
        self.calls.append(f"saved {view.step}")

    def end(self, view: View, status: str) -> None:
        self.calls.append(f"end {status}")


def test_listeners_are_called_from_its_beginning_to_its_end(shrink: Shrink, tmp_path: Path) -> None:
    log = CallLog()
    sparring.train(shrink("gan", steps=3), tmp_path, listeners=[log])
    calls = ["begin 0", "step 1", "step 2", "saved 2", "step 3", "saved 3", "end finished"]
    assert log.calls == calls
    assert [record.step for record in log.records] == [1, 2, 3]
    last = log.records[-1]
    assert last.losses.keys() == {"discriminator", "generator"}
    assert last.observations.keys() == {"score_real", "score_fake"}
    assert last.images == 12


def test_a_resumed_run_begins_at_its_checkpoint(shrink: Shrink, tmp_path: Path) -> None:
    sparring.train(shrink("gan", steps=2), tmp_path)
    log = CallLog()
    sparring.train(shrink("gan", steps=3), tmp_path, with_changes=True, listeners=[log])
    assert log.calls == ["begin 2", "step 3", "saved 3", "end finished"]
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3]


def test_a_listener_that_fails_ends_the_run_as_failed_for_the_others_too(shrink: Shrink, tmp_path: Path) -> None:
    class Broken(Listener):
        def step(self, view: View) -> None:
            raise KeyError("broken")

    log = CallLog()
    with pytest.raises(KeyError):
        sparring.train(shrink("gan"), tmp_path, listeners=[Broken(), log])
    assert log.calls == ["begin 0", "end failed"]
    assert json.loads((tmp_path / "run.json").read_text())["status"] == "failed"


@pytest.mark.parametrize(
    ("change", "options", "error"),
    [
        ("generator=DCGANDiscriminator", {}, ShapeError),
        ("order=[generator]", {}, SpecError),
        ("data.path=nowhere", {}, DataError),
        ("seed=0", {"device": "cuda:9"}, DeviceError),
    ],
)
def test_what_cannot_be_is_refused_before_the_first_file(
    change: str, options: dict[str, Any], error: type[Exception], shrink: Shrink, tmp_path: Path
) -> None:
    with pytest.raises(error):
        sparring.train(shrink("dcgan", change), tmp_path / "run", **options)
    assert not (tmp_path / "run" / "recipe.yaml").exists()
    assert not list_checkpoints(tmp_path / "run" / "checkpoints")


def test_a_folder_that_was_there_stays_there_where_its_run_is_refused(shrink: Shrink, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ShapeError):
        sparring.train(shrink("dcgan", "generator=DCGANDiscriminator"), tmp_path / "mine")
    assert (tmp_path / "mine").is_dir()


def test_an_unknown_score_to_keep_the_best_by_is_refused_with_the_nearest(shrink: Shrink, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"checkpoints\.by.*'sliced_waserstein'.*did you mean sliced_wasserstein"):
        sparring.train(shrink("gan", "checkpoints.by=sliced_waserstein"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_without_any_score_must_keep_no_best_checkpoint(shrink: Shrink, pictures: Path, tmp_path: Path) -> None:
    recipe = shrink("dann-digits", f"data.target={{kind: ImageFiles, path: {pictures}, labels: none}}", steps=2)
    with pytest.raises(SpecError, match="'accuracy' is no score of this run"):
        sparring.train(recipe, tmp_path / "scored")
    model = sparring.train(recipe.override(["checkpoints.best=0"]), tmp_path / "unscored")
    assert model.game.spec.kind() == "DANN"


def test_the_best_may_be_kept_by_a_score_of_a_custom_listener(shrink: Shrink, tmp_path: Path) -> None:
    class Grows(Listener):
        score_directions: ClassVar[Mapping[str, ScoreDirection]] = {"mine": "higher"}

        def score(self, view: View) -> dict[str, float]:
            return {"mine": float(view.step if view.step < 3 else 0)}

    recipe = shrink("gan", "checkpoints.by=mine", "checkpoints.every=1M", "checkpoints.last=1")
    sparring.train(recipe, tmp_path, listeners=[Grows()])
    assert sparring.load(tmp_path, best=True).facts.step == 2
    assert json.loads((tmp_path / "run.json").read_text())["score_directions"] == {
        "mine": "higher",
        "sliced_wasserstein": "lower",
    }


def test_a_run_that_broke_after_its_best_checkpoint_goes_on_as_if_it_had_not(shrink: Shrink, tmp_path: Path) -> None:
    class Breaks(Listener):
        def step(self, view: View) -> None:
            if view.step == 5:
                raise InterruptedError

    recipe = shrink("dcgan", "checkpoints.every=1M", "checkpoints.last=1", "listening.scores_every=4", steps=8)
    sparring.train(recipe, tmp_path / "whole")
    with pytest.raises(InterruptedError):
        sparring.train(recipe, tmp_path / "broken", listeners=[Breaks()])
    assert list_checkpoints(tmp_path / "broken" / "checkpoints")
    sparring.train(recipe, tmp_path / "broken")
    whole, broken = (list_checkpoints(tmp_path / name / "checkpoints") for name in ("whole", "broken"))
    assert [path.name for path in broken] == [path.name for path in whole]
    for one, other in zip(whole, broken, strict=True):
        saved, again = read_checkpoint(one), read_checkpoint(other)
        assert not [name for name, tensor in saved.tensors.items() if not torch.equal(tensor, again.tensors[name])]
        assert saved.facts.scores == again.facts.scores


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(8, 8), (13, 5)], ids=str)
def test_any_channels_and_any_size_are_learned_and_sampled(
    mode: str, size: tuple[int, int], shrink: Shrink, tmp_path: Path
) -> None:
    random, channels = np.random.default_rng(0), len(Image.new(mode, (1, 1)).getbands())
    for index in range(4):
        pixels = random.integers(1, 256, (*size, channels), np.uint8)
        (tmp_path / "images").mkdir(exist_ok=True)
        Image.fromarray(pixels.squeeze(-1) if channels == 1 else pixels).save(tmp_path / "images" / f"{index}.png")
    model = sparring.train(shrink("dcgan", f"data.path={tmp_path / 'images'}", steps=1), tmp_path / "run")
    assert model.sample(2).shape == (2, channels, *size)


def test_bad_images_are_refused_up_front_or_left_out_and_counted(
    shrink: Shrink, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "images").mkdir()
    for path in pictures.rglob("*.png"):
        (tmp_path / "images" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "images" / "broken.png").write_bytes(b"")
    recipe = shrink("gan", f"data.path={tmp_path / 'images'}", steps=1)
    with pytest.raises(DataError, match=r"broken\.png"):
        sparring.train(recipe, tmp_path / "run")
    sparring.train(recipe, tmp_path / "run", loading=Loading(skip_bad=True))
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (facts["data"]["count"], facts["data"]["skipped"]) == (11, 1)


def test_a_class_without_images_is_refused(shrink: Shrink, pictures: Path, tmp_path: Path) -> None:
    names = sorted(path.relative_to(pictures).as_posix() for path in pictures.rglob("*.png"))
    labels = tmp_path / "labels.csv"
    labels.write_text("\n".join(["file,label", *(f"{name},{2 * (index % 2)}" for index, name in enumerate(names))]))
    with pytest.raises(DataError, match="conditioned on classes, and no sample belongs to 1;"):
        sparring.train(shrink("gan", f"data.labels={labels}", "conditional=true"), tmp_path / "conditional")
    sparring.train(shrink("gan", f"data.labels={labels}"), tmp_path / "unconditional")


def test_a_recipe_may_be_given_by_name_or_as_a_file(shrink: Shrink, tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(shrink("gan", steps=1).to_yaml())
    assert sparring.train(str(path), tmp_path / "run").recipe == shrink("gan", steps=1)
    with pytest.raises(SpecError, match="did you mean dcgan"):
        sparring.train("dcgam", tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "known"), [("line", {"mmd", "wasserstein"}), ("ring", {"mmd"}), ("swiss-roll", set())]
)
def test_worlds_are_scored_against_the_truth_where_it_is_known(name: str, known: set[str]) -> None:
    recipe = sparring.recipe(name, "data.count=100")
    measures = measures_of(recipe, recipe.data.load())
    assert measures.keys() & {"mmd", "wasserstein"} == known
    assert ("modes_missed" in measures) == bool(known)
