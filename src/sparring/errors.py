"""What sparring raises when a person can mend it: one sentence that names the thing, what came, and the remedy."""


class SparringError(Exception):
    """The root of every error that the command prints as a plain paragraph instead of a traceback."""


class SpecError(SparringError, ValueError):
    """A recipe, or a part of one, says something that cannot be."""


class ShapeError(SparringError, ValueError):
    """Networks and data whose shapes do not fit each other."""


class DataError(SparringError, ValueError):
    """A data set that is missing, damaged, or not what was asked for."""


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
