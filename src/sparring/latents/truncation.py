"""Truncation: latents nearer to their mean, for better images and fewer kinds of them."""

from dataclasses import replace

from sparring.latents.latent import Latents
from sparring.latents.spaces import StyledSpace, WPlus


def truncate(space: StyledSpace, latents: Latents, truncation: float, layers: int | None = None) -> Latents:
    """Returns `latents` in W, or in W+ if only the first `layers` are moved, nearer to the mean latent.

    Their distance from it is multiplied by `truncation`: 1 changes nothing, 0 gives the mean image, what is below
    mirrors at the mean (Karras et al. 2019, appendix B).

    Raises:
        SpecError: a truncation that is not from -1 to 1, or more layers than there are.
    """
    whole = WPlus(space.game, space.network).place(latents)
    moved = space.network.truncate(whole.points, truncation, layers)
    if layers is None and latents.space != "w+":
        return replace(whole, space="w", points=moved[:, 0])
    return replace(whole, points=moved)
