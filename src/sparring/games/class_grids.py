"""Sample grids of a conditional game."""

from collections.abc import Mapping

import torch
from torch import Tensor

from sparring.game import SampleGrid
from sparring.games.latent_game import LatentGame

_COLUMNS, _MAX_ROWS = 10, 20


def show_conditions(game: LatentGame, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
    """Returns grids of samples of the same latents under other conditions.

    `classes`: a row for each class. `between_classes`: rows of one latent from each class to the next. `numbers`: a row
    for each number, which goes from 0 to 1 while the others stay those of the first row of `condition` [M, D].
    """
    known, device = game.condition, game.device
    latents = game.draw_latents(_COLUMNS, torch.Generator(device).manual_seed(seed))
    rows = min(known.classes or known.numbers, _MAX_ROWS)
    steps = torch.linspace(0, 1, _COLUMNS, device=device)
    one, grids = latents[:1].expand(_COLUMNS, -1), {}
    if known.classes:
        grids["classes"] = _show(game, latents, torch.arange(rows, device=device).repeat_interleave(_COLUMNS))
    if known.classes > 1:
        corners = known.vector(torch.arange(rows, device=device)).float()
        between = torch.lerp(corners[:-1, None], corners[1:, None], steps[:, None])
        grids["between_classes"] = _show(game, one, between.flatten(0, 1))
    if known.numbers and condition is not None:
        numbers = condition[:1].repeat(rows * _COLUMNS, 1)
        numbers[torch.arange(len(numbers)), torch.arange(rows).repeat_interleave(_COLUMNS)] = steps.repeat(rows)
        grids["numbers"] = _show(game, one, numbers)
    return grids


def _show(game: LatentGame, latents: Tensor, conditions: Tensor) -> SampleGrid:
    """Returns rows of the same `latents`, one sample for each of the `conditions`."""
    return SampleGrid(game.render(latents.repeat(len(conditions) // len(latents), 1), conditions), len(latents))
