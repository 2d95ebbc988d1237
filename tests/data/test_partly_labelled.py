"""Few labels, chosen evenly; and what is held out."""

import numpy as np
import pytest
import torch

from sparring.data import Digits, PartlyLabelled
from sparring.data.catalog.worlds import Ring
from sparring.data.dataset import Dataset
from sparring.data.source import Source
from sparring.errors import DataError
from sparring.network import Condition

pytest.importorskip("sklearn")


def load(**settings: object) -> Dataset:
    return PartlyLabelled(of=Digits(size=8), **settings).load()  # type: ignore[arg-type]


def chosen(data: Dataset) -> set[bytes]:
    assert data.labels is not None
    samples, _ = data.batch(np.flatnonzero(data.labels >= 0), torch.Generator())
    return {sample.numpy().tobytes() for sample in samples}


def test_as_many_of_each_class_keep_their_label() -> None:
    data = load(labelled=50, share=0)
    assert data.labels is not None
    assert np.bincount(data.labels[data.labels >= 0]).tolist() == [5] * 10
    assert data.condition == Condition(10, partly=True)
    assert len(data) == 1797 - 359


def test_labels_that_are_told_are_true() -> None:
    data, whole = load(), Digits(size=8).load()
    samples, labels = data.batch(np.arange(len(data)), torch.Generator())
    assert labels is not None
    assert whole.labels is not None
    true = {pixels.tobytes(): label for pixels, label in zip(whole.pixels, whole.labels, strict=True)}
    back = ((samples + 1) * 127.5).round().to(torch.uint8).numpy()
    assert all(label in (-1, true[image.tobytes()]) for image, label in zip(back, labels.tolist(), strict=True))


def test_labelled_samples_are_repeated_to_their_share() -> None:
    data = load(labelled=20, share=0.25)
    assert data.labels is not None
    assert 0.25 <= (data.labels >= 0).mean() < 0.26
    assert len(chosen(data)) == 20


def test_the_seed_chooses_who_is_labelled_and_not_who_is_held_out() -> None:
    one, same, other = (load(seed=seed) for seed in (1, 1, 2))
    assert chosen(one) == chosen(same)
    assert chosen(one) != chosen(other)
    assert one.digest == same.digest != other.digest
    assert one.held_out is not None
    assert other.held_out is not None
    assert one.held_out.digest == other.held_out.digest
    assert one.held_out.condition == Condition(10)


def test_what_is_held_out_is_not_learned_from() -> None:
    data = load(held_out=0.3)
    assert data.held_out is not None
    assert len(data.held_out) == round(0.3 * 1797)
    (learned, _), (held, _) = (part.batch(np.arange(len(part)), torch.Generator()) for part in (data, data.held_out))
    assert not {one.numpy().tobytes() for one in learned} & {one.numpy().tobytes() for one in held}


@pytest.mark.parametrize(
    ("of", "labelled", "message"),
    [
        (Digits(), 105, "105 labels for 10 classes.* needs a multiple of 10, at most 13"),
        (Digits(), 2000, "2000 labels for 10 classes"),
        (Ring(), 100, "has no labels"),
    ],
)
def test_labels_that_cannot_be_shared_out_are_refused(of: Source, labelled: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        PartlyLabelled(of=of, labelled=labelled).load()
