"""The figures of accuracy, on rows that are known, and their place on the page."""

import numpy as np
import pytest
import studies.consistency_page as consistency_page
from studies import accuracy
from studies.accuracy import deviation, judge, lost_in_hover, put, quantile, table

from farside.mission import load_mission
from farside.mission.faults import with_faults


def row(seed=0, miss_m=0.2, across_mps=0.1, outcome="landed", error=(0.0, 0.0)):
    return {
        "seed": seed, "outcome": outcome, "least_bad": False, "speed_error_mps": list(error),
        "miss_m": miss_m, "across_mps": across_mps,
    }  # fmt: skip


def test_the_deviation_is_that_of_draws():
    errors = 0.04 * np.random.default_rng(1).normal(size=(5000, 2))
    assert deviation([row(error=each) for each in errors]) == pytest.approx(0.04, rel=0.03)
    assert deviation([row(error=(0.1, 0.1)), row(error=(np.nan, np.nan))]) == pytest.approx(0.1)


def test_a_quantile_says_what_its_flights_show():
    value, shown = quantile(list(range(1, 301)), 0.99)
    assert value == 297
    # all of n below: 0.05^(1/n), 95.1 % of 59 flights, 99 % of 299
    assert quantile([1.0] * 59, 0.99)[1] == pytest.approx(0.05 ** (1 / 59))
    assert quantile([1.0] * 299, 1.0)[1] == pytest.approx(0.99, abs=1e-4)
    assert shown < 0.99


def test_what_is_asked_is_held_against_what_came():
    clear = [row(n, miss_m=0.1 + 0.001 * n) for n in range(100)]
    figures = judge(clear, [row(across_mps=0.4), row(across_mps=0.6, outcome="tipped")])
    assert [each.met for each in figures] == [True, True, False]
    assert "1 of 2 above, 1 not landed" in figures[2].note
    assert "**0.6**" in table(figures)[-1]
    lost = judge([*clear[:-1], row(outcome="crashed")] * 2, [row(across_mps=float("nan"))])
    assert figures[1].came == pytest.approx(0.198)
    assert not lost[2].met


def test_the_velocimeter_is_lost_where_the_lander_looks():
    mission = load_mission("chang-e-6")
    line = lost_in_hover(mission)
    assert with_faults(mission, [line]).faults[0].phase == "hover"


def test_the_table_takes_the_place_of_the_one_before(tmp_path, monkeypatch):
    page = tmp_path / "consistency.md"
    page.write_text("# Page\n")
    monkeypatch.setattr(consistency_page, "PAGE", page)
    monkeypatch.setattr(accuracy, "PAGE", page)
    put(["first"])
    put(["second"])
    assert page.read_text().count("## Accuracy") == 1
    assert "second" in page.read_text() and "first" not in page.read_text()
    assert consistency_page.accuracy_on(page.read_text()).count("second") == 1


@pytest.mark.slow
def test_two_flights_have_every_figure():
    figures = judge(*accuracy.study("chang-e-6", 1, 1))
    assert all(np.isfinite(each.came) for each in figures)
    assert figures[0].came < 0.2
