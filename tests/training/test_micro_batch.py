"""Parts of a batch: which there are, how large ones fit, and that they add up to the whole."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.adversary import GeneratedBatch
from sparring.errors import RunError, SpecError
from sparring.game import Batch, Losses
from sparring.training import micro_batch
from sparring.training.loop import compute_gradients, play_step
from sparring.training.memory import DeviceMemory
from sparring.training.micro_batch import (
    SHARE,
    Footprint,
    count_parts,
    divisors,
    estimate_sizes,
    find_size,
    measure,
    rank_sizes,
    try_sizes,
)
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Any]]
CPU = torch.device("cpu")
ON_LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the counts of a Linux system")


def test_a_number_of_samples_gives_a_number_of_parts() -> None:
    assert [count_parts(12, wanted) for wanted in (12, 6, "3", 1)] == [1, 2, 4, 12]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (5, "a batch of 12 cannot be computed 5 samples at a time; needs 4 or 6"),
        (13, "13 samples at a time; needs 12"),
        (0, "0 samples at a time; needs 1"),
        ("half", "got 'half'; needs a number of samples, or auto"),
    ],
)
def test_what_does_not_divide_the_batch_is_refused(wanted: int | str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        count_parts(12, wanted)


@pytest.mark.parametrize(
    ("name", "batch", "ranked"),
    [
        ("gan", 12, [12, 6, 4, 3, 2, 1]),
        ("dcgan", 12, [12, 6, 4, 3, 2]),
        ("stylegan2-emoji", 24, [24, 12, 8, 4, 3, 2]),
        ("stylegan2-emoji", 6, [6, 3, 2]),
        ("dcgan", 1, [1]),
    ],
)
def test_whole_groups_of_compared_samples_come_first(
    name: str, batch: int, ranked: list[int], prepare: Prepare
) -> None:
    run, _ = prepare(name)
    assert rank_sizes(divisors(batch), run.game) == ranked


def test_ever_smaller_sizes_are_tried_where_too_large_ones_are_refused() -> None:
    tried = []

    def footprint(size: int) -> Footprint:
        tried.append(size)
        if size > 8:
            raise torch.OutOfMemoryError
        return Footprint(10, 10 + 10 * size)

    assert try_sizes([16, 8, 4, 2, 1], 50, footprint) == 4
    assert tried == [16, 8, 4]
    assert try_sizes([16, 8], 50, footprint) is None


@pytest.mark.parametrize("fixed", [0, 100, 1000])
@pytest.mark.parametrize("limit", [150, 1130, 1250, 1500, 3000, 100_000])
@pytest.mark.parametrize("sizes", [[64, 32, 16, 8, 4, 2, 1], [24, 12, 8, 4, 3, 2], [7, 1], [1]])
def test_the_largest_size_that_fits_is_estimated_from_small_ones(sizes: list[int], limit: int, fixed: int) -> None:
    def footprint(size: int) -> Footprint:
        measured = Footprint(100, 100 + fixed + 20 * size)
        assert size == min(sizes) or measured.peak <= limit / SHARE, (
            "it was played and might have cost the process its life"
        )
        return measured

    fits = [size for size in sizes if 100 + fixed + 20 * size <= limit]
    size = estimate_sizes(sizes, limit, footprint)
    sure = [size for size in sizes if 100 + (fixed + 20 * min(sizes)) * size // min(sizes) <= limit / SHARE]
    assert size == (fits[0] if fits and len(sure) > 1 else min(fits, default=None))


@ON_LINUX
def test_a_run_is_measured_with_all_penalties_due(prepare: Prepare) -> None:
    run, _ = prepare("stylegan2-emoji")
    steps: list[int] = []
    for optimizer in run.optimizers.values():
        losses = optimizer.team.losses
        object.__setattr__(
            optimizer.team, "losses", lambda batch, ask=losses: (steps.append(batch.step), ask(batch))[1]
        )
    measured = measure(run, DeviceMemory(CPU))
    assert steps == [0] * 4
    assert 0 < measured.between <= measured.peak


@ON_LINUX
def test_a_batch_that_fits_stays_whole_and_one_that_never_does_is_refused(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []

    def build(size: int) -> Run:
        built.append(size)
        return prepare("gan", f"training.accumulation={4 // size}")[0]

    assert find_size(4, [1, 2, 4], CPU, build) == 4
    assert find_size(4, [2, 4], CPU, build) == 2, "other stages have batches that fall into no fewer parts"
    monkeypatch.setattr(micro_batch.DeviceMemory, "limit", lambda self: self.held() // 2)
    with pytest.raises(
        RunError, match=r"not even a step that computes 1 samples at a time fits into [\d.]+ GB of memory"
    ):
        find_size(4, [1, 2, 4], CPU, build)


@ON_LINUX
@pytest.mark.parametrize(("room", "size"), [(250, 1), (480, 2), (1500, 4)])
def test_what_a_step_holds_grows_with_its_samples(
    room: int, size: int, prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(size: int) -> Run:
        run, _ = prepare("gan", f"training.accumulation={4 // size}")
        for optimizer in run.optimizers.values():

            def losses(batch: Batch, ask: Callable[[Batch], Losses] = optimizer.team.losses) -> Losses:
                held = torch.ones(len(batch.real), 40_000_000)  # 160 MB a sample
                return ask(batch) if len(held) else {}

            object.__setattr__(optimizer.team, "losses", losses)
        return run

    monkeypatch.setattr(micro_batch.DeviceMemory, "limit", lambda self: (self.held() + room * 1e6) / micro_batch.SHARE)
    assert find_size(4, [1, 2, 4], CPU, build) == size


def accumulate(run: Run, parts: int) -> dict[str, Tensor]:
    """The gradients of both teams' first moves, in double precision, from latents that do not depend on the parts."""
    run.game.double()
    random = torch.Generator().manual_seed(0)
    latents = {name: torch.randn(4, 4, generator=random, dtype=torch.float64) for name in run.optimizers}
    data, gradients = run.batches.data, {}
    run.batches.data = SimpleNamespace(batch=lambda *indices: (data.batch(*indices)[0].double(), None))  # type: ignore[assignment]
    for turn in run.turns:
        for move in turn:
            name = move.optimizer.team.name
            latent_parts = iter(latents[name].split(4 // parts))
            run.game.fake = lambda batch, latent_parts=latent_parts: GeneratedBatch.from_latents(
                run.game.generator, next(latent_parts)
            )  # type: ignore[assignment]
            compute_gradients(run, move, {})
            gradients |= {
                f"{name}/{path}": weight.grad for path, weight in move.optimizer.team.named_parameters().items()
            }
    return gradients


@pytest.mark.parametrize("parts", [2, 4])
def test_gradients_of_parts_add_up_to_those_of_the_whole_penalties_included(parts: int, prepare: Prepare) -> None:
    changes = ("penalties=[{kind: R1, weight: 3, every: 16}]", "discriminator.dropout=0")
    whole, added = (
        accumulate(prepare("gan", *changes, f"training.accumulation={count}")[0], count) for count in (1, parts)
    )
    assert whole.keys() == added.keys()
    for name, gradient in added.items():
        torch.testing.assert_close(gradient, whole[name], rtol=1e-9, atol=1e-12)


def test_adaptive_augmentation_sees_the_same_count_whatever_the_parts(prepare: Prepare) -> None:
    states = []
    for parts in (1, 2, 4):
        adaptive = "augmentations=[{kind: ADA, every: 4, images: 40, target: -0.5}]"
        changes = (f"training.accumulation={parts}", adaptive, "conditional=false")
        run, _ = prepare("stylegan2-emoji", *changes, steps=8)
        for _ in range(6):
            play_step(run)
        state = dict(run.game.adversary.augmenter.named_buffers())  # type: ignore[union-attr]
        states.append((float(state["ADA_count"]), int(state["ADA_step"]), float(state["ADA_probability"])))
    assert states == [(8, 4, states[0][2])] * 3
    assert states[0][2] > 0
