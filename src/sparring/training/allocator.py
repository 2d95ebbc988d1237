"""Settings of the C libraries for commands that own their process: keep memory, and share the processors."""

import ctypes
import os
import sys

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3


def keep_memory() -> bool:
    """Makes glibc keep freed memory for the next tensor; returns whether it did.

    Without it each large tensor on a CPU costs page faults (a step can take twice as long); the
    price is that the process stays at its peak. For commands that own their process; does nothing
    except on Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    settings = ((_M_MMAP_THRESHOLD, 2**31 - 1), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, 256 << 20))
    return all(library.mallopt(name, value) for name, value in settings)


def share_processors() -> None:
    """Makes OpenMP's threads sleep soon while they wait; call it before PyTorch is imported.

    By default they spin, and on processors shared with other programs a step can then take a
    hundred times as long. Does nothing where the environment sets `OMP_WAIT_POLICY`.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
