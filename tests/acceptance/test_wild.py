"""Wild missions, inputs and faults of `studies/wild.py`: nothing hangs, nothing is not finite."""

from collections import Counter

import pytest
from studies.wild import fly, looks_at

FAST, SLOW, IMAGING = 5, 60, 8
WORST = {670: False, 1501: True}  # no tick of guidance at all; returns above the lidar


def flown(numbers, imaging):
    """Fly wild flights, and hold that nothing was wrong with one; return how they ended."""
    found = [fly(n, n in imaging) for n in numbers]
    assert [(row["number"], row["faults"], row["wrong"]) for row in found if row["wrong"]] == []
    return Counter(row["outcome"] for row in found)


@pytest.mark.slow
def test_a_few_wild_flights_end():
    ends = flown(range(FAST), {3})
    # most fly; what cannot be flown says so in one line
    assert ends["refused"] <= FAST // 2 and ends["overdue"] == ends["error"] == 0


@pytest.mark.slow
def test_flights_that_once_raised_end():
    flown(WORST, {n for n, looks in WORST.items() if looks})


@pytest.mark.slow(cpu_s=44)
def test_hundreds_of_wild_flights_end():
    numbers = range(1000, 1000 + SLOW)
    ends = flown(numbers, {n for n in numbers if looks_at(n, SLOW, IMAGING)})
    assert ends["refused"] <= SLOW // 3 and len(ends) >= 4
