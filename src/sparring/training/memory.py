"""What a process holds of a device's memory, and what it could hold."""

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
    """Returns the most memory this process has held, in MB: of the GPU where it trains on one, else resident."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    if _STATUS.exists():  # what the system counts for a process begins with what its parent held
        return _status("VmHWM") / 1e6
    try:
        import resource
    except ImportError:  # Windows has no such count
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


class Memory:
    """The memory of a device, in bytes, as this process sees it: of a CUDA GPU, or of a Linux system.

    Raises:
        RunError: there is no way to tell on this device.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        if device.type != "cuda" and not (device.type == "cpu" and _STATUS.exists()):
            raise RunError(
                f"there is no telling what memory a step takes on {device.type} here; say how many samples to compute "
                "at a time, e.g. micro_batch=8"
            )

    def settle(self) -> None:
        """Gives back what is not used, and begins to look for a new peak."""
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
                f"the system does not let this process measure its memory ({error}); say how many samples to compute "
                "at a time, e.g. micro_batch=8"
            ) from None

    def held(self) -> int:
        """Returns what the process holds now."""
        return torch.cuda.memory_reserved(self.device) if self.device.type == "cuda" else _status("VmRSS")

    def peak(self) -> int:
        """Returns the most that it has held since `settle`."""
        return torch.cuda.max_memory_reserved(self.device) if self.device.type == "cuda" else _status("VmHWM")

    def limit(self) -> int:
        """Returns what it could hold if nobody else took more than now: of a container's share where it is in one."""
        if self.device.type == "cuda":
            return self.held() + torch.cuda.mem_get_info(self.device)[0]
        return self.held() + min(_count(Path("/proc/meminfo"), "MemAvailable:") * 1024, *_left_in_groups())


def _status(name: str) -> int:
    return _count(_STATUS, f"{name}:") * 1024


def _count(path: Path, name: str) -> int:
    """Returns the number beside `name` in a file of names and numbers."""
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return next(int(words[1]) for words in lines if words and words[0] == name)


def _left_in_groups() -> Iterator[int]:
    """Yields what each control group around the process has left, files that may be forgotten included."""
    yield sys.maxsize
    for line in _GROUPS.read_text(encoding="utf-8").splitlines() if _GROUPS.exists() else ():
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, most, used, idle = _OLD if controllers else _NEW
        place = root / path.lstrip(os.sep)
        for folder in (place, *place.parents):
            if folder.is_relative_to(root) and (folder / most).exists():
                limit = (folder / most).read_text(encoding="ascii").strip()
                if limit != "max":
                    taken = int((folder / used).read_text(encoding="ascii"))
                    yield int(limit) - taken + _count(folder / "memory.stat", idle)
