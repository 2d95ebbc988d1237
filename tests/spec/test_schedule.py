"""Schedules as functions of the images seen, and constants."""

import json
from math import exp, pi, sin

import pytest

from sparring.augment import Coarsen, Flip, InstanceNoise
from sparring.errors import SpecError
from sparring.recipes import recipe
from sparring.spec import Family
from sparring.spec.json_schema import json_schema
from sparring.spec.schedule import Constant, Cosine, Linear, Logistic, Schedule, Steps, is_stationary

EXAMPLES: dict[str, Schedule] = {
    "Constant": Constant(value=0.5),
    "Cosine": Cosine(start=1, end=-1, images=1000),
    "Logistic": Logistic(start=0, end=1, images=1000),
    "Linear": Linear(start=2, end=0.5, images=1000),
    "Steps": Steps(values=(4, 1, 2), images=(300, 800)),
}

every_schedule = pytest.mark.parametrize("schedule", EXAMPLES.values(), ids=EXAMPLES)


def test_there_is_an_example_of_every_schedule() -> None:
    assert {name for name, kind in Schedule.members.items() if kind.__module__.startswith("sparring.")} == set(EXAMPLES)


@every_schedule
def test_a_schedule_survives_yaml(schedule: Schedule) -> None:
    assert type(schedule).from_yaml(schedule.to_yaml()) == schedule


@every_schedule
def test_a_schedule_stays_between_its_extremes_and_in_the_end_stands_still(schedule: Schedule) -> None:
    low, high = min(schedule.extremes()), max(schedule.extremes())
    values = [schedule.at(images) for images in range(0, 3000, 10)]
    assert all(low <= value <= high for value in values)
    assert len(set(values[100:])) == 1
    assert all(isinstance(value, float) for value in values)
    assert schedule.stationary == (len(set(values)) == 1)


def test_ramps_begin_and_end_as_they_say_and_are_half_way_in_the_middle() -> None:
    for ramp in (Linear(start=3, end=1, images=200), Cosine(start=3, end=1, images=200)):
        assert [ramp.at(images) for images in (0, 200, 10**9)] == [3, 1, 1]
        assert ramp.at(100) == pytest.approx(2)


def test_a_logistic_ramp_is_that_of_the_paper() -> None:
    ramp = Logistic(start=0, end=1, images=200)
    for images in (0, 1, 50, 100, 199):
        assert ramp.at(images) == pytest.approx(2 / (1 + exp(-10 * images / 200)) - 1, abs=1e-12)
    assert ramp.at(200) == 1
    assert Logistic(start=2, end=4, images=200, steepness=3).at(100) == pytest.approx(2 + 2 * (2 / (1 + exp(-1.5)) - 1))


def test_a_cosine_is_steepest_in_the_middle() -> None:
    ramp = Cosine(start=0, end=1, images=10_000)
    for images in (1_000, 5_000, 9_000):
        rise = (ramp.at(images + 1) - ramp.at(images - 1)) / 2 * 10_000
        assert rise == pytest.approx(pi / 2 * sin(pi * images / 10_000), rel=1e-4)


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        ({"values": [1, 2], "images": [100, 200]}, "2 of them need 1 counts"),
        ({"values": [1, 2, 3], "images": [200, 100]}, "200, 100 do not increase"),
        ({"values": [1, 2, 3], "images": [100, 100]}, "100, 100 do not increase"),
        ({"values": [1, 2], "images": [0]}, "images.0: got 0"),
        ({"values": []}, "values: got"),
    ],
)
def test_steps_that_cannot_be_are_refused(tree: dict[str, object], problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        Steps.read(tree)


def test_a_ramp_over_no_images_is_refused() -> None:
    with pytest.raises(SpecError, match="images: got 0"):
        Linear.read({"start": 1, "end": 0, "images": 0})


@pytest.mark.parametrize("number", [0.25, "0.25", "2.5e-1"])
def test_a_plain_number_is_read_as_constant(number: object) -> None:
    assert InstanceNoise.read({"deviation": number}) == InstanceNoise(deviation=Constant(value=0.25))


def test_a_schedule_is_written_on_the_command_line_like_any_part() -> None:
    plain = recipe("ring", "augmentations=[{kind: InstanceNoise, deviation: 0.3}]")
    assert plain.game.tree()["augmentations"][0]["deviation"] == {"kind": "Constant", "value": 0.3}
    path = "game.augmentations.0.deviation"
    changed = plain.override([f"{path}={{kind: Linear, start: 0.3, end: 0, images: 1M}}", f"{path}.start=0.2"])
    expected = InstanceNoise(deviation=Linear(start=0.2, end=0, images=1_000_000))
    assert changed.game.augmentations == (expected,)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("part", "tree", "problem"),
    [
        (InstanceNoise, {"deviation": -0.1}, "deviation: .*must stay at 0 or above, goes to -0.1"),
        (InstanceNoise, {"deviation": {"kind": "Linear", "start": 1, "end": -1, "images": 10}}, "goes to -1"),
        (Coarsen, {"factor": 0.5}, "factor: .*must stay at 1 or above, goes to 0.5"),
        (InstanceNoise, {"deviation": True}, "deviation: got True; needs a kind of Schedule"),
        (InstanceNoise, {"deviation": "Linaer"}, "not a kind of Schedule.*did you mean Linear"),
        (InstanceNoise, {"deviation": "Linear"}, "deviation.start: needs a value"),
        (InstanceNoise, {"deviation": float("nan")}, "deviation"),
    ],
)
def test_impossible_numbers_are_refused_with_their_field(
    part: type[Family], tree: dict[str, object], problem: str
) -> None:
    with pytest.raises(SpecError, match=problem):
        part.read(tree)


def test_the_json_schema_takes_a_number_or_a_schedule() -> None:
    schema = json_schema(InstanceNoise)
    field = schema["properties"]["deviation"]
    assert {"type": "number"} in field["anyOf"]
    assert {"$ref": "#/$defs/Schedule"} in field["anyOf"]
    assert "Linear" in json.dumps(schema["$defs"]["Schedule"])


def test_a_spec_with_a_changing_schedule_is_not_stationary() -> None:
    assert is_stationary((Flip(), InstanceNoise()))
    assert not is_stationary((Flip(), InstanceNoise(deviation=Linear(start=1, end=0, images=9))))
    assert is_stationary(recipe("ring").game)
