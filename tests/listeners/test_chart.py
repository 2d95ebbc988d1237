"""Charts stay readable, and stay well-formed, whatever the numbers are."""

import math
import re
from xml.etree import ElementTree

import pytest

from sparring.listeners.axis import axis_for
from sparring.listeners.chart import Series, line_chart, smooth, thin

_AWKWARD = {
    "nothing": [],
    "one point": [1.0],
    "constant": [2.5] * 50,
    "constant zero": [0.0] * 3,
    "all NaN": [math.nan] * 40,
    "some NaN": [1.0, math.nan, math.inf, 2.0, -math.inf, 3.0],
    "huge": [1e308, -1e308, 0.0, 1.0],
    "vanishing": [5e-324, 1e-310, 1e-300],
    "thirty decades": [10.0**power for power in range(-15, 16)],
    "a spike": [*[1.0, 1.1] * 50, 1e12],
    "rounding": [1.0, 1.0 + 1e-15] * 5,
    "whole numbers": [1, 2, 3],
    "negative": [-5.0, -1e6, -3.0],
}


def _curve(values):
    return Series("loss", [(64 * index, value) for index, value in enumerate(values)])


@pytest.mark.parametrize("values", _AWKWARD.values(), ids=_AWKWARD)
def test_any_numbers_give_a_well_formed_chart_with_finite_coordinates(values):
    chart = line_chart([_curve(values)], "title", mark="lowest")
    figure = ElementTree.fromstring(chart)
    for path in figure.iter("path"):
        assert re.fullmatch(r"[MLHhv0-9. -]+", path.attrib["d"])
    assert not re.search(r'[="\s>](nan|inf)', chart)


@pytest.mark.parametrize(
    "values", [values for values in _AWKWARD.values() if values], ids=[n for n in _AWKWARD if n != "nothing"]
)
def test_any_numbers_give_an_axis_with_a_few_ticks(values):
    axis = axis_for(float(value) for value in values if 1e-250 < abs(value) < 1e250)
    assert axis.low < axis.high
    assert 2 <= len(axis.ticks()) <= 8
    assert len(set(axis.ticks().values())) == len(axis.ticks())
    assert all(-0.001 <= axis.place(tick) <= 1.001 for tick in axis.ticks())


def test_a_gap_in_the_numbers_is_a_gap_in_the_line_and_is_noted():
    chart = line_chart([_curve([1.0, 2.0, math.nan, 3.0, 4.0])], "title")
    line = next(path for path in ElementTree.fromstring(chart).iter("path") if path.attrib["class"].startswith("line"))
    assert line.attrib["d"].count("M") == 2
    assert "loss was not finite at 128 images." in chart


def test_a_single_point_is_drawn():
    assert 'h0"' in line_chart([_curve([1.0])], "title")


def test_a_spike_does_not_flatten_the_rest_and_is_noted():
    axis = axis_for([*[1.0, 2.0] * 100, 1e9])
    assert axis.high < 3
    assert "the highest 1G" in line_chart([_curve([*[1.0, 2.0] * 100, 1e9])], "title")


def test_the_lowest_point_is_marked_and_said():
    chart = line_chart([_curve([3.0, 0.5, 2.0])], "title", mark="lowest")
    assert "<circle" in chart
    assert "best 0.5 at 64 images" in chart


def test_text_from_files_is_escaped():
    chart = line_chart([Series("<script>&", [(1, 1.0)])], '"><script>')
    assert "<script>" not in chart
    ElementTree.fromstring(chart)


def test_smoothing_keeps_a_constant_from_its_first_point_on():
    assert smooth([2.0] * 5, window=3.0) == pytest.approx([2.0] * 5)


def test_thinning_keeps_extremes_gaps_and_order():
    points = [(x, math.sin(x / 50)) for x in range(5000)]
    points[1234], points[3000] = (1234, 9.0), (3000, math.nan)
    kept = thin(points, 200)
    assert len(kept) <= 210
    assert kept == sorted(kept, key=lambda point: point[0])
    assert (1234, 9.0) in kept
    assert any(math.isnan(y) for _, y in kept)
