"""How good generated samples are, in numbers."""

from sparring.metrics.sliced_wasserstein import sliced_wasserstein

__all__ = ["sliced_wasserstein"]
