"""What a training plan takes and refuses."""

from typing import Any

import pytest

from sparring.errors import SpecError
from sparring.training.optimizers import SGD
from sparring.training.plan import Checkpoints, Training


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch": 0}, "batch: got 0"),
        ({"batch": 4.5}, "batch: got 4.5"),
        ({"images": -1}, "images: got -1"),
        ({"images": "0k"}, "images: got '0k'"),
        ({"accumulation": 0}, "accumulation: got 0"),
        ({"batch": 6, "accumulation": 4}, "accumulation: a batch of 6 cannot be computed in 4 equal parts"),
        ({"precision": "float16"}, "precision: got 'float16'; Input should be 'float32' or 'bfloat16'"),
        ({"layout": "nhwc"}, "layout: got 'nhwc'; Input should be 'contiguous' or 'channels_last'"),
        ({"clip_gradient": 0}, "clip_gradient: got 0"),
        ({"optimizers": {"generator": "Adamm"}}, "optimizers.generator.kind: got 'Adamm', not a kind of Optimizer"),
        ({"averages": {"generator": {"half_live": 3}}}, "averages.generator.half_live: unknown field of Average"),
        ({"checkpoints": {"last": 0}}, "checkpoints.last: got 0"),
        ({"checkpoints": {"minutes": -1}}, "checkpoints.minutes: got -1"),
    ],
    ids=str,
)
def test_impossible_plans_are_refused_by_the_field(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Training.read(values)


def test_a_plan_survives_yaml() -> None:
    plan = Training(
        images=3, batch=6, accumulation=3, optimizers={"generator": SGD()}, averages={}, checkpoints=Checkpoints(best=0)
    )
    assert Training.from_yaml(plan.to_yaml()) == plan
