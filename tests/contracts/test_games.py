"""What every game promises: a move changes its team and nobody else."""

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring.recipes  # noqa: F401 (defines every member)
from sparring.errors import SpecError
from sparring.game import Batch, Game, Team
from sparring.games import GAN, Wrapper
from sparring.network import Condition, Shape

SAMPLE = (2, 8, 8)

OTHER_SAMPLES = {"GAIL": (6,)}
"""What games are played on that have no use for images."""

TOLD = {
    "ADDA": Condition(3, partly=True),
    "CycleGAN": Condition(shape=(2, 8, 8)),
    "DANN": Condition(3, partly=True),
    "Pix2Pix": Condition(shape=(3, 8, 8)),
}
"""The condition of games whose data has something else than three classes."""

MOMENTS = {"ADDA": (0, 10**9), "Progressive": (40,)}
"""Images shown before a move, of games whose teams do not all move, or not with all weights, from the beginning on."""

SMALL = {"width": 4, "channel_base": 64, "field": 1, "normalization": "BatchNorm", "reparametrization": "SpectralNorm"}
"""What networks that have it are built with."""


def variants() -> Iterator[Any]:
    """Yields every game with batch and spectral normalization, conditional or not; what wraps one, around the GAN."""
    for kind, member in sorted(Game.Spec.members.items()):
        if member.__module__.startswith("sparring."):
            wraps = issubclass(member, Wrapper.Spec)
            spec = member.read(narrowed(member.read({"of": "GAN"} if wraps else {}).tree()))
            yield pytest.param(spec, id=kind)
            if wraps or "conditional" in member.model_fields:
                yield pytest.param(spec.override(["conditional=true"]), id=f"{kind}-conditional")
    answer = {"kind": "Unrolled", "of": narrowed(GAN.Spec().tree())}
    yield pytest.param(Game.Spec.members["Consensus"].read({"of": answer}), id="Consensus-Unrolled")


def narrowed(tree: Any) -> Any:
    """Returns a spec's tree in which networks are narrow and normalized."""
    if not isinstance(tree, dict):
        return tree
    small = SMALL if tree.keys() & {"width", "channel_base"} else {}
    return {name: small.get(name, narrowed(value)) for name, value in tree.items()}


def names(spec: Game.Spec) -> list[str]:
    """Returns the teams in the order of their moves."""
    return [name for turn in spec.turns() for name in turn]


every_game = pytest.mark.parametrize("spec", list(variants()))


def shape(spec: Game.Spec) -> Shape:
    """Returns the shape of a sample; skips what needs an absent package."""
    if spec.kind() == "GAIL":
        pytest.importorskip("gymnasium", reason="environments come with gymnasium (sparring[imitation])")
    return OTHER_SAMPLES.get(spec.kind(), SAMPLE)


def condition_of(spec: Game.Spec) -> Condition:
    """Returns the condition of a sample in the data."""
    return TOLD.get(spec.kind(), Condition(3))


def moments(spec: Game.Spec) -> tuple[int, ...]:
    """Returns how many images were shown before the moves that are looked at."""
    return MOMENTS.get(spec.kind(), (0,))


def images_of(condition: Condition, count: int, seed: int) -> Tensor | None:
    """Returns images to translate; None where there is no need to say what to draw."""
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, *condition.shape, generator=random) * 2 - 1 if condition.shape else None


def build(spec: Game.Spec) -> Game:
    torch.manual_seed(0)
    game = spec.build(shape(spec), condition_of(spec))
    game.on_stage_start(spec.stages(game.sample, 100, 4)[-1])
    with torch.no_grad():
        for parameter in game.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return game


def batch(game: Game, step: int = 0, images: int = 0) -> Batch:
    random = torch.Generator().manual_seed(step)
    real = torch.rand(4, *game.sample, generator=random) * 2 - 1
    torch.manual_seed(step)  # which layers such as dropout draw from, and the loop seeds before a move
    sources = images_of(condition_of(game.spec), 4, step)
    classes = torch.tensor([0, -1, 2, -1] if condition_of(game.spec).partly else [0, 1, 2, 0])
    return Batch(real, classes if sources is None else sources, step, random, images=images)


def state(team: Team) -> dict[str, Tensor]:
    """Returns all that is saved of a team, but for how far its layers have faded in, which is the same for all."""
    states = {name: player.state_dict() for name, player in team.players.items()}
    named = {f"{name}.{path}": value.clone() for name, held in states.items() for path, value in held.items()}
    return {path: value for path, value in named.items() if not path.endswith(".alpha")}


def switches(game: Game) -> list[object]:
    flags = [(module.training, getattr(module, "track_running_stats", None)) for module in game.modules()]
    return [*flags, *(parameter.requires_grad for parameter in game.parameters())]


@every_game
def test_a_move_gives_gradients_to_its_team_and_nobody_else(spec: Game.Spec) -> None:
    game = build(spec)
    for team in game.teams:
        game.zero_grad()
        for images in moments(spec):
            with game.to_move(team):
                losses = team.losses(batch(game, images=images))
                assert all(loss.shape == () and loss.isfinite() for loss in losses.values())
                torch.stack(list(losses.values())).sum().backward()
        assert not [name for name, p in team.named_parameters().items() if p.grad is None or not p.grad.any()]
        others = [p for other in game.teams if other is not team for p in other.parameters()]
        assert all(parameter.grad is None for parameter in others)


@every_game
def test_a_move_leaves_statistics_and_singular_vectors_of_the_others_alone(spec: Game.Spec) -> None:
    game = build(spec)
    for team in game.teams:
        before = {other.name: state(other) for other in game.teams}
        for images in moments(spec):
            with game.to_move(team):
                team.losses(batch(game, images=images))
        changed = {
            other.name: {
                path for path, value in state(other).items() if not torch.equal(value, before[other.name][path])
            }
            for other in game.teams
        }
        follows = state(team).keys() - team.named_parameters().keys()
        assert bool(changed.pop(team.name)) == bool(follows), "its own statistics follow its samples"
        assert not any(changed.values())


@every_game
def test_a_frozen_batch_norm_still_uses_the_statistics_of_its_batch(spec: Game.Spec) -> None:
    game = build(spec)
    for team in game.teams:
        norms = [m for other in game.teams if other is not team for player in other.players.values()
                 for m in player.modules() if isinstance(m, nn.BatchNorm2d)]  # fmt: skip
        with game.to_move(team):
            for norm in norms:
                found = norm(torch.randn(4, norm.num_features, 3, 3) * 5 + 7)
                torch.testing.assert_close(found.mean((0, 2, 3)), norm.bias, atol=1e-4, rtol=0)


@every_game
def test_a_move_that_is_said_to_differentiate_once_does(spec: Game.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    differentiate, twice = torch.autograd.grad, []

    def watch(*given: Any, **options: Any) -> Any:
        twice.append(options.get("create_graph", False))
        return differentiate(*given, **options)

    monkeypatch.setattr(torch.autograd, "grad", watch)
    penalized = "penalties" in type(spec).model_fields
    game = build(spec.override(["penalties=[{kind: R1, every: 2}]"]) if penalized else spec)
    for team in game.teams:
        for step in (0, 1):
            twice.clear()
            with game.to_move(team):
                team.losses(batch(game, step, moments(spec)[0]))
            assert game.needs_double_backward(team.name, step) or not any(twice)


@every_game
def test_everything_is_as_before_after_a_move_that_was_broken_off(spec: Game.Spec) -> None:
    game = build(spec)
    before = switches(game)
    for team in game.teams:
        with suppress(KeyError), game.to_move(team):
            assert (switches(game) != before) == (len(game.teams) > 1)
            raise KeyError
        assert switches(game) == before


@every_game
def test_a_weight_that_was_frozen_by_its_owner_stays_frozen(spec: Game.Spec) -> None:
    game = build(spec)
    frozen = [team.parameters()[0].requires_grad_(False) for team in game.teams]
    for team in game.teams:
        with game.to_move(team):
            pass
    assert not any(parameter.requires_grad for parameter in frozen)


@every_game
def test_the_same_batch_gives_the_same_losses(spec: Game.Spec) -> None:
    game = build(spec)
    for team in game.teams:
        found = []
        for _ in range(2):
            with deepcopy(game).to_move(team):
                twin = deepcopy(game)
                found.append(next(t for t in twin.teams if t.name == team.name).losses(batch(game)))
        assert found[0].keys() == found[1].keys()
        assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


@every_game
def test_a_game_draws_samples_that_depend_on_the_seed_and_what_it_is_given_alone(spec: Game.Spec) -> None:
    game = build(spec).eval()
    if not spec.generates:
        with pytest.raises(SpecError, match="makes no samples"):
            game.draw_samples(1, 0)
        return
    sources = {seed: images_of(game.condition, 5, seed) for seed in (1, 2)}
    one, same, other = (game.draw_samples(5, seed, sources[seed]) for seed in (1, 1, 2))
    assert one.shape == (5, *game.sample)
    assert one.abs().max() <= 1
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert not one.requires_grad
    assert game.draw_samples(0, 0, images_of(game.condition, 0, 0)).shape == (0, *game.sample)
    assert game.draw_samples(5, 1, sources[1], batch=2).shape == (5, *game.sample)


@every_game
def test_a_copy_of_a_game_plays_with_its_own_players(spec: Game.Spec) -> None:
    game = build(spec)
    twin = deepcopy(game)
    own = {id(parameter) for parameter in twin.parameters()}
    for team in twin.teams:
        assert {id(parameter) for parameter in team.parameters()} <= own
        with twin.to_move(team):
            torch.stack(list(team.losses(batch(game)).values())).sum().backward()
    assert all(parameter.grad is None for parameter in game.parameters())


@every_game
def test_an_order_that_names_no_team_is_refused_with_the_nearest(spec: Game.Spec) -> None:
    team = names(spec)[0]
    with pytest.raises(SpecError, match=rf"game(\.of)*\.order: '{team}s' is not a team .* did you mean {team}"):
        spec.override([f"order=[{', '.join(names(spec))}, {team}s]"]).build(shape(spec), condition_of(spec))


@every_game
def test_a_team_that_never_moves_is_refused(spec: Game.Spec) -> None:
    last = names(spec)[-1]
    others = [name for name in names(spec) if name != last]
    with pytest.raises(SpecError, match=rf"game(\.of)*\.order: {last} never moves"):
        spec.override([f"order=[{', '.join(others)}]"]).build(shape(spec), condition_of(spec))
    with pytest.raises(SpecError, match="never moves"):
        spec.override(["order=[]"]).build(shape(spec), condition_of(spec))


@every_game
def test_every_weight_belongs_to_exactly_one_team(spec: Game.Spec) -> None:
    game = build(spec)
    first, *rest = game.teams
    game.teams = (first, *rest, Team("third", first.players, first.losses))
    game.spec = spec.override([f"order=[{', '.join(names(spec))}, third]"])
    with pytest.raises(SpecError, match=f"belongs to {first.name}, third; every parameter must belong to exactly one"):
        game.check()
    game.teams, game.spec = (first, *rest), spec
    game.stray = nn.Linear(1, 1)
    with pytest.raises(SpecError, match=r"stray.weight belongs to no team"):
        game.check()


@every_game
def test_a_game_survives_yaml(spec: Game.Spec) -> None:
    assert type(spec).from_yaml(spec.to_yaml()) == spec
