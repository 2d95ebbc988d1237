"""From a recipe to a run: everything is checked and built before the first step."""

import gc
import platform
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from sparring.data import Dataset, Loading
from sparring.data.image_collection import some
from sparring.errors import DataError, RunError
from sparring.evaluation.sets import evenly_spaced
from sparring.files import replace_file
from sparring.game.stage import Stage
from sparring.inference.model import Model, load
from sparring.recipes.registry import recipe as find_recipe
from sparring.recipes.schema import Recipe, build_game
from sparring.runner.listeners import build_listeners
from sparring.runner.micro_batch import set_micro_batch
from sparring.runner.stages import (
    check_accumulation,
    describe_stage,
    find_stage,
    plan_stages,
    resize_data,
    resume_stage,
)
from sparring.training.checkpointer import Checkpointer
from sparring.training.checkpoints import CheckpointFacts
from sparring.training.folder import DataFacts, RunFacts, RunFolder
from sparring.training.listener import Listener, score_directions
from sparring.training.micro_batch import MicroBatch, describe_parts
from sparring.training.precision import Precision, find_device
from sparring.training.run import Run
from sparring.training.session import play_session
from sparring.version import __version__


def train(
    recipe: Recipe | str,
    run: str | Path | None = None,
    *,
    device: str = "auto",
    with_changes: bool = False,
    loading: Loading = Loading(),
    micro_batch: MicroBatch | None = None,
    listeners: Sequence[Listener] = (),
) -> Model:
    """Plays a recipe in the folder `run` (`runs/NAME` unless given) to its end, and returns the trained model.

    A folder that holds an unfinished run of the same recipe is resumed.

    Args:
        recipe: a recipe, the name of a built-in one, or a path to a YAML file.
        run: the run's folder, created if needed.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        with_changes: resume from the folder's last checkpoint although the recipe has changed.
        loading: how the data is read, such as `Loading(skip_bad=True)`.
        micro_batch: how many samples of a batch to compute at a time, or `auto`: as many as memory holds, measured
            when a run begins and kept in its recipe; None leaves it to the recipe.
        listeners: further listeners, after those of the recipe.

    Raises:
        SparringError: what is wrong and what to do, in a sentence; before the first step wherever possible.
    """
    recipe = recipe if isinstance(recipe, Recipe) else find_recipe(recipe)
    home = RunFolder(Path(run) if run is not None else Path("runs") / recipe.name)
    target = find_device(device)
    with home.held():
        data = recipe.data.load(loading)
        stages = plan_stages(recipe, data)
        build = partial(build_stage, data, home, target)
        recipe = set_micro_batch(recipe, micro_batch, stages, home, target, build)
        home.check_recipe(recipe, with_changes)
        _check_data(home, data, with_changes)
        check_accumulation(recipe, stages)
        for number in range(find_stage(home, stages), len(stages)):
            stage = resume_stage(home, stages[number], number)
            notes = describe_stage(stages, number)
            if micro_batch is not None:
                notes.append(describe_parts(stage.batch, recipe.training.accumulation))
            _play_stage(recipe, number, stage, resize_data(data, stage), home, target, listeners, notes)
            gc.collect()  # the stage's networks leave the device before the next are placed on it
    return load(home.path, device)


def _play_stage(
    recipe: Recipe,
    number: int,
    stage: Stage,
    data: Dataset,
    home: RunFolder,
    device: torch.device,
    listeners: Sequence[Listener],
    notes: Sequence[str],
) -> None:
    run = build_run(recipe, data, home, device, build_listeners(recipe, data, device, listeners, notes), stage)
    checkpointer = Checkpointer(run, _checkpoint_facts(recipe, data, number, stage))
    checkpointer.resume()
    home.write_recipe(recipe)
    _write_real_samples(home, data, recipe.listening.sample_count)
    play_session(run, checkpointer, _run_facts(recipe, data, run))


def build_run(
    recipe: Recipe,
    data: Dataset,
    home: RunFolder,
    device: torch.device,
    listeners: Sequence[Listener] = (),
    stage: Stage | None = None,
) -> Run:
    """Returns the recipe's run on `data`, or a `stage` of it, at its beginning; its networks are on the device."""
    game = build_game(recipe, data.shape, data.condition)
    if game.condition and (empty := data.empty_classes()):
        raise DataError(
            f"{data.name}: the game is conditioned on classes, and no sample belongs to {some(empty)}; add some, or "
            "number the classes without gaps"
        )
    precision = Precision(device, recipe.training.precision, recipe.training.layout)
    return Run(game, data, recipe.training, home, precision, recipe.seed, listeners, stage)


def build_stage(data: Dataset, home: RunFolder, device: torch.device, recipe: Recipe, stage: Stage) -> Run:
    """Returns the recipe's run of a stage, without listeners."""
    return build_run(recipe, resize_data(data, stage), home, device, stage=stage)


def _write_real_samples(home: RunFolder, data: Dataset, count: int) -> None:
    images, _ = data.batch(evenly_spaced(data, count), torch.Generator())
    path = home.path / "samples" / "real.png"
    path.parent.mkdir(exist_ok=True)
    replace_file(path, lambda temporary: data.depict(images).save(temporary, format="PNG"))


def _check_data(home: RunFolder, data: Dataset, with_changes: bool) -> None:
    before = home.read_facts().data.digest
    if before and before != data.digest and not with_changes:
        raise RunError(
            f"the data is not what the run in {home.path} began with (digest {before[:12]}, now {data.digest[:12]}). "
            "Put the old data back, name another folder with --run DIR, or accept the new data with "
            "--continue-with-changes."
        )


def _checkpoint_facts(recipe: Recipe, data: Dataset, number: int, stage: Stage) -> CheckpointFacts:
    return CheckpointFacts(
        recipe=recipe.tree(),
        sample=data.shape,
        classes=data.classes,
        attributes=data.attributes,
        condition=data.condition,
        depth=data.facts.depth,
        stage=number,
        begin=stage.begin,
    )


def _run_facts(recipe: Recipe, data: Dataset, run: Run) -> RunFacts:
    return RunFacts(
        name=recipe.name,
        sparring=__version__,
        torch=torch.__version__,
        python=platform.python_version(),
        device=str(run.precision.device),
        threads=recipe.training.threads or torch.get_num_threads(),
        precision=recipe.training.precision,
        layout=recipe.training.layout,
        parameters=run.game.count_parameters(),
        score_directions=dict(sorted(score_directions(run.listeners).items())),
        shape=data.shape,
        data=DataFacts(
            name=data.name,
            count=len(data),
            classes=data.classes,
            attributes=data.attributes,
            digest=data.digest,
            skipped=data.facts.skipped,
            left_out=data.facts.left_out,
        ),
    )
