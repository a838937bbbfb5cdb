"""What the table of faults makes of flights, on rows that are known."""

import json

import numpy as np
import pytest
from studies.fault_cases import CLEAN, CLEAN_LOOKING, Case, cases
from studies.fault_lines import (
    REJECTED,
    SATURATED,
    SILENT,
    alarms,
    cells,
    ending,
    false_alarms,
    line_of,
    newly_named,
    page,
)
from studies.fault_table import fly_all, named_spans, read_part

from farside.mission import load_mission
from farside.mission.fault_kinds import UNITS
from farside.mission.faults import with_faults
from farside.navigation import Trust

LIMITS = load_mission("chang-e-6").touchdown
ALTIMETER = Case("altimeter", "", "bias", "from 300 s")


def row(seed=0, ended="landed", named=(), began_s=300.0, down=2.0, rest_deg=3.0):
    return {
        "seed": seed, "ended": ended, "vertical_mps": down, "horizontal_mps": 0.1,
        "tilt_deg": 0.5, "rate_dps": 0.2, "rest_tilt_deg": rest_deg, "absolute_miss_m": 1.0,
        "began_s": began_s, "contact_s": 800.0, "named": list(named),
    }  # fmt: skip


def test_every_unit_and_kind_is_a_row_that_a_mission_takes():
    table = list(cases())
    assert table[:2] == [CLEAN, CLEAN_LOOKING]
    flown = {(case.unit, case.kind) for case in table[2:]}
    wanted = {(u, k) for u, what in UNITS.items() if u != "camera" for k in what.kinds}
    assert flown == wanted
    mission = load_mission("chang-e-6")
    for case in table[2:]:
        with_faults(mission, [case.line])
    assert len({case.line for case in table[2:]}) == len(table) - 2


def test_spans_of_trust_are_those_that_name_a_fault():
    trust = np.zeros((10, 7), np.uint8)
    trust[2:5, 1] = REJECTED
    trust[5:, 1] = SILENT
    trust[0, 0] = int(Trust.TRUST_UNHEARD)
    trust[4, 3] = int(Trust.TRUST_DOUBTED)
    assert named_spans(trust) == [(1, REJECTED, 2, 5), (1, SILENT, 5, 10)]


def test_what_is_named_without_the_fault_too_is_no_detection():
    twin = row(named=[(1, SILENT, 100, 40_000)])
    both = row(named=[(1, SILENT, 100, 40_000)])
    longer = row(named=[(1, SILENT, 100, 41_000)])
    early = row(named=[(1, REJECTED, 29_000, 29_500)])
    other = row(named=[(5, REJECTED, 30_150, 30_200)])
    assert newly_named(both, twin, (1,)) == []
    assert newly_named(longer, twin, (1,)) == [(1, 100.0)]
    assert newly_named(longer, twin) == []
    assert newly_named(early, twin) == []
    assert newly_named(other, twin) == [(5, 1.5)]
    assert newly_named(row(began_s=None), twin) == []


def test_a_beam_is_named_by_its_own_channel():
    assert Case("velocimeter", "beam2", "zero", "from 300 s").channels == (3,)
    assert Case("velocimeter", "", "zero", "from 300 s").channels == (2, 3, 4)
    assert Case("engine", "", "weak", "from 300 s").channels == ()


def test_a_line_sums_up_its_flights():
    twins = {seed: row(seed) for seed in range(4)}
    rows = [
        row(0, named=[(1, REJECTED, 30_200, 80_000)]),
        row(1, "crashed", down=9.0),
        row(2, "crashed", named=[(5, REJECTED, 30_100, 30_300)]),
        row(3, "aborted"),
    ]
    line = line_of(ALTIMETER, rows, twins, LIMITS)
    assert line.outcomes == {"landed": 1, "crashed": 2, "aborted": 1}
    assert (line.silent, line.lost, line.others) == ((1,), (1, 2), ("touchdown",))
    assert (line.noticed_s, line.vertical_mps) == ((2.0,), 9.0)
    assert cells(line).startswith("| altimeter bias | from 300 s | 2 crashed")


def test_a_flight_that_raises_is_counted_and_silent():
    line = line_of(ALTIMETER, [{"seed": 0, "ended": "error", "error": "x"}], {0: row()}, LIMITS)
    assert line.outcomes["error"] == 1
    assert line.silent == (0,)


def test_a_landing_is_judged_by_its_contact_and_by_the_ground_where_that_was_chosen():
    assert ending(row(), LIMITS, False) == "landed"
    assert ending(row(down=LIMITS.vertical_speed_mps + 0.1), LIMITS, False) == "over a limit"
    assert ending(row(ended="crashed"), LIMITS, False) == "crashed"
    steep = LIMITS.rest_tilt_deg + 1.0
    assert ending(row(rest_deg=steep), LIMITS, False) == "landed"
    assert ending(row(rest_deg=steep), LIMITS, True) == "over a limit"
    assert ending(row(ended="tipped"), LIMITS, False) == "landed"
    assert ending(row(ended="tipped"), LIMITS, True) == "tipped"
    assert ending(row(ended="tipped", down=None), LIMITS, False) == "over a limit"


def test_a_sensor_out_of_its_range_is_no_false_alarm():
    rejected_by_itself = [(2, SILENT, 0, 9), (2, REJECTED, 9, 20), (2, REJECTED, 30, 40)]
    assert alarms(rejected_by_itself) == [(2, REJECTED, 30, 40)]
    assert alarms([(5, SATURATED, 0, 9)]) == []
    assert false_alarms([row(3, named=rejected_by_itself)]) == [(3, "beam1", "rejected")]


@pytest.mark.slow
def test_a_study_goes_on_with_what_it_has_flown(tmp_path):
    table = [CLEAN, Case("altimeter", "", "silent", "from 300 s")]
    first = fly_all("chang-e-6", table, 1, 1, tmp_path)
    again = fly_all("chang-e-6", table, 1, 1, tmp_path)
    assert json.dumps(first[table[1]]) == json.dumps(again[table[1]])
    assert ending(first[CLEAN][0], LIMITS, False) == "landed"
    held = read_part(tmp_path, table[1], 1)[0]
    named = newly_named(held, first[CLEAN][0], table[1].channels)
    assert named == [(1, pytest.approx(1.0, abs=0.2))]  # [health] silent_s
    twins = {0: first[CLEAN][0]}
    lines = [line_of(case, rows, twins, LIMITS) for case, rows in first.items()]
    assert "1 of 1" in page(load_mission("chang-e-6"), lines, [twins[0]])
