"""What all games share: batches, teams, drawing, and freezing."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Game, Losses, SampleGrid, Team
from sparring.games import GAN
from sparring.network import Condition, ConditionLike, Shape
from sparring.networks import MLP, DCGANDiscriminator


class Duel(Game):
    """Two players with all that a move could disturb."""

    class Spec(Game.Spec):
        """Nothing to choose but the order."""

        order: tuple[str, ...] = ("left", "right")

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        self.left, self.right = self._player(), self._player()
        self.teams = (Team("left", {"l": self.left}, self.play), Team("right", {"r": self.right}, self.play))

    def _player(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), spectral_norm(nn.Linear(3, 3)))

    def play(self, batch: Batch) -> Losses:
        return {"sum": (self.left(batch.real) + self.right(batch.real)).mean()}

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        noise = torch.rand(count, *self.sample, generator=random)
        return noise if condition is None else noise * 0 + condition[:, None]


def duel(condition: Condition = Condition()) -> Game:
    torch.manual_seed(0)
    return Duel.Spec().build((3,), condition)


def batch() -> Batch:
    return Batch(torch.randn(8, 3, generator=torch.Generator().manual_seed(1)), None, 0, torch.Generator())


def test_what_is_observed_waits_for_no_device_and_holds_no_graph() -> None:
    given = batch()
    given.observe(score=torch.ones((), requires_grad=True) * 2)
    given.observe(other=torch.zeros(()))
    assert given.observations.keys() == {"score", "other"}
    assert not given.observations["score"].requires_grad
    assert batch().observations == {}


def test_a_teams_weights_are_named_by_player_in_a_fixed_order() -> None:
    team = duel().teams[0]
    names = list(team.named_parameters())
    assert names[:2] == ["l.0.weight", "l.0.bias"]
    assert [id(parameter) for parameter in team.parameters()] == [id(p) for p in team.named_parameters().values()]


def test_a_frozen_player_still_trains_in_all_but_its_weights_and_statistics() -> None:
    game = duel()
    with game.to_move(game.teams[0]):
        assert all(module.training for module in game.right.modules() if isinstance(module, nn.Dropout | nn.Linear))  # type: ignore[union-attr]
        first, second = (game.right(batch().real) for _ in range(2))  # type: ignore[operator]
        assert not torch.equal(first, second), "dropout goes on"
        assert all(p.requires_grad for p in game.teams[0].parameters())
    assert all(p.requires_grad for p in game.parameters())


def test_a_player_in_evaluation_mode_stays_in_it() -> None:
    game = duel()
    game.right.eval()  # type: ignore[union-attr]
    with game.to_move(game.teams[0]):
        assert not any(module.training for module in game.right.modules())  # type: ignore[union-attr]
    assert not any(module.training for module in game.right.modules())  # type: ignore[union-attr]
    norm = next(m for m in game.right.modules() if isinstance(m, nn.BatchNorm1d))  # type: ignore[union-attr]
    assert norm.track_running_stats


def test_gradients_pass_through_a_frozen_player_to_the_one_that_moves() -> None:
    game = duel()
    given = torch.ones(8, 3)
    with game.to_move(game.teams[0]):
        game.right(game.left(given)).square().mean().backward()  # type: ignore[operator]
    assert all(p.grad is not None for p in game.left.parameters())  # type: ignore[union-attr]
    assert all(p.grad is None for p in game.right.parameters())  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [1, 3, 5, 256])
def test_samples_are_drawn_in_parts_with_their_conditions(size: int) -> None:
    game = duel(Condition(5))
    classes = torch.arange(5)
    assert torch.equal(game.draw_samples(5, seed=0, condition=classes, batch=size)[:, 0].long(), classes)
    assert game.draw_samples(5, seed=0, batch=size).shape == (5, 3)
    assert torch.equal(game.draw_samples(5, seed=0, batch=size), game.draw_samples(5, seed=0, batch=256))


def test_one_class_stands_for_all_and_a_list_for_each() -> None:
    game = duel(Condition(5))
    assert game.draw_samples(3, seed=0, condition=4)[:, 0].tolist() == [4, 4, 4]
    assert game.draw_samples(3, seed=0, condition=[0, 1, 2])[:, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("condition", [5, -1, [0, 1], torch.tensor([0.0, 1.0, 2.0])])
def test_a_condition_that_cannot_be_is_refused(condition: ConditionLike) -> None:
    with pytest.raises(SpecError, match="one whole number from 0 to 4"):
        duel(Condition(5)).draw_samples(3, seed=0, condition=condition)
    with pytest.raises(SpecError, match="not conditional"):
        duel().draw_samples(3, seed=0, condition=condition)


def test_a_player_in_a_plain_list_is_refused_and_a_frozen_network_is_not() -> None:
    game = duel()
    game.fixed = nn.Linear(2, 2).requires_grad_(False)
    game.check()
    game.teams = (*game.teams, Team("lost", {"p": nn.Linear(2, 2)}, lambda batch: {}))
    game.spec = Duel.Spec(order=("left", "right", "lost"))
    with pytest.raises(SpecError, match="make its player an attribute"):
        game.check()


def test_an_order_without_a_known_team_names_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"game.order: 'lef' is not a team of Duel; did you mean left"):
        Duel.Spec(order=("lef", "right")).build((3,))


def test_a_team_cannot_move_twice_at_once() -> None:
    order = (("generator", "generator", "discriminator"),)
    with pytest.raises(SpecError, match=r"game.order: generator moves twice at once"):
        GAN.Spec(order=order, generator=MLP.Spec(), discriminator=MLP.Spec()).build((2,))


def test_networks_that_do_not_fit_are_named_by_their_field() -> None:
    with pytest.raises(ShapeError, match=r"game.generator: DCGANDiscriminator maps images"):
        GAN.Spec(generator=DCGANDiscriminator.Spec()).build((1, 8, 8))


def test_a_conditional_game_needs_labels() -> None:
    with pytest.raises(SpecError, match=r"game.conditional: the data has no labels"):
        GAN.Spec(conditional=True).build((1, 8, 8), Condition(0))


def test_a_comparison_has_each_row_over_its_other() -> None:
    upper, lower = torch.arange(7), -torch.arange(7)
    panel = SampleGrid.compare(upper, lower, 3)
    assert panel.columns == 3
    assert panel.samples.tolist() == [0, 1, 2, 0, -1, -2, 3, 4, 5, -3, -4, -5]
    assert SampleGrid.compare(upper[:2], lower[:2], 5).samples.tolist() == [0, 1, 0, -1]
