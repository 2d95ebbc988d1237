"""Two domains: one with labels, one whose labels are hidden."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.data import Digits, Domains, HoldOut, ImageFiles
from sparring.data.catalog.worlds import Ring
from sparring.data.dataset import Dataset
from sparring.data.source import Source
from sparring.errors import DataError, SpecError
from sparring.network import UNLABELLED, Condition

Rows = set[tuple[float, ...]]


def rows(data: Dataset, chosen: Tensor | None = None) -> list[tuple[float, ...]]:
    samples, _ = data.batch(np.arange(len(data)), torch.Generator())
    return [tuple(sample.flatten().tolist()) for sample in (samples if chosen is None else samples[chosen])]


def labels(data: Dataset) -> Tensor:
    _, classes = data.batch(np.arange(len(data)), torch.Generator())
    assert classes is not None
    return classes


@pytest.fixture
def parts(pictures: Path) -> tuple[Source, Source]:
    """A source of eleven pictures in two classes, and a target of digits of the same shape that holds some out."""
    return ImageFiles(path=pictures), HoldOut(of=ImageFiles(path=pictures), share=0.4)


def test_the_source_has_its_labels_and_the_target_none(parts: tuple[Source, Source]) -> None:
    source, target = parts
    data = Domains(source=source, target=target).load()
    classes = labels(data)
    known = classes != UNLABELLED
    assert dict(zip(rows(data, known), classes[known].tolist(), strict=True)) == dict(
        zip(rows(source.load()), labels(source.load()).tolist(), strict=True)
    )
    assert set(rows(data, ~known)) == set(rows(target.load()))
    assert data.condition == Condition(2, partly=True)


def test_the_smaller_domain_is_repeated_until_both_are_as_large(parts: tuple[Source, Source]) -> None:
    for one, other in (parts, parts[::-1]):
        data = Domains(source=one, target=other).load()
        classes = labels(data)
        assert len(data) == 22
        assert int((classes == UNLABELLED).sum()) == 11
        for kept, part in ((classes != UNLABELLED, one), (classes == UNLABELLED, other)):
            kept_rows = rows(data, kept)
            assert {kept_rows.count(row) for row in kept_rows} <= {11 // len(part.load()), 11 // len(part.load()) + 1}


def test_what_the_target_holds_out_keeps_its_labels(parts: tuple[Source, Source]) -> None:
    data = Domains(source=parts[0], target=parts[1]).load()
    held_out = parts[1].load().held_out
    assert data.held_out is not None
    assert held_out is not None
    assert rows(data.held_out) == rows(held_out)
    assert torch.equal(labels(data.held_out), labels(held_out))
    assert Domains(source=parts[0], target=parts[0]).load().held_out is None


def test_samples_come_in_the_order_that_they_are_asked_for(parts: tuple[Source, Source]) -> None:
    data = Domains(source=parts[0], target=parts[1]).load()
    order = np.random.default_rng(0).permutation(len(data))
    samples, classes = data.batch(order, torch.Generator())
    whole, every = data.batch(np.arange(len(data)), torch.Generator())
    assert torch.equal(samples, whole[torch.from_numpy(order)])
    assert torch.equal(classes if classes is not None else samples, labels(data)[torch.from_numpy(order)])
    assert every is not None


def test_it_knows_itself_and_can_be_shown(parts: tuple[Source, Source]) -> None:
    data = Domains(source=parts[0], target=parts[1]).load()
    assert data.digest == Domains(source=parts[0], target=parts[1]).load().digest
    assert data.digest != Domains(source=parts[1], target=parts[0]).load().digest
    assert data.depict(data.batch(np.arange(4), torch.Generator())[0]).width > 8
    assert (data.shape, data.facts.depth, data.facts.mirror, data.facts.skipped) == ((3, 8, 8), 8, False, 0)
    pytest.importorskip("sklearn")
    [one, other] = Domains(source=Digits(), target=Digits()).provenance()
    assert one == other


def test_domains_that_do_not_match_are_refused(parts: tuple[Source, Source], pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"3x8x8 in the source and of 3x4x4 in the target.*data.target.size=8"):
        Domains(source=parts[0], target=ImageFiles(path=pictures, size=4)).load()
    with pytest.raises(DataError, match=r"data.source: .* does not have the class of every sample"):
        Domains(source=Ring(), target=Ring()).load()
    np.savez(tmp_path / "gap.npz", images=np.zeros((2, 8, 8, 3), np.uint8), labels=[0, 2])
    with pytest.raises(DataError, match=r"data.source: not one sample of .* belongs to .*1"):
        Domains(source=ImageFiles(path=tmp_path / "gap.npz"), target=parts[0]).load()
    pytest.importorskip("sklearn")
    with pytest.raises(DataError, match=r"classes even, odd, the target 0, 1, .* both domains need the same ones"):
        Domains(source=ImageFiles(path=pictures, channels="gray"), target=Digits(size=8)).load()


def test_mirroring_is_set_for_each_by_itself(parts: tuple[Source, Source]) -> None:
    with pytest.raises(SpecError, match=r"source.mirror, target.mirror"):
        Domains.read({"source": "Digits", "target": "Digits", "mirror": True})
