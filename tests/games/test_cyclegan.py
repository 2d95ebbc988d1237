"""CycleGAN: who gets which gradients, the terms against closed forms, and what is made once for both teams."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from sparring.augment import Flip
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Game
from sparring.games import Consensus, CycleGAN, Unrolled
from sparring.layers.normalization import BatchNorm, NoNorm
from sparring.losses import AdversarialLoss, LeastSquares, NonSaturating, Relativistic
from sparring.network import Condition, Network, Shape
from sparring.networks import PatchGAN, ResNetTranslator
from sparring.penalties import R1, LeCam, OrthogonalRegularization

SAMPLE = (3, 8, 8)
NAMES = ("a_to_b", "b_to_a", "of_a", "of_b")


class Scale(Network):
    """Multiplies by a number: the smallest translator, and with scores of the mean the smallest discriminator."""

    class Spec(Network.Spec):
        """Nothing to choose."""

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        self.by = nn.Parameter(torch.ones(()))
        self.scores = len(outputs) == 1
        self.seen: list[Tensor] = []

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns inputs, or their means [N, 1], times the number."""
        self.seen.append(inputs)
        return self.by * (inputs.flatten(1).mean(1, keepdim=True) if self.scores else inputs)


def play(condition: Condition = Condition(shape=SAMPLE), **rules: object) -> CycleGAN:
    torch.manual_seed(0)
    cast = {"generator": ResNetTranslator.Spec(width=4, blocks=1), "discriminator": PatchGAN.Spec(width=4, field=16)}
    game = CycleGAN.Spec(**{**cast, **rules}).build(SAMPLE, condition)  # type: ignore[arg-type]
    assert isinstance(game, CycleGAN)
    return game


def tiny(*scales: float, **rules: object) -> CycleGAN:
    """Returns the game of four numbers, by `NAMES`."""
    game = play(generator=Scale.Spec(), discriminator=Scale.Spec(), **rules)
    for name, scale in zip(NAMES, scales, strict=True):
        getattr(game, name).by.data.fill_(scale)
    return game


def batch(game: Game, count: int = 4, seed: int = 1, step: int = 0) -> Batch:
    random = torch.Generator().manual_seed(seed)
    a = torch.rand(count, *game.condition.shape, generator=random) * 2 - 1
    b = torch.rand(count, *game.sample, generator=random)
    return Batch(b, a, step, random)


def losses(game: CycleGAN, given: Batch) -> dict[str, dict[str, Tensor]]:
    return {team.name: team.losses(given) for team in game.teams}


def total(values: dict[str, Tensor]) -> Tensor:
    return torch.stack(list(values.values())).sum()


def test_all_terms_are_those_of_the_paper() -> None:
    g, f, of_a, of_b = 0.5, 3.0, 0.25, -0.75
    game = tiny(g, f, of_a, of_b, cycle_weight=7.0, identity_weight=5.0)
    given = batch(game)
    a, b = given.condition, given.real
    assert a is not None
    means_a, means_b = a.flatten(1).mean(1), b.flatten(1).mean(1)
    found = losses(game, given)
    expected = {
        "generators": {
            "adversarial_a": ((of_a * f * means_b - 1) ** 2).mean(),
            "adversarial_b": ((of_b * g * means_a - 1) ** 2).mean(),
            "cycle_a": 7 * abs(f * g - 1) * a.abs().mean(),
            "cycle_b": 7 * abs(g * f - 1) * b.abs().mean(),
            "identity_a": 5 * abs(f - 1) * a.abs().mean(),
            "identity_b": 5 * abs(g - 1) * b.abs().mean(),
        },
        "discriminators": {
            "adversarial_a": (((of_a * means_a - 1) ** 2).mean() + ((of_a * f * means_b) ** 2).mean()) / 2,
            "adversarial_b": (((of_b * means_b - 1) ** 2).mean() + ((of_b * g * means_a) ** 2).mean()) / 2,
        },
    }
    assert found.keys() == expected.keys()
    for team, values in expected.items():
        assert found[team].keys() == values.keys()
        for name, value in values.items():
            torch.testing.assert_close(found[team][name], value, msg=f"{team} {name}")
    torch.testing.assert_close(given.observations["score_fake_a"], of_a * f * means_b.mean())
    torch.testing.assert_close(given.observations["score_real_b"], of_b * means_b.mean())


def test_generators_that_undo_one_another_have_no_cycle_loss_and_those_that_do_nothing_no_identity_loss() -> None:
    undo = losses(tiny(0.5, 2, 1, 1), batch(tiny(1, 1, 1, 1)))["generators"]
    assert undo["cycle_a"] == undo["cycle_b"] == 0
    idle = losses(tiny(1, 1, 1, 1, identity_weight=1.0), batch(tiny(1, 1, 1, 1)))["generators"]
    assert idle["identity_a"] == idle["identity_b"] == 0


def test_gradients_are_those_of_each_teams_objective_and_of_nobody_else() -> None:
    game = play(identity_weight=5.0)
    a, b = batch(game).condition, batch(game).real
    in_b, in_a = game.a_to_b(a), game.b_to_a(b)

    def cost(scores: Tensor, label: float) -> Tensor:
        return ((scores - label) ** 2).mean()

    def apart(one: Tensor, other: Tensor) -> Tensor:
        return (one - other).abs().mean()

    cycle = apart(game.b_to_a(in_b), a) + apart(game.a_to_b(in_a), b)
    same = apart(game.a_to_b(b), b) + apart(game.b_to_a(a), a)
    expected = {
        "generators": cost(game.of_b(in_b), 1) + cost(game.of_a(in_a), 1) + 10 * cycle + 5 * same,
        "discriminators": sum(
            (cost(discriminator(real), 1) + cost(discriminator(fake.detach()), 0)) / 2
            for discriminator, real, fake in ((game.of_a, a, in_a), (game.of_b, b, in_b))
        ),
    }
    for team in game.teams:
        wanted = torch.autograd.grad(expected[team.name], team.parameters(), retain_graph=True)
        with game.to_move(team):
            total(dict(team.losses(batch(game)))).backward()
        for weight, gradient in zip(team.parameters(), wanted, strict=True):
            assert weight.grad is not None
            torch.testing.assert_close(weight.grad, gradient, atol=1e-6, rtol=1e-4)
            weight.grad = None
        assert all(weight.grad is None for weight in game.parameters())


def test_translations_are_made_once_for_teams_that_move_at_once() -> None:
    game = tiny(0.5, 3, 1, 1)
    given = batch(game)
    apart = [team.losses(replace(given, random=torch.Generator(), shared={})) for team in game.teams]
    for player in (game.a_to_b, game.b_to_a):
        player.seen.clear()
    fresh = tiny(0.5, 3, 1, 1)
    together = [team.losses(replace(given, random=torch.Generator(), shared=given.shared)) for team in fresh.teams]
    assert [len(fresh.a_to_b.seen), len(fresh.b_to_a.seen)] == [2, 2]
    for one, other in zip(apart, together, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in other)
    assert not any(value.requires_grad for value in given.shared.values())


def test_translation_and_identity_are_one_pass_unless_samples_meet_in_it() -> None:
    game = tiny(0.5, 3, 1, 1, identity_weight=5.0)
    game.generate(batch(game))
    assert [len(images) for images in game.a_to_b.seen] == [8, 4]
    coupled = play(generator=ResNetTranslator.Spec(width=4, blocks=1, normalization=BatchNorm()), identity_weight=5.0)
    sizes: list[int] = []
    coupled.a_to_b.register_forward_hook(lambda _, given, __: sizes.append(len(given[0])))
    coupled.generate(batch(coupled))
    assert sizes == [4, 4, 4]


def test_discriminators_are_shown_a_history_of_each_domain() -> None:
    game = tiny(0.5, 3, 1, 1, history=3)
    shown = []
    for step in range(20):
        given = batch(game, seed=step, step=step)
        game.of_b.seen.clear()
        game.discriminate(given)
        assert given.condition is not None
        (looked,) = game.of_b.seen
        shown.append((looked[4:] == 0.5 * given.condition).flatten(1).all(1))
    assert int(game.pool_a.count) == int(game.pool_b.count) == 3
    assert shown[0][:3].all()
    assert 0.3 < torch.stack(shown[1:]).float().mean() < 0.7
    ages = (game.pool_b.images / 0.5).abs().amax((1, 2, 3))
    assert (ages <= 1).all(), "translations of a are kept in the history of b"
    assert not torch.equal(game.pool_a.images, game.pool_b.images)


def test_the_history_is_in_the_games_state() -> None:
    state = play(history=6).state_dict()
    assert state["pool_a.images"].shape == (6, *SAMPLE)
    assert {"pool_a.count", "pool_b.images", "pool_b.count"} <= state.keys()


@pytest.mark.parametrize("loss", [NonSaturating(), Relativistic(of=LeastSquares())], ids=lambda loss: loss.kind())
def test_losses_penalties_and_augmentations_compose(loss: AdversarialLoss) -> None:
    penalties = (R1(weight=0.5), LeCam(), OrthogonalRegularization())
    game = play(losses=loss, adversarial_weight=1.0, penalties=penalties, augmentations=(Flip(),))
    found = losses(game, batch(game))
    kinds = {"adversarial", *(penalty.kind() for penalty in penalties)}
    assert found["discriminators"].keys() == {f"{kind}_{domain}" for kind in kinds for domain in "ab"}
    for team in game.teams:
        total(found[team.name]).backward()
    assert all(weight.grad is not None for weight in game.parameters())


def test_the_norm_of_gradients_and_an_unrolled_opponent_see_through_translations() -> None:
    cast = {"generator": ResNetTranslator.Spec(width=4, blocks=1, normalization=NoNorm())}
    cycle = play(**cast).spec
    answer = Unrolled.Spec(of=cycle, team="generators", against="discriminators", steps=2, learning_rate=1.0)
    for spec in (Consensus.Spec(of=cycle, weight=1.0), answer):
        torch.manual_seed(0)
        game = spec.build(SAMPLE, Condition(shape=SAMPLE))
        team = game.teams[0]
        with game.to_move(team):
            found = torch.autograd.grad(total(dict(team.losses(batch(game)))), team.parameters())
            plain = torch.autograd.grad(total(dict(game.of.teams[0].losses(batch(game)))), team.parameters())  # type: ignore[union-attr]
        assert not all(torch.allclose(one, other) for one, other in zip(found, plain, strict=True))


def test_it_translates_both_ways_at_any_size() -> None:
    game = play()
    images = torch.rand(2, 3, 11, 14) * 2 - 1
    with game.evaluating():
        assert torch.equal(game.translate(images, "a-to-b"), game.a_to_b(images))
        assert torch.equal(game.translate(images, "b-to-a"), game.b_to_a(images))
    assert game.directions == ("a-to-b", "b-to-a")
    with pytest.raises(SpecError, match=r"'a-to-c'.*did you mean a-to-b"):
        game.translate(images, "a-to-c")


def test_samples_are_translations_of_the_images_that_are_given() -> None:
    game = play()
    images = torch.rand(3, *SAMPLE) * 2 - 1
    with game.evaluating():
        assert torch.equal(game.draw_samples(3, 0, images), game.a_to_b(images))
    with pytest.raises(SpecError, match="the game translates images"):
        game.draw_samples(3, 0)


def test_panels_show_images_their_translations_and_what_comes_back() -> None:
    game = tiny(0.5, 2, 1, 1)
    a, b = torch.rand(7, *SAMPLE) - 1, torch.rand(7, *SAMPLE)
    with game.evaluating():
        panels = game.sample_grids(b, a, 0)
    assert torch.equal(panels["a-to-b"].samples, torch.cat((a, a / 2, a)))
    assert torch.equal(panels["b-to-a"].samples, torch.cat((b, b * 2, b)))
    assert panels["a-to-b"].columns == 7


def test_domains_may_have_other_channels_where_nothing_is_to_stay_as_it_is() -> None:
    game = play(Condition(shape=(1, 8, 8)))
    found = losses(game, batch(game))
    assert all(value.isfinite() for values in found.values() for value in values.values())
    images = batch(game)
    with game.evaluating():
        assert game.sample_grids(images.real, images.condition, 0)["a-to-b"].samples.shape == (12, *SAMPLE)


@pytest.mark.parametrize("condition", [Condition(), Condition(3), Condition(numbers=2)])
def test_data_of_one_domain_is_refused(condition: Condition) -> None:
    with pytest.raises(SpecError, match=r"the data has one; .*data.kind=Unpaired"):
        play(condition)


def test_domains_of_other_sizes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"a are \(3, 8, 16\) and of b \(3, 8, 8\); CycleGAN needs one height"):
        play(Condition(shape=(3, 8, 16)))


def test_domains_of_other_channels_are_refused_where_images_are_to_stay_as_they_are() -> None:
    with pytest.raises(ShapeError, match=r"identity_weight: images of a are \(1, 8, 8\).*needs as many channels"):
        play(Condition(shape=(1, 8, 8)), identity_weight=5.0)


def test_a_discriminator_too_large_for_the_images_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"game.discriminator: PatchGAN with field=70 needs images of at least 24x24"):
        play(discriminator=PatchGAN.Spec())
