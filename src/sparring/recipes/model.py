"""A trained model: what a checkpoint holds, ready to sample from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from sparring.errors import CheckpointError, SpecError, nearest
from sparring.game import Classes, Game
from sparring.network import Condition, Network, Shape
from sparring.recipes.schema import Recipe
from sparring.training.checkpoints import SUFFIX, list_checkpoints, rank, read_checkpoint, read_facts
from sparring.training.keeper import restore
from sparring.training.precision import find_device


@dataclass(frozen=True, repr=False)
class Model:
    """Players in evaluation mode, averaged where the recipe averages them, and the recipe they come from.

    `classes` names the classes of the data, `facts` is all that the checkpoint says of itself.
    """

    recipe: Recipe
    game: Game
    path: Path
    facts: dict[str, Any]

    def __repr__(self) -> str:
        return f"Model({self.recipe.name}: {self.game.spec.kind()} of {'x'.join(map(str, self.shape))}, {self.path})"

    @property
    def generator(self) -> Network:
        """The generator: latents [N, n] (and classes [N]) to samples [N, *shape]."""
        players = {name: player for team in self.game.teams for name, player in team.players.items()}
        generator = players["generator"]
        assert isinstance(generator, Network)
        return generator

    @property
    def shape(self) -> Shape:
        """The shape of one sample, `(C, H, W)` for images."""
        return self.game.sample

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the data's classes; empty where it has none."""
        return tuple(self.facts["classes"])

    @property
    def depth(self) -> Literal[8, 16]:
        """Bits a channel of the images that the model learned from."""
        return 16 if self.facts["depth"] == 16 else 8

    def sample(self, count: int, seed: int = 0, condition: Classes | str = None) -> Tensor:
        """Returns `count` samples [count, *shape] in [-1, 1]; the same seed gives the same samples.

        `condition` chooses the classes of a conditional model: one by name or number, or [count] numbers;
        None draws them evenly. Raises `SpecError` for any other.
        """
        told = self.find_class(condition) if isinstance(condition, str) else condition
        return self.game.draw_samples(count, seed, told)

    def find_class(self, name: str) -> int:
        """Returns the index of the class called `name`, or numbered so.

        Raises:
            SpecError: the model is not conditional, or has no such class.
        """
        classes = self.classes if self.game.condition.classes else ()
        if not classes:
            raise SpecError(f"{self.path} is not conditional: it cannot be asked for class {name!r}")
        if name in classes:
            return classes.index(name)
        if name.isdecimal() and int(name) < len(classes):
            return int(name)
        raise SpecError(f"{self.path} has no class {name!r}{nearest(name, classes)}")


def load(path: str | Path, device: str = "auto", *, best: bool = False) -> Model:
    """Returns the model in a checkpoint file, or in the newest (or `best` scored) checkpoint of a run's folder.

    Needs neither the training data nor any file beside the checkpoint.

    Raises:
        CheckpointError: nothing there, damaged, foreign, or from a newer version.
        DeviceError: no such device.
    """
    place = find_device(device)
    file = find_checkpoint(Path(path), best)
    checkpoint = read_checkpoint(file)
    try:
        recipe = Recipe.read(checkpoint.facts["recipe"])
    except SpecError as error:
        by = checkpoint.facts["sparring"]
        raise CheckpointError(
            f"{file} was written by sparring {by} with a recipe that this one cannot read: {error}"
        ) from None
    game = build_game(recipe, tuple(checkpoint.facts["sample"]), len(checkpoint.facts["classes"]))
    restore(game.state_dict(), {**checkpoint.part("game"), **checkpoint.part("averages")}, file)
    game.to(place).eval().requires_grad_(False)
    return Model(recipe, game, file, checkpoint.facts)


def find_checkpoint(path: Path, best: bool = False) -> Path:
    """Returns `path` itself where it is a file, else the newest checkpoint of the run there, or its `best`.

    The best has the best value of the score that the newest's recipe names in `training.checkpoints.by`.

    Raises:
        CheckpointError: there is none, or none that has such a score.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise CheckpointError(f"there is no run or checkpoint at {path}")
    found = list_checkpoints(path / "checkpoints") or list_checkpoints(path)
    if not found:
        raise CheckpointError(f"{path} holds no checkpoint (checkpoints/*{SUFFIX}); has the run saved one yet?")
    if not best:
        return found[-1]
    facts = {file: read_facts(file) for file in found}
    by = facts[found[-1]]["recipe"]["training"]["checkpoints"]["by"]
    ranks = {file: ranked for file, said in facts.items() if (ranked := rank(said, by)) is not None}
    if not ranks:
        names = sorted({name for said in facts.values() for name in said["scores"]})
        raise CheckpointError(
            f"no checkpoint in {path} has a rank by {by!r} (training.checkpoints.by); their scores: {', '.join(names)}"
            if names
            else f"no checkpoint in {path} was scored (listening.scores_every)"
        )
    return min(ranks, key=ranks.__getitem__)


def build_game(recipe: Recipe, sample: Shape, classes: int) -> Game:
    """Returns the recipe's game with weights drawn from its seed, whatever the caller's random state."""
    with torch.random.fork_rng([]):
        torch.default_generator.manual_seed(recipe.seed)  # built on the CPU; other devices' state is the caller's
        return recipe.game.build(sample, Condition(classes))
