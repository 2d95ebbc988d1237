"""One training session: signal handling, random state, listener callbacks and `run.json` updates."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

import torch

from sparring.errors import RunError, SparringError
from sparring.training.checkpointer import Checkpointer
from sparring.training.folder import RunFacts
from sparring.training.interruption import Interruption
from sparring.training.listener import Listener
from sparring.training.loop import play
from sparring.training.memory import peak_memory_mb
from sparring.training.run import Run


def play_session(run: Run, checkpointer: Checkpointer, facts: RunFacts) -> None:
    """Plays `run` to its end, or the end of its stage; `facts` go into `run.json` with status and progress.

    Ctrl-C and SIGTERM save the run and are then passed on as `KeyboardInterrupt` and `SystemExit`.
    The caller's random state and backend settings are restored before it returns.
    """
    facts = facts.model_copy(update={"started": datetime.now(UTC).isoformat(timespec="seconds")})
    interruption = Interruption()
    with interruption.watched(), own_settings(run), ExitStack() as closing:
        outcome = RunOutcome("failed")
        for listener in reversed(run.listeners):
            closing.callback(_end, listener, run, outcome)
        closing.callback(lambda: _write_facts(run, facts, outcome))
        _write_facts(run, facts, RunOutcome("running"))
        try:
            for listener in run.listeners:
                listener.begin(run)
            play(run, checkpointer, interruption.requested)
            is_over = run.images >= run.target
            outcome.status = "stopped" if interruption.requested() else "finished" if is_over else "running"
        except (KeyboardInterrupt, SystemExit):
            outcome.status, outcome.message = "stopped", "steps since the last checkpoint will be played again"
            raise
        except SparringError as error:
            outcome.message = str(error)
            raise
        except torch.OutOfMemoryError as error:
            outcome.message = _OUT_OF_MEMORY
            raise RunError(_OUT_OF_MEMORY) from error
        except Exception as error:
            outcome.message = f"{type(error).__name__}: {error}"
            raise
    interruption.end_process()


_OUT_OF_MEMORY = (
    "the GPU's memory does not hold a step of this recipe. Compute batches in parts (--micro-batch auto in a new "
    "folder, or training.accumulation=2, 4, … --continue-with-changes here), or use smaller batches, narrower "
    "networks, or training.precision=bfloat16. The last checkpoint is whole."
)


@dataclass
class RunOutcome:
    """How a session ends: `finished`, `running` on in the next stage, `stopped` or `failed`, and why."""

    status: str
    message: str = ""


def _end(listener: Listener, run: Run, outcome: RunOutcome) -> None:
    listener.end(run, outcome.status)


def _write_facts(run: Run, facts: RunFacts, outcome: RunOutcome) -> None:
    peak = peak_memory_mb(run.precision.device)
    progress = {
        "status": outcome.status,
        "message": outcome.message,
        "step": run.step,
        "images": run.images,
        "target": run.target,
        "seconds": round(run.seconds, 1),
        "peak_memory_mb": round(peak, 1) if isfinite(peak) else None,
    }
    run.home.write_facts(facts.model_copy(update=progress))


@contextmanager
def own_settings(run: Run) -> Iterator[None]:
    """Restores the caller's random state (on CPU and CUDA) and threads afterwards; makes cuDNN deterministic inside."""
    devices = [run.precision.device] if run.precision.device.type == "cuda" else []
    threads = torch.get_num_threads()
    torch.set_num_threads(run.training.threads or threads)
    try:
        with torch.random.fork_rng(devices), _deterministic():
            yield
    finally:
        torch.set_num_threads(threads)


def _deterministic() -> AbstractContextManager[None]:
    allowed = torch.backends.cudnn.allow_tf32
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=allowed
    )
    return flags
