"""What a process holds and could hold, by the counts of the system."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sparring.errors import RunError
from sparring.training import memory
from sparring.training.memory import DeviceMemory, peak_memory_mb

CPU = torch.device("cpu")
ON_LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the counts of a Linux system")
MEGABYTE = 1_000_000


def test_the_peak_is_counted_in_megabytes() -> None:
    assert 50 < peak_memory_mb(CPU) < 100_000


@ON_LINUX
def test_the_peak_follows_an_allocation_and_is_reset_when_settled() -> None:
    counted = DeviceMemory(CPU)
    counted.settle()
    before = counted.held()
    array = np.ones(100 * MEGABYTE, np.uint8)
    assert counted.held() - before == pytest.approx(len(array), rel=0.2)
    del array
    assert counted.peak() - before == pytest.approx(100 * MEGABYTE, rel=0.2)
    counted.settle()
    assert counted.peak() - before < 30 * MEGABYTE
    assert counted.limit() > counted.held()


@ON_LINUX
@pytest.mark.parametrize("controllers", ["", "cpu,memory"])
def test_a_containers_share_bounds_what_could_be_held(
    controllers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (memory._OLD if controllers else memory._NEW)[1:]
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    for folder, numbers in (
        (inner, ("max" if not controllers else 2**63 - 4096, 50 * MEGABYTE, 0)),
        (inner.parent, (90 * MEGABYTE, 60 * MEGABYTE, 5 * MEGABYTE)),
    ):
        for name, number in zip(names[:2], numbers, strict=False):
            (folder / name).write_text(f"{number}\n")
        (folder / "memory.stat").write_text(f"anon 1\n{names[2]} {numbers[2]}\n")
    groups = tmp_path / "cgroup"
    groups.write_text(f"3:cpuset:/elsewhere\n4:{controllers}:/outer/inner\n")
    monkeypatch.setattr(memory, "_GROUPS", groups)
    monkeypatch.setattr(memory, "_OLD" if controllers else "_NEW", (tmp_path, *names))
    counted = DeviceMemory(CPU)
    assert counted.limit() - counted.held() == pytest.approx(35 * MEGABYTE, abs=2 * MEGABYTE)


def test_where_memory_cannot_be_measured_the_error_asks_for_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError, match=r"the memory of a step cannot be measured on mps here; .* micro_batch=8"):
        DeviceMemory(torch.device("mps"))
    monkeypatch.setattr(memory, "_STATUS", Path("nowhere"))
    with pytest.raises(RunError, match="cannot be measured on cpu here"):
        DeviceMemory(CPU)
