"""What the loop promises of moves: their order, their data, their gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import GeneratedBatch
from sparring.errors import SpecError
from sparring.game import Batch, Losses
from sparring.training.batches import DataOrder
from sparring.training.loop import play, play_step
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Any]]


def listen(run: Run, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Batch]]:
    """Returns the list in which every micro-batch of every move will be noted."""
    moves: list[tuple[str, Batch]] = []
    for optimizer in run.optimizers.values():
        team = optimizer.team

        def losses(batch: Batch, name: str = team.name, ask: Callable[[Batch], Losses] = team.losses) -> Losses:
            moves.append((name, batch))
            return ask(batch)

        object.__setattr__(team, "losses", losses)
    return moves


def test_teams_move_in_the_order_of_the_game(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = prepare("gan", "order=[generator, discriminator, discriminator]")
    moves = listen(run, monkeypatch)
    play_step(run)
    play_step(run)
    assert [name for name, _ in moves] == ["generator", "discriminator", "discriminator"] * 2
    assert [batch.step for _, batch in moves] == [0, 0, 0, 1, 1, 1]
    assert run.step == 2


def test_five_moves_of_a_team_see_fresh_data_each_and_the_other_team_the_first(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = prepare("wgan")
    moves = listen(run, monkeypatch)
    play_step(run)
    play_step(run)
    assert run.images == 2 * 5 * 4
    order, data = DataOrder(11, seed=0), run.batches.data
    for step in range(2):
        *first, last = moves[6 * step : 6 * step + 6]
        for turn, (name, batch) in enumerate(first):
            assert name == "discriminator"
            expected, _ = data.batch(order.indices(20 * step + 4 * turn, 4), torch.Generator())
            assert torch.equal(batch.real, expected)
        assert last[0] == "generator"
        assert torch.equal(last[1].real, first[0][1].real)


def test_every_move_draws_from_its_own_seed(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = prepare("wgan", "training.accumulation=2")
    seeds: list[int] = []
    for move in [move for turn in run.turns for move in turn]:
        seeds += [batch.random.initial_seed() for batch in run.batches.draw(move, run.step, run.images, {})]
    assert len(set(seeds)) == 12


def test_accumulation_equals_one_big_batch_of_independent_samples(prepare: Prepare) -> None:
    gradients: list[dict[str, Tensor]] = []
    for parts in (1, 2, 4):
        run, _ = prepare("gan", "discriminator.dropout=0", f"training.accumulation={parts}")
        game, latents = run.game, torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
        latent_parts = iter(latents.split(4 // parts))

        def draw(batch: Batch, game: Any = game, latent_parts: Any = latent_parts) -> GeneratedBatch:
            return GeneratedBatch.from_latents(game.generator, next(latent_parts))

        game.fake = draw  # type: ignore[assignment]
        kept: dict[str, Tensor] = {}
        optimizer = run.optimizers["discriminator"]
        optimizer.optimizer.register_step_pre_hook(
            lambda *_, optimizer=optimizer, kept=kept: kept.update(
                {name: p.grad.clone() for name, p in zip(optimizer.names, optimizer.parameters, strict=True)}
            )
        )
        with pytest.raises(StopIteration):
            play_step(run)
        gradients.append(kept)
    for accumulated in gradients[1:]:
        assert accumulated.keys() == gradients[0].keys()
        for name, gradient in accumulated.items():
            torch.testing.assert_close(gradient, gradients[0][name], rtol=1e-4, atol=1e-7)


def test_a_clipped_gradient_is_bounded_over_the_whole_team(prepare: Prepare) -> None:
    norms: list[float] = []
    for bound in ("null", "0.01"):
        run, _ = prepare("gan", f"clip_gradient={bound}")
        for optimizer in run.optimizers.values():
            optimizer.optimizer.register_step_pre_hook(
                lambda *_, optimizer=optimizer: norms.append(
                    float(torch.linalg.vector_norm(torch.cat([p.grad.flatten() for p in optimizer.parameters])))
                )
            )
        play_step(run)
    assert min(norms[:2]) > 0.01
    assert max(norms[2:]) <= 0.01 * (1 + 1e-4)
    assert max(norms[2:]) == pytest.approx(0.01, rel=1e-3)


def test_gradients_are_forgotten_after_a_move(prepare: Prepare) -> None:
    run, _ = prepare("dcgan")
    play_step(run)
    assert all(parameter.grad is None for parameter in run.game.parameters())
    assert all(parameter.requires_grad for parameter in run.game.parameters())
    assert all(module.training for module in run.game.modules())


def test_lazy_penalties_are_logged_where_they_were_due(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = prepare("dcgan", "penalties=[{kind: R1, every: 3}]", "discriminator.normalization=NoNorm")
    logged: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        run.metrics, "add", lambda group, values: logged.append(tuple(values)) if group.startswith("losses/") else None
    )
    for _ in range(4):
        play_step(run)
    assert logged[0::2] == [("adversarial", "R1"), ("adversarial",), ("adversarial",), ("adversarial", "R1")]
    assert set(logged[1::2]) == {("adversarial",)}


def test_projections_follow_every_step_of_their_team_only(prepare: Prepare) -> None:
    run, _ = prepare("wgan")
    with torch.no_grad():
        for parameter in run.game.parameters():
            parameter += 0.5
    play_step(run)
    largest = {team.name: max(float(p.detach().abs().max()) for p in team.parameters()) for team in run.game.teams}
    assert largest["discriminator"] <= 0.01 + 1e-8
    assert largest["generator"] > 0.1


def test_each_team_learns_at_its_own_rate(prepare: Prepare) -> None:
    run, _ = prepare("gan", "optimizers.discriminator={kind: SGD, learning_rate: 1e-12}", "optimizers.generator=SGD")
    before = {name: p.detach().clone() for name, p in run.game.named_parameters()}
    play_step(run)
    moved = {name: float((p.detach() - before[name]).abs().max()) for name, p in run.game.named_parameters()}
    assert max(value for name, value in moved.items() if name.startswith("discriminator")) < 1e-9
    assert max(value for name, value in moved.items() if name.startswith("generator")) > 1e-5


def test_a_run_ends_when_its_images_have_been_shown_and_is_saved(prepare: Prepare) -> None:
    run, checkpointer = prepare("gan", "images=10", "every=1M")
    play(run, checkpointer)
    assert (run.step, run.images) == (3, 12)
    assert [path.stem for path in sorted(checkpointer.folder.iterdir())] == ["0000000012"]


def test_nothing_in_a_step_waits_for_a_device_but_the_watch(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = prepare("dcgan", "record_every=1M", "images=1M")
    run.health._immediate = False
    for name in ("item", "tolist", "__float__", "__bool__", "numpy"):
        monkeypatch.setattr(Tensor, name, lambda *_, name=name: pytest.fail(f"Tensor.{name} waits for the device"))
    play_step(run)
    monkeypatch.undo()
    assert run.step == 1


def test_bfloat16_computes_in_bfloat16_and_keeps_weights_and_penalties_in_float32(prepare: Prepare) -> None:
    run, _ = prepare("dcgan", "training.precision=bfloat16", "penalties=[{kind: R1, every: 2}]")
    kinds: list[torch.dtype] = []
    layer = next(m for m in run.game.discriminator.modules() if isinstance(m, nn.Conv2d))  # type: ignore[union-attr]
    layer.register_forward_hook(lambda _module, _inputs, output: kinds.append(output.dtype))
    play_step(run)
    play_step(run)
    assert kinds == [torch.float32] * 2 + [torch.bfloat16] * 3
    assert {parameter.dtype for parameter in run.game.parameters()} == {torch.float32}


def test_teams_and_plans_must_fit(prepare: Prepare) -> None:
    for change, message in (
        ("optimizers={generator: Adam}", "training.optimizers: the team 'discriminator' needs an optimizer"),
        ("optimizers.generators=Adam", "training.optimizers.generators: GAN has no such team.* did you mean generator"),
        ("averages.critic={}", r"training.averages.critic: GAN has no such team.*known: discriminator, generator"),
    ):
        with pytest.raises(SpecError, match=message):
            prepare("gan", change)


def test_the_order_of_the_data_does_not_depend_on_the_batch(prepare: Prepare) -> None:
    orders = []
    for batch in (2, 4):
        run, _ = prepare("gan", f"training.batch={batch}")
        positions = [run.batches.order.indices(start, batch) for start in range(0, 12, batch)]
        orders.append(np.concatenate(positions))
    assert np.array_equal(orders[0], orders[1])


def test_teams_that_move_at_once_look_at_the_same_point(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = prepare("gan", "order=[[discriminator,generator]]")
    points: list[list[torch.Tensor]] = []
    for optimizer in run.optimizers.values():
        team = optimizer.team

        def losses(batch: Batch, ask: Callable[[Batch], Losses] = team.losses) -> Losses:
            points.append([weight.detach().clone() for weight in run.game.parameters()])
            return ask(batch)

        object.__setattr__(team, "losses", losses)
    play_step(run)
    assert all(torch.equal(one, other) for one, other in zip(*points, strict=True))
    assert not all(torch.equal(one, now) for one, now in zip(points[0], run.game.parameters(), strict=True))
