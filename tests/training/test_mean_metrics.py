"""Means of what was added since the last reading."""

import pytest
import torch

from sparring.training.mean_metrics import MeanMetrics


def test_a_tally_gives_means_by_group_and_starts_anew() -> None:
    mean_metrics = MeanMetrics()
    mean_metrics.add("losses/generator", {"adversarial": torch.tensor(1.0)})
    mean_metrics.add("losses/generator", {"adversarial": torch.tensor(3.0)})
    mean_metrics.add("losses/discriminator", {"adversarial": torch.tensor(-1.0), "R1": torch.tensor(0.5).bfloat16()})
    assert mean_metrics.take() == {
        "losses/generator": {"adversarial": 2.0},
        "losses/discriminator": {"adversarial": -1.0, "R1": 0.5},
    }
    assert mean_metrics.take() == {}


def test_what_was_due_only_sometimes_is_averaged_over_those_times() -> None:
    mean_metrics = MeanMetrics()
    for step in range(4):
        mean_metrics.add(
            "losses", {"adversarial": torch.tensor(1.0)} | ({"R1": torch.tensor(8.0)} if step == 0 else {})
        )
    assert mean_metrics.take() == {"losses": {"adversarial": 1.0, "R1": 8.0}}


def test_a_tally_holds_no_graph_and_reads_the_device_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mean_metrics = MeanMetrics()
    weight = torch.ones((), requires_grad=True)
    for _ in range(3):
        mean_metrics.add("losses", {"a": weight * 2, "b": weight * 3})
    assert not any(value.requires_grad for values in mean_metrics._values.values() for value in values)
    reads: list[int] = []
    read = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, "tolist", lambda tensor: (reads.append(1), read(tensor))[1])
    assert mean_metrics.take() == {"losses": {"a": 2.0, "b": 3.0}}
    assert reads == [1]
