"""How good generated samples are, in numbers."""

from sparring.metrics.mixture import mixture_mmd, mixture_wasserstein
from sparring.metrics.modes import Modes, count_modes
from sparring.metrics.sliced_wasserstein import sliced_wasserstein

__all__ = ["Modes", "count_modes", "mixture_mmd", "mixture_wasserstein", "sliced_wasserstein"]
