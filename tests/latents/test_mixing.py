"""Style mixing: the source of each layer."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.latents import Latents, compose_styles, mix_styles, read_layers


def ws(count: int, styles: int = 6) -> Latents:
    """Latents whose numbers are 10 · index + layer."""
    points = torch.arange(count)[:, None] * 10.0 + torch.arange(styles)
    return Latents("w+", points[..., None].expand(-1, -1, 2).clone())


def test_columns_give_the_chosen_layers_and_rows_the_rest() -> None:
    latents = ws(5)
    mixed = mix_styles(latents[:2], latents[2:], (0, 3))
    assert mixed.points[..., 0].tolist()[:2] == [[20, 1, 2, 23, 4, 5], [30, 1, 2, 33, 4, 5]]
    assert mixed.points[3, :, 0].tolist() == [20, 11, 12, 23, 14, 15]
    assert len(mixed) == 6
    assert torch.equal(latents.points, ws(5).points)


def test_layers_are_composed_of_several() -> None:
    composed = compose_styles(ws(3), {1: (1, 2), 2: (5,)})
    assert composed.points[0, :, 0].tolist() == [0, 11, 12, 3, 4, 25]


def test_all_layers_of_a_column_give_its_image_and_none_the_rows() -> None:
    latents = ws(2)
    assert torch.equal(mix_styles(latents[:1], latents[1:], range(6)).points, latents[1:].points)
    assert torch.equal(mix_styles(latents[:1], latents[1:], ()).points, latents[:1].points)


def test_groups_of_layers_are_those_of_the_paper() -> None:
    layers = {name: read_layers(name, 18) for name in ("coarse", "middle", "fine", "all")}
    assert layers == {
        "coarse": tuple(range(4)),
        "middle": tuple(range(4, 8)),
        "fine": tuple(range(8, 18)),
        "all": tuple(range(18)),
    }


@pytest.mark.parametrize("text", ["fine", "7", "2-9", "3-1"])
def test_layers_that_are_not_there_are_refused(text: str) -> None:
    with pytest.raises(SpecError, match="the network has those from 0 to 5"):
        read_layers(text, 6)


@pytest.mark.parametrize("text", ["corse", "", "1-", "-1", "a-b"])
def test_layers_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(SpecError, match="write such as 0-3,6"):
        read_layers(text, 6)


def test_a_composition_of_missing_latents_is_refused() -> None:
    with pytest.raises(SpecError, match="there are 2 latents of 6 layers"):
        compose_styles(ws(2), {2: (0,)})
    with pytest.raises(SpecError, match=r"\[1\] are taken from two latents"):
        compose_styles(ws(3), {1: (0, 1), 2: (1,)})
