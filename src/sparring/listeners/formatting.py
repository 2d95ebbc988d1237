"""Formats counts, numbers and durations briefly."""

import math


def format_count(count: float) -> str:
    """Returns a count in at most five characters or so.

    >>> [format_count(count) for count in (0, 999, 12_800, 200_000, 1_234_567)]
    ['0', '999', '12.8k', '200k', '1.23M']
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= size * 0.9995:
            return f"{count / size:.3g}{letter}"
    return f"{count:.3g}"


def format_duration(seconds: float) -> str:
    """Returns a duration as hours, minutes and seconds, after days if there are any.

    >>> [format_duration(seconds) for seconds in (7, 151, 3_723, 200_000)]
    ['0:07', '2:31', '1:02:03', '2 d 7:33 h']
    """
    if not math.isfinite(seconds):
        return "?"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour}:{minute:02d} h"
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def format_number(value: float) -> str:
    """Returns a measured number with three significant digits.

    >>> [format_number(value) for value in (0.84213, 0, -1502.5, 31_400, 2.5e-7, float("nan"))]
    ['0.842', '0', '-1,502', '31.4k', '2.5e-7', 'not finite']
    """
    if not math.isfinite(value):
        return "not finite"
    if 1e3 <= abs(value) < 1e12:
        return f"{value:,.0f}" if abs(value) < 1e4 else format_count(value)
    text = f"{value:.3g}"
    mantissa, exponent, power = text.partition("e")
    return f"{mantissa}e{int(power)}" if exponent else text


def format_title(name: str) -> str:
    """Returns a name from code as a title; a name without vowels is an abbreviation.

    >>> [format_title(name) for name in ("sliced_wasserstein", "R1", "mmd")]
    ['Sliced wasserstein', 'R1', 'MMD']
    """
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if set(words) & set("aeiou") else words.upper()
