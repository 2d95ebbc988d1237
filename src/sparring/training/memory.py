"""The memory of a device: how much this process holds, and how much it could hold."""

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from sparring.errors import RunError

_STATUS, _GROUPS = Path("/proc/self/status"), Path("/proc/self/cgroup")
_OLD = (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_NEW = (Path("/sys/fs/cgroup"), "memory.max", "memory.current", "inactive_file")


def peak_memory_mb(device: torch.device) -> float:
    """Returns the most memory that this process has held, in MB: of the GPU `device`, else resident."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    if _STATUS.exists():  # `getrusage` counts from what the parent process held
        return _status("VmHWM") / 1e6
    try:
        import resource
    except ImportError:  # Windows has no such count
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


class DeviceMemory:
    """The memory of a device, in bytes, as this process sees it: of a CUDA GPU, or of a Linux system.

    Raises:
        RunError: it cannot be measured on this device.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        if device.type != "cuda" and not (device.type == "cpu" and _STATUS.exists()):
            raise RunError(
                f"the memory of a step cannot be measured on {device.type} here; give the number of samples to compute "
                "at a time, e.g. micro_batch=8"
            )

    def settle(self) -> None:
        """Frees unused memory and restarts the measurement of the peak."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)
            return
        library = ctypes.CDLL(None)
        if hasattr(library, "malloc_trim"):
            library.malloc_trim(0)
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError as error:
            raise RunError(
                f"the system does not let this process measure its memory ({error}); give the number of samples to "
                "compute at a time, e.g. micro_batch=8"
            ) from None

    def held(self) -> int:
        """Returns the bytes that the process holds now."""
        return torch.cuda.memory_reserved(self.device) if self.device.type == "cuda" else _status("VmRSS")

    def peak(self) -> int:
        """Returns the most bytes that it has held since `settle`."""
        return torch.cuda.max_memory_reserved(self.device) if self.device.type == "cuda" else _status("VmHWM")

    def limit(self) -> int:
        """Returns the bytes that it could hold if other processes took no more; within its container's limit."""
        if self.device.type == "cuda":
            return self.held() + torch.cuda.mem_get_info(self.device)[0]
        return self.held() + min(_count(Path("/proc/meminfo"), "MemAvailable:") * 1024, *_left_in_groups())


def _status(name: str) -> int:
    return _count(_STATUS, f"{name}:") * 1024


def _count(path: Path, name: str) -> int:
    """Returns the number that follows `name` in a file of names and numbers."""
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return next(int(words[1]) for words in lines if words and words[0] == name)


def _left_in_groups() -> Iterator[int]:
    """Yields the bytes left in each control group around the process, including file caches that can be dropped."""
    yield sys.maxsize
    for line in _GROUPS.read_text(encoding="utf-8").splitlines() if _GROUPS.exists() else ():
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, most, used, idle = _OLD if controllers else _NEW
        group = root / path.lstrip(os.sep)
        for folder in (group, *group.parents):
            if folder.is_relative_to(root) and (folder / most).exists():
                limit = (folder / most).read_text(encoding="ascii").strip()
                if limit != "max":
                    held = int((folder / used).read_text(encoding="ascii"))
                    yield int(limit) - held + _count(folder / "memory.stat", idle)
