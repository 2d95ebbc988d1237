"""One sitting at a run: signals, random state, listeners and `run.json`, from its opening to its end."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import torch

from sparring.errors import RunError, SparringError
from sparring.training.checkpointer import Checkpointer
from sparring.training.listener import Listener
from sparring.training.loop import play
from sparring.training.memory import peak_memory_mb
from sparring.training.run import Run


def play_session(run: Run, checkpointer: Checkpointer, facts: Mapping[str, Any]) -> None:
    """Plays `run` on to its end; `facts` go into `run.json` with status and progress.

    Ctrl-C and SIGTERM save the run and are then passed on as `KeyboardInterrupt` and `SystemExit`.
    The caller's random state and backend settings are as before when it returns.
    """
    facts = {**facts, "started": datetime.now(UTC).isoformat(timespec="seconds")}
    with run.interruption.watched(), own_settings(run), ExitStack() as closing:
        ending = Ending("failed")
        for listener in reversed(run.listeners):
            closing.callback(_end, listener, run, ending)
        closing.callback(lambda: _tell(run, facts, ending))
        _tell(run, facts, Ending("running"))
        try:
            for listener in run.listeners:
                listener.begin(run)
            play(run, checkpointer)
            ending.status = "stopped" if run.interruption.signal else "finished" if run.is_over() else "running"
            ending.message = ""
        except (KeyboardInterrupt, SystemExit):
            ending.status, ending.message = "stopped", "steps since the last checkpoint will be played again"
            raise
        except SparringError as error:
            ending.message = str(error)
            raise
        except torch.OutOfMemoryError as error:
            ending.message = _OUT_OF_MEMORY
            raise RunError(_OUT_OF_MEMORY) from error
        except Exception as error:
            ending.message = f"{type(error).__name__}: {error}"
            raise
    run.interruption.end_process()


_OUT_OF_MEMORY = (
    "the GPU's memory does not hold a step of this recipe. Compute batches in parts (--micro-batch auto in a new "
    "folder, or training.accumulation=2, 4, … --continue-with-changes here), or use smaller batches, narrower "
    "networks, or training.precision=bfloat16. The last checkpoint is whole."
)


@dataclass
class Ending:
    """How a sitting ends: `finished`, `running` on in the next stage, `stopped` or `failed`, and why."""

    status: str
    message: str = ""


def _end(listener: Listener, run: Run, ending: Ending) -> None:
    listener.end(run, ending.status)


def _tell(run: Run, facts: Mapping[str, Any], ending: Ending) -> None:
    progress = {"step": run.step, "images": run.images, "target": run.target, "seconds": round(run.seconds, 1)}
    peak = peak_memory_mb(run.precision.device)
    memory = {"peak_memory_mb": round(peak, 1)} if isfinite(peak) else {}
    run.home.write_facts({**facts, "status": ending.status, "message": ending.message, **progress, **memory})


@contextmanager
def own_settings(run: Run) -> Iterator[None]:
    """Keeps the caller's random state (on CPU and CUDA) and threads, and asks cuDNN for the same result every time."""
    devices = [run.precision.device] if run.precision.device.type == "cuda" else []
    threads = torch.get_num_threads()
    torch.set_num_threads(run.training.threads or threads)
    try:
        with torch.random.fork_rng(devices), _repeatable():
            yield
    finally:
        torch.set_num_threads(threads)


def _repeatable() -> AbstractContextManager[None]:
    allowed = torch.backends.cudnn.allow_tf32
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=allowed
    )
    return flags
