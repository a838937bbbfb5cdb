"""Tasks whose results come late: when they begin, when a result is used, one at a time."""

from types import SimpleNamespace

import numpy as np
import pytest

from farside.flight.late import LateTask, symmetric, ticks_of


class Noted(LateTask[int]):
    """Begins every 0.3 s; what is begun at an even tick has a result so long after."""

    def __init__(self, flight, late_s):
        super().__init__(flight)
        self.late_s, self.said = late_s, []

    def _begin(self):
        now = self._flight.loop.tick_count
        self._ask_after(0.3)
        self.said.append(("begun", now))
        if now % 2 == 0:
            self._hold(now, self.late_s)

    def _use(self, result):
        self.said.append(("used", self._flight.loop.tick_count, result))


def turned(task, ticks):
    loop = task._flight.loop
    while loop.tick_count < ticks:
        while task.ticks_left() == 0:
            task.work()
        loop.tick_count += 1


@pytest.mark.parametrize(
    ("late_s", "said"),
    [
        (0.1, [("begun", 2), ("used", 12, 2), ("begun", 32), ("used", 42, 32), ("begun", 62)]),
        # nothing new is begun while a result is under way
        (0.5, [("begun", 2), ("used", 52, 2), ("begun", 52)]),
        # a result is never there at once
        (0.0, [("begun", 2), ("used", 3, 2), ("begun", 32), ("used", 33, 32), ("begun", 62)]),
    ],
)
def test_a_result_is_used_when_it_is_there_and_not_before(late_s, said):
    task = Noted(SimpleNamespace(loop=SimpleNamespace(tick_count=2)), late_s)
    turned(task, 63)
    assert task.said == said


def test_what_has_no_result_begins_anew():
    task = Noted(SimpleNamespace(loop=SimpleNamespace(tick_count=1)), 0.1)
    turned(task, 32)
    assert task.said == [("begun", 1), ("begun", 31)]


def test_a_covariance_of_telemetry_is_whole():
    whole = symmetric(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    np.testing.assert_array_equal(whole, [[1, 2, 3], [2, 4, 5], [3, 5, 6]])
    assert ticks_of(0.004) == 1 and ticks_of(0.25) == 25
