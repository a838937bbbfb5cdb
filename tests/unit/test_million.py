"""The price of a million landings: what the notes of tasks add up to, and the page of them."""

import json

import pytest
from studies.million import KEPT, PAGE, costs
from studies.million_page import MILLION, page_of, wall_s


def notes(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def task(pid, begin, end, cpu, process_cpu, **more):
    return {
        "pid": pid, "begin": begin, "end": end, "cpu": cpu, "process_cpu": process_cpu,
        "flights": 64, **more,
    }  # fmt: skip


def test_notes_of_tasks_add_up(tmp_path):
    """Two workers; the second was started again, and its first life knew no time of threads."""
    found = costs(
        notes(
            tmp_path / "a.jsonl",
            {"host": 1, "at": 0.0, "cpu": 3.0, "done": 0, "deaths": 0},
            task(10, 0.0, 40.0, 32.0, 35.0),
            task(11, 0.0, 50.0, 32.0, 36.0, thread_cpu=30.0),
            task(11, 60.0, 100.0, 32.0, 69.0, thread_cpu=28.0),
            {"host": 1, "at": 100.0, "cpu": 5.0, "done": 192, "deaths": 0},
            {"host": 2, "at": 200.0, "cpu": 4.0, "done": 192, "deaths": 1},
        )
    )
    assert found["flights"] == 192 and found["tasks"] == 3 and found["workers_started"] == 2
    assert found["process_cpu_s"] == pytest.approx(0.5)
    assert found["thread_cpu_s"] == pytest.approx(58.0 / 128.0)
    assert found["process_cpu_of_those_s"] == pytest.approx(0.5)
    assert found["start_cpu_s"] == pytest.approx(3.5)
    assert found["in_hand"] == pytest.approx(130.0 / 140.0)
    assert found["host_cpu_s"] == pytest.approx(9.0) and found["deaths"] == 1


def test_wall_time_is_cpu_time_over_busy_cores():
    costs = {"process_cpu_s": 0.36, "in_hand": 0.9, "start_cpu_s": 5.0}
    expected = 360_000.0 / 90.0 + 5.0 + 64 * 0.36
    assert MILLION == 10**6 and wall_s({"costs": costs}, 100) == pytest.approx(expected)


def test_the_page_is_that_of_what_was_kept():
    kept = json.loads(KEPT.read_text())
    assert page_of(kept, 0.05) == PAGE.read_text("utf-8")
    flown = kept["flown"]
    assert flown["runs"] == sum(flown["summary"]["endings"].values()) <= 10_000
    assert flown["planned"] == MILLION
