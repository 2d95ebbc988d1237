"""Compiled moves follow the gradients of plain ones; what is differentiated twice is never compiled."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import sparring.training.compiling as compiling
from sparring.errors import SpecError
from sparring.game import Batch, Losses
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator
from sparring.penalties import R1, LeCam, PathLength
from sparring.training.checkpointer import Checkpointer
from sparring.training.checkpoints import list_checkpoints, read_checkpoint
from sparring.training.loop import play, play_step
from sparring.training.plan import Training
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Checkpointer]]
COMPILED = "training.compiled=true"

pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # PyTorch's own, while it compiles


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts what is computed by a compiled graph; graphs are played as they are."""
    graphs: list[int] = []

    def backend(graph: nn.Module, examples: Any) -> Callable[..., Any]:
        def compute(*inputs: Any) -> Any:
            graphs.append(1)
            return graph(*inputs)

        return compute

    monkeypatch.setattr(compiling, "BACKEND", backend)
    return graphs


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiles graphs and their gradients, as on a GPU, but to plain operations: in seconds, with the same numbers."""
    monkeypatch.setattr(compiling, "BACKEND", "aot_eager")


@pytest.mark.usefixtures("compiled")
def test_compiled_moves_follow_the_gradients_of_plain_ones(prepare: Prepare) -> None:
    runs = [prepare("dcgan", change, folder=change)[0] for change in ("training.compiled=false", COMPILED)]
    for run in runs:
        play_step(run)
        play_step(run)
    plain, compiled = (run.game.state_dict() for run in runs)
    assert list(compiled) == list(plain)
    for name, tensor in plain.items():
        torch.testing.assert_close(compiled[name], tensor, rtol=1e-4, atol=1e-6, msg=name)


def listen(run: Run, calls: list[int]) -> list[tuple[int, str, bool]]:
    """Returns the list in which every move's step, team, and whether it went through compiled graphs will be noted."""
    moves: list[tuple[int, str, bool]] = []
    for optimizer in run.optimizers.values():
        team = optimizer.team

        def losses(batch: Batch, name: str = team.name, ask: Callable[[Batch], Losses] = team.losses) -> Losses:
            calls.clear()
            addends = ask(batch)
            moves.append((batch.step, name, bool(calls)))
            return addends

        object.__setattr__(team, "losses", losses)
    return moves


def test_a_move_with_a_penalty_due_never_goes_through_what_is_compiled(prepare: Prepare, calls: list[int]) -> None:
    run, _ = prepare("dcgan", COMPILED, "penalties=[{kind: R1, every: 3}]")
    moves = listen(run, calls)
    for _ in range(4):
        play_step(run)
    assert moves == [
        (step, team, team == "generator" or step % 3 > 0)
        for step in range(4)
        for team in ("discriminator", "generator")
    ]


@pytest.mark.parametrize("recipe", ["wgan-gp", "infogan"])
def test_where_a_game_promises_nothing_or_penalizes_every_move_its_moves_are_plain(
    prepare: Prepare, calls: list[int], recipe: str
) -> None:
    run, _ = prepare(recipe, COMPILED)
    moves = listen(run, calls)
    play_step(run)
    assert not any(compiled for _, team, compiled in moves if team == "discriminator" or recipe == "infogan")


def test_path_lengths_are_differentiated_twice_and_so_are_slopes_but_not_what_compares_scores() -> None:
    spec = GAN.Spec(
        generator=StyleGAN2Generator.Spec(channel_base=16, width=4, mapping_layers=1),
        discriminator=StyleGAN2Discriminator.Spec(channel_base=16),
        prior=Gaussian(size=4),
        penalties=(R1(every=3), LeCam(every=2)),
        generator_penalties=(PathLength(every=4),),
    )
    game = spec.build((1, 8, 8))
    twice = {
        team.name: [step for step in range(8) if game.needs_double_backward(team.name, step)] for team in game.teams
    }
    assert twice == {"discriminator": [0, 3, 6], "generator": [0, 4]}


def test_what_is_no_move_is_computed_as_it_is_written(prepare: Prepare, calls: list[int]) -> None:
    run, _ = prepare("dcgan", COMPILED)
    play_step(run)
    assert calls
    calls.clear()
    run.game.draw_samples(3, seed=0)
    run.averaged.draw_samples(3, seed=0)
    run.game.discriminator_score(torch.zeros(2, *run.shape))
    assert not calls


def test_a_move_that_fails_leaves_the_players_as_they_were(prepare: Prepare, calls: list[int]) -> None:
    run, _ = prepare("dcgan", COMPILED)

    def fail(batch: Batch) -> Losses:
        assert "forward" in vars(run.game.generator)
        raise ZeroDivisionError

    object.__setattr__(run.game.teams[0], "losses", fail)
    with pytest.raises(ZeroDivisionError):
        play_step(run)
    assert "forward" not in vars(run.game.generator)


@pytest.mark.usefixtures("compiled")
def test_a_resumed_compiled_run_equals_the_uninterrupted_one_under_the_same_names(prepare: Prepare) -> None:
    whole, checkpointer = prepare("dcgan", COMPILED, folder="whole")
    play(whole, checkpointer)
    parted, checkpointer = prepare("dcgan", COMPILED, folder="parted", steps=4)
    play_step(parted)
    play_step(parted)
    checkpointer.save()
    names = set(read_checkpoint(list_checkpoints(checkpointer.folder)[-1]).part("game"))
    assert names == set(prepare("dcgan", folder="plain")[0].game.state_dict())
    again, checkpointer = prepare("dcgan", COMPILED, folder="parted", steps=4)
    assert checkpointer.resume()
    play(again, checkpointer)
    for name, tensor in whole.game.state_dict().items():
        assert torch.equal(again.game.state_dict()[name], tensor), name


def test_a_run_that_is_not_compiled_has_nothing_compiled(prepare: Prepare, calls: list[int]) -> None:
    run, _ = prepare("dcgan")
    play_step(run)
    assert not calls


def test_a_run_cannot_be_recorded_and_compiled() -> None:
    with pytest.raises(SpecError, match="a move is either recorded or compiled; choose one"):
        Training.read({"recorded": True, "compiled": True})
