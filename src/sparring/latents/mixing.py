"""Style mixing: combining the styles of several latents by layer."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from sparring.errors import SpecError, nearest
from sparring.latents.latent import Latents

GROUPS = {"coarse": (0, 4), "middle": (4, 8), "fine": (8, None)}
"""Layers by effect: those of the grids 4-8, 16-32 and above, two a grid (Karras et al. 2019, fig. 3)."""


def read_layers(text: str, styles: int) -> tuple[int, ...]:
    """Returns the layers in `text`, out of `styles`: coarse, middle, fine or all; or indices such as 0-3,6.

    Raises:
        SpecError: the text cannot be read, or the network has no such layers.

    >>> read_layers("0-2,5", 8), read_layers("middle", 6)
    ((0, 1, 2, 5), (4, 5))
    """
    layers: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if part.strip() in GROUPS:
            layers |= set(range(styles)[slice(*GROUPS[part.strip()])])
        elif part.strip() == "all":
            layers |= set(range(styles))
        elif first.isdecimal() and (last.isdecimal() or not dash):
            layers |= set(range(int(first), int(last or first) + 1))
        else:
            raise SpecError(f"layers: got {part!r}; write such as 0-3,6{nearest(part, (*GROUPS, 'all'))}")
    if not layers or max(layers) >= styles:
        raise SpecError(f"layers: got {text!r}; the network has those from 0 to {styles - 1}")
    return tuple(sorted(layers))


def mix_styles(rows: Latents, columns: Latents, layers: Sequence[int]) -> Latents:
    """Returns each of `rows` with the `layers` of each of `columns`, all in W+, row by row; noise from the rows."""
    down, across = len(rows), len(columns)
    mixed = rows.points.repeat_interleave(across, 0)
    chosen = torch.tensor(list(layers), dtype=torch.long, device=mixed.device)
    mixed[:, chosen] = columns.points.repeat(down, 1, 1)[:, chosen]
    return Latents("w+", mixed, noise=tuple(noise.repeat_interleave(across, 0) for noise in rows.noise))


def compose_styles(latents: Latents, taken: Mapping[int, Sequence[int]]) -> Latents:
    """Returns one latent of W+ with layers of several of `latents`: `taken` maps indices of latents to layers.

    All other layers, and noise, are those of the first.

    Raises:
        SpecError: there is no such latent or layer, or a layer is named twice.
    """
    composed: Tensor = latents.points[:1].clone()
    named = [layer for layers in taken.values() for layer in layers]
    if len(set(named)) < len(named):
        raise SpecError(f"layers: {sorted({one for one in named if named.count(one) > 1})} are taken from two latents")
    for index, layers in taken.items():
        if not (0 <= index < len(latents) and all(0 <= layer < composed.shape[1] for layer in layers)):
            raise SpecError(
                f"layers: got {tuple(layers)} of latent {index}; there are {len(latents)} latents of "
                f"{composed.shape[1]} layers, counted from 0"
            )
        composed[0, list(layers)] = latents.points[index, list(layers)]
    return Latents("w+", composed, noise=latents[:1].noise)
