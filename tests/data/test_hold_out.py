"""A part of a set that is kept from training."""

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.data import Digits, HoldOut
from sparring.data.catalog.worlds import Ring
from sparring.data.dataset import Dataset
from sparring.errors import DataError
from sparring.network import Condition

pytest.importorskip("sklearn")


def everything(data: Dataset) -> tuple[Tensor, Tensor | None]:
    return data.batch(np.arange(len(data)), torch.Generator())


def parts(**settings: float) -> tuple[Dataset, Dataset]:
    data = HoldOut(of=Digits(size=8), **settings).load()  # type: ignore[arg-type]
    assert data.held_out is not None
    return data, data.held_out


def test_both_parts_together_are_the_whole_set_with_its_labels() -> None:
    learned, held_out = parts(share=0.2)
    assert (len(learned), len(held_out)) == (1797 - 359, 359)
    parts_in_order = [(*sample.flatten().tolist(), int(label)) for part in (learned, held_out)
             for sample, label in zip(*everything(part), strict=True)]  # fmt: skip
    whole = [(*sample.flatten().tolist(), int(label)) for sample, label in zip(*everything(Digits(size=8).load()),
             strict=True)]  # fmt: skip
    assert sorted(parts_in_order) == sorted(whole)


def test_the_parts_are_always_the_same_and_all_classes_are_in_both() -> None:
    one, same = parts(), parts()
    for first, second in zip(one, same, strict=True):
        assert first.digest == second.digest
        assert torch.equal(everything(first)[0], everything(second)[0])
        assert first.labels is not None
        assert set(first.labels) == set(range(10))
        assert first.condition == Condition(10)
    assert one[0].digest != one[1].digest != Digits(size=8).load().digest


def test_a_set_without_labels_has_none_afterwards() -> None:
    data = HoldOut(of=Ring()).load()
    assert data.labels is None
    assert everything(data)[1] is None
    assert data.condition == Condition()
    assert data.digest != Ring().load().digest


def test_whose_the_data_is_stays_known() -> None:
    assert HoldOut(of=Digits()).provenance() == Digits().provenance()


@pytest.mark.parametrize("share", [0.0001, 0.9999])
def test_a_part_that_would_be_empty_is_refused(share: float) -> None:
    with pytest.raises(DataError, match=r"data.share: .* of digits, 1797 in all, leaves a part empty"):
        HoldOut(of=Digits(size=8), share=share).load()
