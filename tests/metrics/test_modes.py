"""Mode counts are those of PacGAN's protocol."""

import numpy as np
import pytest
import torch

from sparring.data import Grid, Ring
from sparring.errors import ShapeError
from sparring.metrics import count_modes


@pytest.mark.parametrize(("world", "ceiling", "divergence"), [(Ring(), 8, 0.0014), (Grid(), 25, 0.0049)])
def test_the_real_distribution_reaches_the_ceiling(world: Ring | Grid, ceiling: int, divergence: float) -> None:
    counts = []
    for seed in range(20):
        samples = torch.from_numpy(world.draw(2_500, np.random.default_rng(seed)))
        counts.append(count_modes(samples, torch.from_numpy(world.centers()), world.deviation))
    assert all(count.found == ceiling and count.missed == 0 for count in counts)
    assert np.mean([count.high_quality for count in counts]) == pytest.approx(0.989, abs=0.001)
    assert np.mean([count.divergence for count in counts]) == pytest.approx(divergence, rel=0.25)


def test_a_collapsed_generator_finds_one_mode() -> None:
    centers = torch.from_numpy(Ring().centers())
    result = count_modes(centers[:1].repeat(100, 1), centers, 0.01)
    assert (result.found, result.missed, result.high_quality) == (1, 7, 1.0)
    assert result.divergence == pytest.approx(np.log(8))


def test_other_dimensions_are_refused() -> None:
    with pytest.raises(ShapeError, match="count_modes"):
        count_modes(torch.zeros(3, 1), torch.zeros(2, 2), 0.1)
