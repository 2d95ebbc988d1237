"""ADA's transforms in their groups, each with one probability."""

import pytest
import torch
from torch import Tensor

from sparring.augment import Pipeline
from sparring.errors import SpecError
from sparring.spec.schedule import Linear


def images(count: int = 8, channels: int = 3) -> Tensor:
    return torch.rand(count, channels, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1


def augment(pipeline: Pipeline, inputs: Tensor, count: int = 0) -> Tensor:
    return pipeline(inputs, torch.Generator().manual_seed(1), count)


@pytest.mark.parametrize("groups", ["b", "g", "c", "f", "n", "nc", "bgc", "bgcfnc", "fc"])
def test_probability_0_changes_nothing_and_1_changes_all_images(groups: str) -> None:
    inputs = images()
    torch.testing.assert_close(augment(Pipeline(groups=groups, probability=0), inputs), inputs, atol=1e-7, rtol=0)
    if groups != "b":  # which may draw that nothing is done
        changed = (augment(Pipeline(groups=groups, probability=1), inputs) - inputs).abs().flatten(1).amax(1)
        assert float(changed.min()) > 1e-3


def test_the_first_c_is_colour_and_a_last_one_cuts_out() -> None:
    inputs = images()
    assert not (augment(Pipeline(groups="c", probability=1), inputs) == 0).any()
    assert (augment(Pipeline(groups="cc", probability=1), inputs) == 0).any((1, 2, 3)).all()
    assert (augment(Pipeline(groups="nc", probability=1), inputs) == 0).any((1, 2, 3)).all()


def test_opacity_is_moved_with_the_image_and_keeps_its_values() -> None:
    inputs = images(channels=4)
    outputs = augment(Pipeline(groups="bc", probability=1), inputs)
    assert torch.equal(outputs[:, 3], augment(Pipeline(groups="b", probability=1), inputs)[:, 3])


def test_the_probability_may_change_while_a_run_goes_on() -> None:
    inputs, ramp = images(), Pipeline(groups="g", probability=Linear(start=0, end=1, images=100))
    torch.testing.assert_close(augment(ramp, inputs), inputs, atol=1e-7, rtol=0)
    assert torch.equal(augment(ramp, inputs, 100), augment(Pipeline(groups="g", probability=1), inputs))


def test_numbers_stay_in_float32_where_images_are_of_fewer_bits() -> None:
    inputs = images().bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        outputs = augment(Pipeline(probability=0.5), inputs)
    expected = augment(Pipeline(probability=0.5), inputs.float())
    assert torch.equal(outputs, expected.bfloat16())


@pytest.mark.parametrize("groups", ["", "x", "gb", "bgcx", "bb", "ccc", "BGC"])
def test_groups_that_are_none_are_refused(groups: str) -> None:
    with pytest.raises(SpecError, match=rf"groups: got '{groups}'; needs some of b \(pixel blitting\)"):
        Pipeline.read({"groups": groups})


@pytest.mark.parametrize(("probability", "message"), [(1.5, "1 or below"), (-0.1, "0 or above")])
def test_a_probability_is_in_0_to_1(probability: float, message: str) -> None:
    with pytest.raises(SpecError, match=f"probability: .*must stay at {message}"):
        Pipeline.read({"probability": probability})
