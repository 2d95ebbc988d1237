"""Truncation: moving latents towards their mean trades variety for quality."""

from dataclasses import replace

from sparring.latents.latent import Latents
from sparring.latents.spaces import StyledSpace, WPlus


def truncate(space: StyledSpace, latents: Latents, truncation: float, layers: int | None = None) -> Latents:
    """Returns `latents` in W, or in W+ if only the first `layers` are truncated, with scaled distance from the mean.

    `truncation` is the scale: 1 changes nothing, 0 gives the mean image, negative ones reflect at the mean (Karras et
    al. 2019, appendix B).

    Raises:
        SpecError: the truncation is not in [-1, 1], or there are fewer layers.
    """
    whole = WPlus(space.game, space.network).place(latents)
    truncated = space.network.truncate(whole.points, truncation, layers)
    if layers is None and latents.space != "w+":
        return replace(whole, space="w", points=truncated[:, 0])
    return replace(whole, points=truncated)
