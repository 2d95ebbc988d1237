"""Truncation against its formula, and its limits."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.game import Game
from sparring.latents import find_space, find_styles, truncate


def test_truncation_contracts_towards_the_mean_latent(styled: Game) -> None:
    space = find_styles(styled)
    mean = space.network.mean_latent.value
    ws = find_space(styled, "w").draw(4, 0)
    truncated = truncate(space, ws, 0.7)
    assert truncated.space == "w"
    torch.testing.assert_close(truncated.points, mean + 0.7 * (ws.points - mean))
    torch.testing.assert_close(truncate(space, find_space(styled, "z").draw(4, 0), 0.7).points, truncated.points)
    torch.testing.assert_close(truncate(space, ws, 1.0).points, ws.points)
    assert torch.equal(truncate(space, ws, 0.0).points, mean.expand(4, -1))
    coarse = truncate(space, ws, 0.7, layers=2)
    assert coarse.space == "w+"
    torch.testing.assert_close(coarse.points[:, 0], truncated.points)
    torch.testing.assert_close(coarse.points[:, 2], ws.points)


@pytest.mark.parametrize("truncation", [1.1, -1.5, float("nan")])
def test_a_truncation_out_of_range_is_refused(styled: Game, truncation: float) -> None:
    space = find_styles(styled)
    with pytest.raises(SpecError, match=r"truncation: got .* from -1 to 1"):
        truncate(space, space.draw(1, 0), truncation)
