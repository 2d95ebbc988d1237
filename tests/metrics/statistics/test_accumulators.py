"""Streams, parts and processes: what accumulators keep of samples does not depend on how these came."""

import subprocess
import sys
from functools import reduce

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.frechet import frechet_distance
from sparring.metrics.statistics.accumulators import Mean, Moments, Rows

PROCESS = """
import sys
from datetime import timedelta
import torch
from torch import distributed
from sparring.metrics.statistics.accumulators import Mean, Moments, Rows

rank, folder = int(sys.argv[1]), sys.argv[2]
distributed.init_process_group(
    "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2, timeout=timedelta(seconds=60)
)
samples = torch.load(f"{folder}/samples.pt")
half = samples[:33] if rank == 0 else samples[33:]
for name, accumulator, rows in (
    ("moments", Moments(), half),
    ("rows", Rows(), half),
    ("mean", Mean(), half[:, 0]),
    ("late", Moments(), half[: 40 * rank]),
):
    for batch in torch.split(rows, 8):
        accumulator.update(batch)
    torch.save(accumulator.gathered().tensors(), f"{folder}/{name}-{rank}.pt")
distributed.destroy_process_group()
"""


@pytest.fixture
def samples():
    return torch.randn(100, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) @ torch.randn(
        7, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )


def filled(kind, *batches):
    accumulator = kind()
    for batch in batches:
        accumulator.update(batch)
    return accumulator


def assert_moments_of(moments: Moments, samples, relative: float = 1e-8):
    exact = torch.cov(samples.double().T)
    assert moments.count == len(samples)
    assert torch.allclose(moments.mean, samples.double().mean(0), rtol=relative, atol=relative)
    assert torch.allclose(moments.covariance, exact, rtol=0, atol=relative * float(exact.diagonal().max()))


def test_moments_are_mean_and_covariance(samples):
    assert_moments_of(filled(Moments, samples), samples, 1e-12)


@pytest.mark.parametrize("size", [1, 7, 64, 100])
def test_moments_of_a_stream_equal_those_of_the_whole(samples, size):
    assert_moments_of(filled(Moments, *torch.split(samples, size)), samples, 1e-12)


def test_merged_moments_equal_those_of_the_whole_whatever_the_parts(samples):
    parts = [filled(Moments, part) for part in torch.split(samples, [1, 60, 30, 9])]
    assert_moments_of(reduce(Moments.merged, parts), samples, 1e-12)
    assert_moments_of(parts[0].merged(parts[1].merged(parts[2].merged(parts[3]))), samples, 1e-12)


def test_merging_and_leaving_out_change_neither_part(samples):
    one, other = filled(Moments, samples[:40]), filled(Moments, samples[40:])
    one.merged(other).without(other).update(samples)
    Moments().merged(one).update(samples)
    assert_moments_of(one, samples[:40])
    assert_moments_of(other, samples[40:])


def test_a_part_left_out_leaves_the_moments_of_the_rest(samples):
    whole = filled(Moments, samples + 1e6)
    for part in (slice(0, 1), slice(20, 90), slice(0, 98)):
        rest = torch.cat((samples[: part.start], samples[part.stop :])) + 1e6
        assert_moments_of(whole.without(filled(Moments, samples[part] + 1e6)), rest)
    assert_moments_of(whole.without(Moments()), samples + 1e6)


@pytest.mark.parametrize("part", [slice(None), slice(0, 0)])
def test_what_is_no_part_cannot_be_left_out(samples, part):
    with pytest.raises(MetricError, match="needs a part of them"):
        filled(Moments, samples[part]).without(filled(Moments, samples))


def test_a_huge_common_offset_loses_nothing(samples):
    # Exact in float64; a sum of squares would keep one digit of variances of 10 beside 2^48.
    rounded, offset = (samples * 2**10).round() / 2**10, 2.0**24
    exact, shifted = filled(Moments, rounded), rounded + offset
    halves = filled(Moments, shifted[:50]).merged(filled(Moments, shifted[50:]))
    for moments in (halves, filled(Moments, shifted), filled(Moments, *torch.split(shifted, 3))):
        assert torch.allclose(moments.mean - offset, exact.mean, rtol=0, atol=1e-7)
        assert torch.allclose(moments.covariance, exact.covariance, rtol=0, atol=1e-8)
    assert frechet_distance(halves, filled(Moments, shifted)) < 1e-8


def test_half_precision_is_summed_in_double(samples):
    narrow = samples.bfloat16()
    assert_moments_of(filled(Moments, *torch.split(narrow, 9)), narrow.double(), 1e-12)


def test_batches_of_none_are_welcome_everywhere(samples):
    none = samples[:0]
    assert_moments_of(filled(Moments, none, samples[:60], none, samples[60:]).merged(Moments()), samples, 1e-12)
    assert_moments_of(Moments().merged(filled(Moments, samples)), samples, 1e-12)
    assert filled(Rows, none, samples, none).merged(Rows()).rows.equal(samples)
    assert filled(Rows, none).rows.shape == (0, 7)
    assert Rows().merged(filled(Rows, samples)).rows.equal(samples)
    assert filled(Mean, samples[:0, 0], samples[:, 0]).count == 100


def test_of_nothing_there_is_no_covariance_and_no_mean(samples):
    with pytest.raises(MetricError, match="at least 2 samples, got 1"):
        _ = filled(Moments, samples[:1]).covariance
    assert torch.tensor([Mean().value, Mean().error, filled(Mean, samples[0, :1]).error]).isnan().all()


def test_features_of_another_size_are_refused(samples):
    with pytest.raises(MetricError, match="features of 6 numbers after features of 7"):
        filled(Moments, samples, samples[:, :6])
    with pytest.raises(MetricError, match="features of 6 numbers after features of 7"):
        filled(Moments, samples).merged(filled(Moments, samples[:, :6]))
    with pytest.raises(MetricError, match=r"needs \[B, d\]"):
        filled(Moments, samples[0])


def test_rows_of_another_shape_are_refused(samples):
    with pytest.raises(MetricError, match=r"shape \(6,\) after samples of shape \(7,\)"):
        filled(Rows, samples, samples[:, :6])
    with pytest.raises(MetricError, match=r"shape \(6,\) after samples of shape \(7,\)"):
        filled(Rows, samples).merged(filled(Rows, samples[:, :6]))


def test_samples_that_are_not_finite_are_refused_with_their_count_and_leave_no_trace(samples):
    broken = samples.clone()
    broken[3], broken[8, 2], broken[9, 0], broken[10, 0] = torch.nan, torch.inf, torch.inf, -torch.inf
    moments = filled(Moments, samples)
    with pytest.raises(MetricError, match="4 of 100 samples have features that are not finite"):
        moments.update(broken)
    assert_moments_of(moments, samples, 1e-12)
    with pytest.raises(MetricError, match="3 of 100 samples"):
        filled(Mean, broken[:, 0])


def test_rows_keep_all_samples_in_order_and_in_their_type(samples):
    images = (samples.abs() * 20).byte().view(100, 1, 7, 1)
    rows = filled(Rows, *torch.split(images[:70], 9)).merged(filled(Rows, images[70:])).rows
    assert rows.dtype == torch.uint8
    assert rows.equal(images)


def test_samples_of_no_numbers_are_still_counted():
    rows = Rows.of(filled(Rows, torch.empty(5, 0)).tensors())
    assert rows.rows.shape == (5, 0)


def test_mean_is_mean_and_standard_error_however_the_numbers_come(samples):
    numbers = samples[:, 0] + 1e6
    for mean in (
        filled(Mean, numbers),
        filled(Mean, *torch.split(numbers, 3)),
        filled(Mean, numbers[:10]).merged(filled(Mean, numbers[10:])),
    ):
        assert mean.value == pytest.approx(float(numbers.mean()), rel=1e-12)
        assert mean.error == pytest.approx(float(numbers.std() / 10), rel=1e-8)


@pytest.mark.parametrize("kind", [Moments, Rows, Mean])
def test_an_accumulator_is_its_tensors(samples, kind):
    rows = samples[:, 0] if kind is Mean else samples
    for accumulator in (filled(kind, rows), kind()):
        tensors = accumulator.tensors()
        again = kind.of(tensors).tensors()
        assert tensors.keys() == again.keys()
        assert all(again[name].equal(tensor) for name, tensor in tensors.items())
    assert accumulator.gathered() is accumulator  # a single process


def test_two_processes_gather_what_one_would_have_taken(samples, tmp_path):
    torch.save(samples, tmp_path / "samples.pt")
    command = [sys.executable, "-c", PROCESS]
    processes = [subprocess.Popen([*command, str(rank), str(tmp_path)]) for rank in range(2)]
    try:
        assert [process.wait(120) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    reference = filled(Moments, samples.flip(0) * 1.5 + 1)
    for rank in range(2):
        kept = {name: torch.load(tmp_path / f"{name}-{rank}.pt") for name in ("moments", "rows", "mean", "late")}
        moments = Moments.of(kept["moments"])
        assert_moments_of(moments, samples, 1e-12)
        exact = frechet_distance(reference, filled(Moments, samples))
        assert frechet_distance(reference, moments) == pytest.approx(exact, rel=1e-8)
        assert Rows.of(kept["rows"]).rows.equal(samples)
        assert Mean.of(kept["mean"]).value == pytest.approx(float(samples[:, 0].mean()), rel=1e-12)
        assert_moments_of(Moments.of(kept["late"]), samples[33:73], 1e-12)  # rank 0 saw none of these
