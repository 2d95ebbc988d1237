"""What sparring raises when a person can mend it: one sentence that names the thing, what came, and the remedy."""

import difflib
from collections.abc import Iterable


class SparringError(Exception):
    """The root of every error that the command prints as a plain paragraph instead of a traceback."""


class SpecError(SparringError, ValueError):
    """A recipe, or a part of one, says something that cannot be."""


class ShapeError(SparringError, ValueError):
    """Networks and data whose shapes do not fit each other."""


class DataError(SparringError, ValueError):
    """A data set that is missing, damaged, or not what was asked for."""


class MetricError(SparringError, ValueError):
    """A score that cannot be had of these samples: too few, of another kind, or without what it needs."""


class WeightsError(SparringError, ValueError):
    """Weights of a pretrained network that are missing, altered, or not those of the network."""


class CheckpointError(SparringError, ValueError):
    """A checkpoint that is missing, damaged, foreign, or from a newer version."""


class RunError(SparringError, RuntimeError):
    """A run folder that cannot be used: taken, not writable, full, or holding another recipe."""


class DeviceError(SparringError, RuntimeError):
    """A device that this machine does not have."""


class DivergenceError(SparringError, ArithmeticError):
    """A run whose losses, gradients or weights stopped being finite."""


class MissingExtraError(SparringError, ImportError):
    """An optional package that is not installed; the message holds the command that installs it."""


_MANY = 12


def nearest(name: str, known: Iterable[str]) -> str:
    """Returns `; did you mean X?` where something in `known` is near `name`, and `(known: …)` unless that is long."""
    known = list(known)
    if not known:
        return ""
    originals = {item.lower(): item for item in known}
    close = difflib.get_close_matches(name.lower(), originals, n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(originals[item] for item in close)}?" if close else ""
    listed = f" (known: {', '.join(sorted(originals.values()))})"
    return meant if meant and len(originals) > _MANY else meant + listed
