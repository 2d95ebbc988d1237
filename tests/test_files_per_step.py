"""A step of training runs code of few files of ours: what a reader must open to follow it."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
import torch

import sparring
from sparring.recipes import Recipe
from sparring.runner.train import build_run
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step
from sparring.training.run import Run

SOURCE = Path(sparring.__file__).parent

MOST_FILES = {"dcgan": 18, "stylegan2-emoji": 34}
"""The most files of `src/sparring` whose code runs in one step of a recipe, its data loaded."""


def files_of_a_step(run: Run) -> list[str]:
    """Returns the files whose functions run while `run` plays a step."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        play_step(run)
    finally:
        sys.setprofile(None)
    return sorted(str(Path(file).relative_to(SOURCE)) for file in files if file.startswith(str(SOURCE)))


@pytest.mark.parametrize("name", MOST_FILES)
def test_a_step_runs_code_of_few_files(name: str, shrink: Callable[..., Recipe], tmp_path: Path) -> None:
    recipe = shrink(name)
    run = build_run(recipe, recipe.data.load(), RunFolder(tmp_path), torch.device("cpu"))
    play_step(run)
    files = files_of_a_step(run)
    assert len(files) <= MOST_FILES[name], "\n".join(files)
