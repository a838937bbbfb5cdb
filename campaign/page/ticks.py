"""Where the ticks of an axis stand, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Sequence

from farside.mission.units import number, unit_of

#: Width of a letter of the drawings' words, of their widest usual ones [drawing units].
LETTER = 6.7
#: Fewer numbers than this do not tell a scale.
FEWEST = 2
MOST_TICKS = 50


def ticks_of(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Return two or more round values between two others: steps of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> ticks_of(0.0, 10.0)
    (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)
    >>> ticks_of(0.75, 1.75, 1)
    (1.0, 1.5)
    """
    if not high > low:
        return (low,)
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * each for each in (1.0, 2.0, 5.0, 10.0) if power * each >= raw * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first + 1 < FEWEST and most < MOST_TICKS:
        return ticks_of(low, high, 2 * most)
    return tuple(step * i for i in range(first, last + 1))


def log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return round values on a logarithmic scale between two others, never fewer than two.

    Powers of ten; between close ends also their 2 and 5 fold; between very close ones the round
    values of a linear scale.

    Examples
    --------
    >>> log_ticks(32.0, 2000.0)
    (100.0, 1000.0)
    >>> log_ticks(2.5, 10.0)
    (5.0, 10.0)
    """
    for steps in ((1.0,), (1.0, 2.0, 5.0)):
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        found = [
            step * 10.0**power
            for power in range(first, last + 1)
            for step in steps
            if low * (1.0 - 1e-9) <= step * 10.0**power <= high * (1.0 + 1e-9)
        ]
        if len(found) >= FEWEST:
            return tuple(found)
    return ticks_of(low, high, 4)


def tick_text(value: float, ticks: Sequence[float]) -> str:
    """Write a tick with as many digits as its neighbours need."""
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else abs(value) or 1.0
    return number(value, max(0, -math.floor(math.log10(step) + 1e-9)))


def room(texts: Sequence[str]) -> float:
    """Return the width that the longest of some words needs beside an axis [drawing units]."""
    return LETTER * max((len(text) for text in texts), default=0) + 9.0


def shorten(words: str, width: float) -> str:
    """Return words that are no wider than `width` [drawing units], ending in an ellipsis if cut."""
    most = max(int(width / LETTER), 2)
    return words if len(words) <= most else words[: most - 1].rstrip() + "\u2026"


def input_label(name: str, unit: str) -> str:
    """Return the name of an input in words, with its unit in place of its name's ending.

    Examples
    --------
    >>> input_label("gyro_bias_x_dph", "deg/h")
    'gyro bias x, deg/h'
    >>> input_label("phase_shift", "")
    'phase shift'
    """
    ending = unit_of(name)
    bare = name.removesuffix(f"_{ending}") if ending and unit else name
    words = bare.replace("_", " ")
    return f"{words}, {unit}" if unit and unit != "1" else words
