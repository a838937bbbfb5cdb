"""What the telemetry says of the sensors' health: states, times, and the line that is printed."""

import dataclasses

import numpy as np
import pytest
from sample_landing import sample_landing

from farside.cli.tables import console, print_landing
from farside.flight.health import (
    MEASURING,
    RETURNING,
    STATES,
    UNITS,
    HealthSpan,
    camera_spans,
    gates_of,
    health_spans,
    reports,
    runs,
    states,
)
from farside.flight.looks import Doubt, Look, Use
from farside.flight.telemetry import ROW
from farside.mission import load_mission
from farside.mission.fault_kinds import UNITS as FAULT_UNITS
from farside.mission.health import Health
from farside.navigation import Trust
from farside.report.verdict import refused_line

BELIEVED, UNHEARD, DOUBTED, REJECTED, STUCK, ZERO, SATURATED, SILENT = map(int, Trust)
STAR, RANGE, HEIGHT = 0, 1, 5


def rows_of(i, *spells, n=None):
    """Return telemetry in which a unit has each code for so many ticks."""
    codes = np.repeat([code for code, _ in spells], [ticks for _, ticks in spells])
    rows = np.zeros(n or len(codes), ROW)
    rows["tick"] = np.arange(len(rows))
    rows["trust"][:, i] = codes
    rows["innovation_sigma"] = 1.0
    return rows


def spans_of(*spells, unit=RANGE):
    spans = health_spans(rows_of(unit, *spells), Health())
    assert {span.unit for span in spans} <= {UNITS[unit]}
    return [(span.state, span.from_s, span.to_s) for span in spans]


def test_units_are_those_of_the_faults():
    for unit in UNITS:
        name, _, part = unit.partition(".")
        assert name in FAULT_UNITS and (not part or part in FAULT_UNITS[name].parts)
    assert len(UNITS) == ROW["trust"].shape[0]
    assert set(STATES) == {*map(int, Trust), RETURNING}


def test_what_is_plain_is_left_out():
    assert spans_of((UNHEARD, 50), (BELIEVED, 500)) == []
    assert spans_of() == []


def test_each_state_has_its_time():
    found = spans_of((BELIEVED, 100), (DOUBTED, 40), (REJECTED, 60), (BELIEVED, 300), (ZERO, 5))
    assert found == [("doubted", 1.0, 1.4), ("rejected", 1.4, 2.0), ("zero", 5.0, 5.05)]


def test_doubts_that_are_near_each_other_are_one():
    flicker = [(DOUBTED, 5), (BELIEVED, 5)] * 30
    assert spans_of((BELIEVED, 10), *flicker) == [("doubted", 0.1, 3.05)]
    # a second or more apart they are two, and any other state stands between them
    assert len(spans_of((DOUBTED, 5), (BELIEVED, 100), (DOUBTED, 5))) == 2
    assert len(spans_of((DOUBTED, 5), (REJECTED, 1), (DOUBTED, 5))) == 3


def test_a_unit_that_was_only_silent_is_not_rejected():
    rows = rows_of(HEIGHT, (BELIEVED, 100), (SILENT, 100), (REJECTED, 100), (BELIEVED, 100))
    rows["innovation"][200:, HEIGHT] = np.arange(200.0) % 2.0  # a report in each tick, inside
    assert runs(states(rows, Health())[:, HEIGHT]) == [
        (BELIEVED, 0, 100), (SILENT, 100, 200), (RETURNING, 200, 300), (BELIEVED, 300, 400)
    ]  # fmt: skip
    assert health_spans(rows, Health()) == (HealthSpan("height", 1.0, 3.0, "silent"),)
    assert refused_line(health_spans(rows, Health())) == ""
    # from the first report outside its gate on it is rejected for what it says
    rows["innovation"][250, HEIGHT] = 3.9  # sqrt(15.1) is 3.886
    assert runs(states(rows, Health())[:, HEIGHT])[2:4] == [
        (RETURNING, 200, 250), (REJECTED, 250, 300)
    ]  # fmt: skip


@pytest.mark.parametrize(("unit", "gate"), [(STAR, 21.1**0.5), (RANGE, 15.1**0.5)])
def test_the_gate_is_the_mission_s(unit, gate):
    assert gates_of(Health())[unit] == pytest.approx(gate)
    assert gates_of(Health(gate_1=4.0, gate_3=9.0)).tolist() == [3.0, *[2.0] * (MEASURING - 1)]


def test_a_report_is_where_the_innovation_is_new():
    rows = np.zeros(40, ROW)
    rows["innovation"][10:, RANGE] = 2.5
    rows["innovation"][20:, RANGE] = np.nan  # one report, however long it is held
    rows["innovation_sigma"][10:, RANGE] = 1.0
    rows["innovation_sigma"][30:, RANGE] = 1.1
    assert reports(rows, RANGE).tolist() == [10, 20, 30]
    assert reports(rows, STAR).tolist() == []
    assert reports(rows[:0], RANGE).tolist() == []
    rows["innovation_sigma"][:10, RANGE] = 1.0
    assert reports(rows, RANGE)[0] == 0


def test_the_line_names_unit_time_and_reason():
    assert refused_line(()) == ""
    spans = [
        HealthSpan("star_tracker", 5.0, 9.0, "silent"),
        HealthSpan("altimeter", 600.45, 601.55, "rejected"),
        HealthSpan("velocimeter.beam1", 700.2, 720.0, "zero"),
        HealthSpan("velocimeter.beam1", 720.0, 720.5, "rejected"),
        HealthSpan("height", 790.0, 790.1, "doubted"),
    ]
    assert refused_line(spans) == (
        "Not believed: altimeter rejected from 600.5 s for 1.1 s; "
        "velocimeter.beam1 zero/rejected from 700.2 s for 20.3 s in all."
    )
    many = [HealthSpan(unit, 1.0, 2.0, "stuck") for unit in UNITS]
    assert refused_line(many).endswith("; 3 more.")


def test_only_a_flight_that_refused_something_prints_a_line(capsys, tmp_path):
    landing = sample_landing()
    assert [(span.unit, span.state) for span in landing.health] == [("altimeter", "doubted")]
    assert landing.to_dict()["health"] == [
        {"unit": "altimeter", "from_s": 400.0, "to_s": 400.1, "state": "doubted"}
    ]
    print_landing(console(), landing, tmp_path, ("landing.json",))
    assert "Not believed" not in capsys.readouterr().out
    telemetry = landing.telemetry.copy()
    telemetry["trust"][60_000:60_200, 3] = STUCK
    print_landing(
        console(), dataclasses.replace(landing, telemetry=telemetry), tmp_path, ("landing.json",)
    )
    said = capsys.readouterr().out
    assert "Not believed: velocimeter.beam2 stuck from 600.0 s for 2.0 s.\n" in said
    assert said.count("Not believed") == 1


def test_a_flight_with_a_beam_at_zero(faulted):
    spans = {(span.unit, span.state): span for span in faulted.health}
    beam = spans["velocimeter.beam1", "zero"]
    # reports come every 50 ms, and five alike are stuck
    assert 700.0 < beam.from_s < 700.5
    assert "velocimeter.beam1 zero" in refused_line(faulted.health)
    assert not any(
        span.unit == "velocimeter.beam2" and span.state == "zero" for span in spans.values()
    )


@pytest.fixture(scope="module")
def faulted():
    from farside.flight import land

    plan = load_mission("chang-e-6")
    return land(plan, seed=3, imaging=False, faults=["velocimeter.beam1 zero from 700 s for 20 s"])


def seen(time_s, doubt, camera="landing", use=Use.LANDMARKS, taken=True):
    none = np.zeros((0, 2))
    return Look(
        time_s, camera, use, "", taken, 100.0, np.zeros((1, 1), np.uint8), 1.0, none,
        np.zeros(0, bool), doubt=doubt,
    )  # fmt: skip


def test_a_camera_is_not_believed_until_an_image_is():
    doubts = [Doubt.NONE, Doubt.DOUBTED, Doubt.REJECTED, Doubt.REJECTED, Doubt.NONE, Doubt.REJECTED]
    looks = [seen(4.0 * k, doubt) for k, doubt in enumerate(doubts)]
    looks.append(seen(30.0, Doubt.NONE, taken=False))  # it says nothing
    looks.append(seen(40.0, Doubt.REJECTED))
    looks.append(seen(50.0, Doubt.REJECTED, use=Use.MOTION))
    looks.append(seen(60.0, Doubt.DOUBTED, camera="descent"))
    assert camera_spans(looks) == (
        HealthSpan("camera.descent", 60.0, 60.0, "doubted"),
        HealthSpan("camera.landing", 4.0, 8.0, "doubted"),
        HealthSpan("camera.landing", 8.0, 16.0, "rejected"),
        HealthSpan("camera.landing", 20.0, 40.0, "rejected"),
    )
    assert "camera.landing rejected from 8.0 s for 28.0 s in all" in refused_line(
        camera_spans(looks)
    )
