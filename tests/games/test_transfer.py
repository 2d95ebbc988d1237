"""What games of two domains share: who belongs to which, and what is said of samples."""

import pytest
import torch
from torch import Tensor

from sparring.errors import SpecError
from sparring.game import Batch
from sparring.games import ADDA, DANN
from sparring.games.transfer import Transfer, domain_accuracy, label_losses, pick_domains
from sparring.network import Condition
from sparring.networks import MLP

SAMPLE = (1, 2, 3)


def play(kind: type[DANN.Spec] | type[ADDA.Spec]) -> Transfer:
    torch.manual_seed(0)
    game = kind(encoder=MLP.Spec(width=5), embedding=4).build(SAMPLE, Condition(3, partly=True))
    assert isinstance(game, Transfer)
    return game


every_game = pytest.mark.parametrize("kind", [DANN.Spec, ADDA.Spec])


@pytest.mark.parametrize(
    ("classes", "source", "target"),
    [
        ([0, -1, 2, -1], [0, 2], [1, 3]),
        ([-1, -1, 1, 1], [2, 3], [0, 1]),
        ([0, -1, -1, -1, -1, -1], [0, 0, 0], [1, 2, 3]),
        ([1, 2, 0, 1, -1, 2], [0, 1, 2], [4, 4, 4]),
        ([1, 2, -1], [0, 1], [2, 2]),
    ],
)
def test_half_a_batch_is_of_either_domain_and_the_rarer_one_is_repeated(
    classes: list[int], source: list[int], target: list[int]
) -> None:
    found = pick_domains(torch.tensor(classes))
    assert [indices.tolist() for indices in found] == [source, target]


@pytest.mark.parametrize("classes", [[0, 1, 2], [-1, -1], [0]])
def test_a_batch_of_one_domain_alone_stays_within_itself(classes: list[int]) -> None:
    for indices in pick_domains(torch.tensor(classes)):
        assert 0 <= int(indices.min()) <= int(indices.max()) < len(classes)


def test_cross_entropy_is_that_of_known_classes() -> None:
    logits, classes = torch.randn(4, 3), torch.tensor([0, -1, 2, -1])
    batch = Batch(logits, classes, 0, torch.Generator())
    expected = -(logits.log_softmax(1)[0, 0] + logits.log_softmax(1)[2, 2]) / 2
    torch.testing.assert_close(label_losses(logits, classes, batch), expected)
    right = (logits[[0, 2]].argmax(1) == torch.tensor([0, 2])).float().mean()
    torch.testing.assert_close(batch.observations["training_accuracy"], right)
    assert label_losses(logits, torch.full((4,), -1), batch) == 0


def test_domains_are_told_right_by_the_sign_of_the_score() -> None:
    assert domain_accuracy(torch.tensor([[1.0], [-1.0]]), torch.tensor([[-2.0], [-1.0]])) == 0.75


@every_game
def test_it_says_how_many_target_samples_it_classifies_right(kind: type[DANN.Spec] | type[ADDA.Spec]) -> None:
    game, samples, classes = play(kind), torch.randn(6, *SAMPLE), torch.tensor([0, 1, 2, 0, 1, 2])
    with game.evaluating():
        predictions: Tensor = game.classify(samples)
        found = game.validation_metrics(samples, classes)
    torch.testing.assert_close(predictions.exp().sum(1), torch.ones(6))
    assert found == {"accuracy": float((predictions.argmax(1) == classes).float().mean())}
    assert game.spec.validation_metric_directions == {"accuracy": "higher"}


@every_game
def test_embeddings_are_shown_by_class_over_the_target_in_gray(kind: type[DANN.Spec] | type[ADDA.Spec]) -> None:
    game, classes = play(kind), torch.tensor([0, -1, 2, -1, 1])
    with game.evaluating():
        cloud = game.scatter_plots(torch.randn(5, *SAMPLE), classes, 0)["embeddings"]
        assert game.encode(torch.randn(5, *SAMPLE)).shape == (5, 4)
    assert cloud.points.shape == (5, 2)
    assert torch.equal(cloud.groups, classes)


@every_game
def test_it_makes_no_samples(kind: type[DANN.Spec] | type[ADDA.Spec]) -> None:
    game = play(kind)
    assert not game.spec.generates
    for ask in (
        lambda: game.draw_samples(1, 0),
        lambda: game.draw_latents(1, torch.Generator()),
        lambda: game.render(torch.zeros(1, 4)),
    ):
        with pytest.raises(SpecError, match="makes no samples, it classifies samples"):
            ask()


@every_game
@pytest.mark.parametrize("condition", [Condition(), Condition(3), Condition(numbers=2)])
def test_data_without_two_domains_is_refused(kind: type[DANN.Spec] | type[ADDA.Spec], condition: Condition) -> None:
    with pytest.raises(SpecError, match=rf"{kind.kind()} learns classes from a source .*data.kind=Domains"):
        kind().build((1, 8, 8), condition)
