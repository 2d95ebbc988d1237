"""Installed packages and devices of this machine, for people and for bug reports."""

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from sparring.version import __version__


def diagnose() -> Iterator[str]:
    """Yields versions, devices, and for each missing extra the command that installs it."""
    yield f"sparring      {__version__}"
    yield f"python        {platform.python_version()} ({sys.executable})"
    yield f"system        {platform.platform()}, {os.cpu_count()} processors"
    core, extras = read_requirements()
    for name in core:
        yield f"{name:<14}{_version(name) or 'MISSING: pip install --upgrade sparring'}"
    yield from _devices()
    for extra, packages in extras.items():
        versions = [f"{package} {installed}" for package in packages if (installed := _version(package))]
        complete = len(versions) == len(packages)
        yield f"{extra:<14}" + (", ".join(versions) if complete else f'missing: pip install "sparring[{extra}]"')


def read_requirements() -> tuple[list[str], dict[str, list[str]]]:
    """Returns the packages that sparring needs, and those of each extra but `dev`, from the package's metadata.

    Both are empty where sparring runs without being installed.
    """
    core: list[str] = []
    extras: dict[str, list[str]] = {}
    try:
        requirements = requires("sparring") or []
    except PackageNotFoundError:
        requirements = []
    for requirement in requirements:
        name, _, marker = requirement.partition(";")
        package = re.split(r"[^\w.-]", name.strip(), maxsplit=1)[0]
        extra = re.search(r"""extra\s*==\s*["']([\w.-]+)["']""", marker)
        if extra is None:
            core.append(package)
        elif extra[1] != "dev":
            extras.setdefault(extra[1], []).append(package)
    return core, extras


def _devices() -> Iterator[str]:
    import torch

    yield f"cpu           {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"
    for index in range(torch.cuda.device_count()):
        gpu = torch.cuda.get_device_properties(index)
        yield f"cuda:{index:<9}{gpu.name}, {gpu.total_memory / 1e9:.0f} GB"
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
