"""The folder of a run: who holds it, its recipe, and its description in `run.json`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from sparring.direction import ScoreDirection
from sparring.errors import RunError, SpecError
from sparring.files import explain_os_error, replace_text
from sparring.network import Shape
from sparring.spec import Spec, differences


class DataFacts(Spec):
    """The data of a run: `classes` and `attributes` are names, `skipped` and `left_out` count files not read."""

    name: str = ""
    count: int = 0
    classes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    digest: str = ""
    skipped: int = 0
    left_out: int = 0


class RunFacts(Spec):
    """What `run.json` says about a run: recipe, machine, data, status and progress; empty where unknown.

    `parameters` counts the weights of each player, `shape` is that of one sample, `started` an ISO date in UTC,
    `seconds` time spent training, `status` one of `running`, `finished`, `stopped` and `failed`, with a `message`.
    """

    name: str = ""
    sparring: str = ""
    torch: str = ""
    python: str = ""
    device: str = ""
    threads: int = 0
    precision: str = ""
    layout: str = ""
    parameters: dict[str, int] = {}
    score_directions: dict[str, ScoreDirection] = {}
    shape: Shape = ()
    data: DataFacts = DataFacts()
    started: str = ""
    status: str = "not started"
    message: str = ""
    step: int = 0
    images: int = 0
    target: int = 0
    seconds: float = 0.0
    peak_memory_mb: float | None = None


class RunFolder:
    """Paths and plain files of a run; everything is replaced whole, so a killed run leaves nothing half-written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe = path / "recipe.yaml"
        self.facts = path / "run.json"
        self.checkpoints = path / "checkpoints"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Creates the folder and keeps other processes from training into it, until the block or its process ends.

        Raises:
            RunError: it cannot be created or written, or another process is training into it.
        """
        is_new = not self.path.exists()
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise RunError(
                f"another process is training into {self.path}. Wait for it or stop it, or name another folder "
                "with --run DIR."
            ) from None
        except OSError as error:
            raise RunError(explain_os_error(error, self.path)) from error
        try:
            for stray in self.path.rglob(".*.[0-9]*"):  # a killed process was writing it
                stray.unlink()
            yield
        finally:
            if is_new and not self.recipe.exists():
                self._remove()
            lock.release()

    def _remove(self) -> None:
        """Removes what `held` made, because the recipe or the data were refused."""
        with suppress(OSError):  # somebody else's files are in there
            self.checkpoints.rmdir()
            (self.path / ".lock").unlink()
            self.path.rmdir()

    def check_recipe(self, recipe: Spec, with_changes: bool) -> None:
        """Checks that a used folder holds a run of this very recipe.

        Raises:
            RunError: of another one, and `with_changes` is false; the message names the fields.
        """
        if with_changes or not self.recipe.exists():
            return
        before = self.read_recipe()
        with suppress(SpecError):  # a field that is new since then, with its default, is no change
            before = type(recipe).read(before).tree()
        if changed := list(differences(before, recipe.tree())):
            raise RunError(
                f"{self.path} holds a run of another recipe. What differs (there → here):\n  "
                + "\n  ".join(changed)
                + "\nName another folder with --run DIR to start a new run, or go on from its last checkpoint with "
                "this recipe: --continue-with-changes."
            )

    def write_recipe(self, recipe: Spec) -> None:
        """Writes `recipe.yaml`."""
        replace_text(self.recipe, recipe.to_yaml())

    def read_recipe(self) -> dict[str, Any]:
        """Returns the recipe in the folder as plain data; raises `RunError` where there is none."""
        try:
            tree = yaml.safe_load(self.recipe.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunError(f"{self.path} is not a run: it has no recipe.yaml. `spar train` makes runs.") from None
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise RunError(f"cannot read {self.recipe}: {error}") from None
        return tree if isinstance(tree, dict) else {}

    def is_held(self) -> bool:
        """Whether a process is training into the folder right now."""
        lock = FileLock(self.path / ".lock")
        try:
            with lock.acquire(timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    def write_facts(self, facts: RunFacts) -> None:
        """Writes `run.json`."""
        replace_text(self.facts, json.dumps(facts.tree(), indent=1) + "\n")

    def read_facts(self) -> RunFacts:
        """Returns the content of `run.json`; empty facts where it is missing or not whole."""
        try:
            return RunFacts.read(json.loads(self.facts.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):  # a `SpecError` is a `ValueError`
            return RunFacts()
