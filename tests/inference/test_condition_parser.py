"""Text is parsed as a class, weights of classes, or numbers; anything else is refused by name."""

import pytest
import torch
from torch import Tensor

from sparring.errors import SpecError
from sparring.inference.condition_parser import parse_condition
from sparring.network import Condition, ConditionLike

FACES = ("smiling", "glasses", "age")
EXAMPLES = ((0.0, 1.0, 0.25), (1.0, 0.0, 0.5))


def read(text: str, *classes: str) -> ConditionLike:
    return parse_condition(text, Condition(len(classes)), classes, 2, 0)


def numbers(text: str, count: int = 2, seed: int = 0) -> Tensor:
    labels = parse_condition(text, Condition(numbers=3, examples=EXAMPLES), FACES, count, seed)
    assert isinstance(labels, Tensor)
    return labels


def test_a_class_is_asked_for_by_name_or_number() -> None:
    assert read("dog", "cat", "dog") == 1
    assert read("1", "cat", "dog") == 1
    assert read("1", "1", "0") == 0


def test_a_name_may_look_like_a_mixture() -> None:
    assert read("a=1,b=2", "x", "a=1,b=2") == 1


def test_between_classes_their_weights_are_asked_for() -> None:
    assert read("cat=0.25, 2=0.75", "cat", "dog", "eel") == [0.25, 0, 0.75]
    assert read("dog=1", "cat", "dog") == [0, 1]


def test_all_numbers_may_be_given_in_their_order() -> None:
    assert torch.equal(numbers("0.5,0,1"), torch.tensor([[0.5, 0, 1]] * 2))


def test_numbers_that_nobody_named_are_drawn_as_the_data_has_them() -> None:
    labels = numbers("age=1,smiling=0.5", count=200)
    assert torch.equal(labels[:, [0, 2]], torch.tensor([[0.5, 1]] * 200))
    assert set(labels[:, 1].tolist()) == {0.0, 1.0}
    assert torch.equal(labels, numbers("age=1,smiling=0.5", count=200))
    assert not torch.equal(labels, numbers("age=1,smiling=0.5", count=200, seed=1))


def test_numbers_may_be_named_by_their_places() -> None:
    assert torch.equal(numbers("0=0,1=0,2=0"), torch.zeros(2, 3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cats", "no class 'cats'; did you mean cat"),
        ("3", "no class '3'"),
        ("cat=0.5,dgo=0.5", "no class 'dgo'; did you mean dog"),
        ("cat=0.5,dog=0.4", "weights of classes sum to 0.9; needs 1"),
        ("cat=1.5,dog=-0.5", "cat: got 1.5; needs a number from 0 to 1"),
        ("cat=x", "cat: got 'x'; needs a number from 0 to 1"),
        ("cat=0.5,cat=0.5", "once for each name"),
        ("cat=0.5,0.5", "once for each name"),
    ],
)
def test_classes_that_cannot_be_are_refused(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        read(text, "cat", "dog", "eel")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("smilling=1", "no number 'smilling'; did you mean smiling"),
        ("smiling=1.5", "smiling: got 1.5; needs a number from 0 to 1"),
        ("smiling=nan", "smiling: got nan; needs a number from 0 to 1"),
        ("smiling=yes", "smiling: got 'yes'; needs a number from 0 to 1"),
        ("smiling", r"takes 3 numbers \(smiling,glasses,age\); needs all of them .*smiling=1"),
        ("0.5,0.5", "needs all of them"),
        ("0.5,0.5,2", "age: got 2; needs"),
        ("smiling=1,smiling=0", "once for each name"),
    ],
)
def test_numbers_that_cannot_be_are_refused(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        numbers(text)


@pytest.mark.parametrize("condition", [Condition(), Condition(shape=(1, 8, 8))])
def test_a_model_that_is_told_neither_is_not_asked(condition: Condition) -> None:
    with pytest.raises(SpecError, match="not conditional: it takes no class 'odd'"):
        parse_condition("odd", condition, (), 2, 0)
