"""Why a flight failed: each cause on a real flight that was made to fail by its mission's text."""

import dataclasses
import json
import math
import re
from functools import cache

import numpy as np
import pytest
from flown import landing
from sample_landing import cut_short, sample_landing, with_holes

from farside.campaign import read_campaign
from farside.campaign.worst import worst_runs
from farside.cli.main import main
from farside.cli.tables import console, print_landing
from farside.flight import land
from farside.flight.causes import find_causes
from farside.mission import load_mission, mission_text, parse_mission
from farside.report.page import render_page

#: Changes of the text of chang-e-6, and how it is flown.
FLIGHTS = {
    "little propellant": ({r"^usable_propellant_kg = .*": "usable_propellant_kg = 1750.0"}, {}),
    "weak engine": (
        {
            r"^thrust_percent = .*": "thrust_percent = "
            '{ distribution = "uniform", half_width = 0.001, offset = -14.0 }'
        },
        {},
    ),
    "tilt limit": ({r"^tilt_limit_deg = 45.0.*": "tilt_limit_deg = 2.0"}, {}),
    "fast descent": (
        {r"^vertical_speed_mps = -1.5\nexit": "vertical_speed_mps = -9.0\nexit"},
        {},
    ),
    "strict limit": ({r"^vertical_speed_mps = 3.8.*": "vertical_speed_mps = 2.0"}, {}),
    "slopes": (
        {
            r"^span_m = 4.8.*": "span_m = 1.6",
            r"^slope_5m_deg = .*": "slope_5m_deg = 14.0",
            r"^vertical_speed_mps = -1.5\nexit": "vertical_speed_mps = -3.0\nexit",
        },
        {"imaging": False, "seed": 3},
    ),
    "boulders": (
        {
            r"^rock_abundance = .*": "rock_abundance = 0.2",
            r"^slope_5m_deg = .*": "slope_5m_deg = 14",
        },
        {},
    ),
    # Altimeter and touchdown sensor off by the same: they outvote the estimate, wrongly.
    "both heights": ({}, {"faults": ["altimeter bias 300 from 0 s", "height bias 300 from 0 s"]}),
    "dry above an altitude": (
        {
            r"^usable_propellant_kg = .*": "usable_propellant_kg = 1750.0",
            r'(?s)(name = "approach".*?)exit = "time_to_go"\nexit_s = 1.0[^\n]*': (
                r'\1exit = "altitude"\nexit_m = 110.0'
            ),
        },
        {},
    ),
    "dry in a wait": (
        {
            r"^limit_s = 150.0.*\n": "",
            r'^exit = "site".*': 'exit = "elapsed"\nexit_s = 900.0',
            r"^scan = true.*\n": "",
            r"(?s)^\[sensors.lidar\].*?(?=^\[)": "",
        },
        {"imaging": False},
    ),
}


@cache
def flown(name):
    """Fly chang-e-6 with its text changed."""
    changes, how = FLIGHTS[name]
    text = mission_text("chang-e-6")
    for old, new in changes.items():
        text, count = re.subn(old, new, text, flags=re.MULTILINE)
        assert count, old
    # no abort of its own: what is to be told here is a descent that failed
    mission = parse_mission(text).replace("abort.decides", False)
    return land(mission, **({"seed": 1} | how))


def causes(name):
    """Return the causes of a flight by kind, in their order."""
    found = {}
    for cause in flown(name).causes:
        found.setdefault(cause.kind, cause)
    return found


@pytest.mark.slow
def test_a_safe_landing_has_no_cause():
    assert landing(seed=0).safe and landing(seed=0).causes == ()
    assert landing(seed=0).to_dict()["causes"] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", list(FLIGHTS))
def test_every_failure_has_a_cause_in_plain_text(name):
    landed = flown(name)
    assert not landed.safe and landed.causes
    assert landed.causes == find_causes(landed)
    for cause in landed.causes:
        assert cause.text.isprintable() and "nan" not in cause.text and len(cause.text) < 330
    facts = json.loads(json.dumps(landed.to_dict(), allow_nan=False))["causes"]
    assert [fact["text"] for fact in facts] == [cause.text for cause in landed.causes]


def test_dry_tanks_say_when_where_and_what_spent_them():
    landed, first = flown("little propellant"), flown("little propellant").causes[0]
    assert landed.outcome == first.kind == "out_of_propellant" and first.phase == "approach"
    rows = landed.telemetry
    row = rows[round(first.time_s * 100)]
    assert rows["mass_kg"][0] - row["mass_kg"] == pytest.approx(1750.0, abs=0.03)
    assert row["thrust_n"] > 1000.0  # the engine still ran
    spent = [float(kg) for kg in re.findall(r" (\d+) kg in", first.text)]
    assert len(spent) == 3 and sum(spent) == pytest.approx(1750.0, abs=1.6)  # each rounded


@pytest.mark.slow
def test_a_phase_that_was_never_left_says_how_near_its_exit_came():
    cause = causes("little propellant")["never_left"]
    assert cause.phase == "approach" and "asks for time-to-go 1 s" in cause.text
    rows = flown("little propellant").telemetry
    dry = round(causes("little propellant")["out_of_propellant"].time_s * 100)
    to_go = rows["time_to_go_s"][: dry + 1][rows["phase"][: dry + 1] == 2]
    assert cause.value == to_go[to_go > 0.0].min() and cause.limit == 1.0
    # another exit: an approach that asks for an altitude
    cause = causes("dry above an altitude")["never_left"]
    assert cause.phase == "approach" and "an altitude of 110 m" in cause.text
    assert 110.0 < cause.value < 2500.0
    # a wait that outlasts the tanks
    landed, cause = flown("dry in a wait"), causes("dry in a wait")["never_left"]
    assert cause.phase == "hover" and "asks for 900 s to elapse" in cause.text
    began = next(each.start_s for each in landed.phases if each.name == "hover")
    lasted = causes("dry in a wait")["out_of_propellant"].time_s - began
    # it goes on without an engine until the ground
    assert 900.0 - landed.duration_s + began - 0.1 < cause.value < 900.0 - lasted + 0.1
    # a hover without a site ends while the way down is covered: what is never left comes behind it
    cause = causes("tilt limit")["never_left"]
    assert cause.phase == "avoid" and "asks for time-to-go 1 s" in cause.text


def test_a_motor_that_is_dropped_is_not_propellant_that_ran_out():
    """Surveyor 1 on ground too rough: every row of its table was left, the motor's too."""
    landed = land("surveyor-1", seed=1)
    assert not landed.safe and landed.propellant_left_kg > 0.0
    assert {"never_left", "out_of_propellant"}.isdisjoint(each.kind for each in landed.causes)


@pytest.mark.slow
def test_a_limit_says_its_key_its_phase_and_for_how_long():
    cause = causes("tilt limit")["limited"]
    assert re.fullmatch(r"approach was LIMITED by tilt_limit_deg 2 for \d+ s of \d+ s", cause.text)
    rows = flown("tilt limit").telemetry
    dry = round(causes("tilt limit")["out_of_propellant"].time_s * 100)
    held = (rows["phase"][: dry + 1] == 2) & (rows["status"][: dry + 1] == 1)
    assert cause.value == pytest.approx(np.count_nonzero(held) * 0.01, abs=1.0)
    # least thrust: a descent at 9 m/s cannot throttle low enough to fall
    texts = [each.text for each in flown("fast descent").causes]
    assert any(t.startswith("descend was LIMITED by thrust_min_n 1500 for") for t in texts)


def test_a_weak_engine_overshoots_its_gate_at_full_thrust():
    found = causes("weak engine")
    # braking moves its target along the track; with 11 % less it still lands
    assert found["thrust"].value == pytest.approx(86.0, abs=0.1)
    missed = found["gate_missed"]
    assert missed.phase == "braking" and "m beyond the site" in missed.text
    assert missed.value < -10_000.0 and missed.limit == 1900.0
    assert "braking was at full thrust (thrust_max_n 7500)" in found["limited"].text


@pytest.mark.slow
def test_a_broken_limit_says_by_how_much():
    for name, limit in (("strict limit", 2.0), ("fast descent", 3.8)):
        landed, cause = flown(name), causes(name)["vertical_speed"]
        assert cause.value == -landed.touchdown.vertical_speed_mps > cause.limit == limit
        assert f"{cause.value - limit:.2f} too much" in cause.text


@pytest.mark.filterwarnings("ignore::farside.flight.checks.MissionWarning")
@pytest.mark.parametrize(
    "changes",
    [{"guidance.rate_limit_dps": 0.05}, {"orbit.pdi_altitude_m": 10.0}],
    ids=["slow to turn", "begun in the ground"],
)
def test_a_crash_has_no_tilt_at_rest(changes):
    mission = load_mission("chang-e-6").replace(changes).replace("abort.decides", False)
    landed = land(mission, seed=1, imaging=False)
    assert landed.outcome == "crashed" and landed.touchdown.rest_tilt_deg > 70.0
    kinds = [cause.kind for cause in landed.causes]
    assert kinds[0] == "crashed" and "tilt" in kinds and "rest_tilt" not in kinds
    json.dumps(landed.to_dict(), allow_nan=False)


def test_a_fall_over_names_the_leg_below():
    landed, first = flown("slopes"), flown("slopes").causes[0]
    assert landed.outcome == first.kind == "tipped"
    leg, count, angle, azimuth = (
        float(x)
        for x in re.search(
            r"leg (\d) of (\d), (\d+) deg from body x, towards azimuth (\d+) deg", first.text
        ).groups()
    )
    # body x's azimuth had it not tilted: legs are counted on from there to the left. It touches at
    # the mission's heading, 90 deg, and turns as it falls over uneven ground.
    assert landed.touchdown.heading_deg == pytest.approx(90.0, abs=0.5)
    at = np.searchsorted(landed.telemetry["tick"], round(first.time_s * 100.0))
    w, _, _, z = landed.telemetry["q_site_body"][at]
    heading = 90.0 - math.degrees(2.0 * math.atan2(z, w))
    assert (heading - angle - azimuth + 45.0) % 360.0 < 90.0
    assert angle == (leg - 0.5) * 360.0 / count
    # the pad of that leg is the lowest at the end
    w, x, y, z = landed.telemetry["q_site_body"][-1]
    turned = math.radians(1.0) * 90.0
    pads = [turned * (k + 0.5) for k in range(int(count))]
    low = [2 * (x * z - w * y) * math.cos(a) + 2 * (y * z + w * x) * math.sin(a) for a in pads]
    assert int(np.argmin(low)) == int(leg) - 1
    told = float(re.search(r"slope of ([\d.]+) deg", first.text)[1])
    assert told == pytest.approx(landed.touchdown.ground_slope_deg, abs=0.1)


@pytest.mark.slow
def test_unsafe_ground_says_which_rule_and_how_it_was_chosen():
    cause = causes("boulders")["ground_roughness"]
    assert cause.value > cause.limit == 0.2
    assert re.search(
        r"nothing on the last of [45] maps was safe by the rule of the legs", cause.text
    )
    assert "no scan was made" in causes("slopes")["ground_slope"].text


def test_a_lost_estimate_says_by_how_much():
    assert abs(causes("both heights")["lost_altitude"].value) > 100.0
    landed, cause = flown("both heights"), causes("both heights")["lost_height"]
    row = landed.telemetry[round(cause.time_s * 100)]
    assert cause.value == pytest.approx(abs(row["est_height_m"] - row["height_m"]), abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["crashed", "out_of_propellant", "tipped", "unfinished"])
@pytest.mark.parametrize("rows", [1, 2, 500, 80_000])
def test_any_telemetry_has_its_causes(outcome, rows):
    assert find_causes(cut_short(outcome, rows))


@pytest.mark.slow
def test_telemetry_with_holes_has_its_causes():
    broken = dataclasses.replace(with_holes(sample_landing()), outcome="crashed", safe=False)
    assert find_causes(broken)


def test_terminal_and_page_say_why(capsys):
    landed = flown("little propellant")
    print_landing(console(), landed, "here", ["landing.json"])
    out = capsys.readouterr().out.replace("\n", "")
    page = render_page(landed, {}, "farside land")
    for cause in landed.causes:
        assert cause.text.replace(" ", "") in out.replace(" ", "")
    assert page.count("<li>") == len(landed.causes)
    assert "approach was never left" in page


@pytest.mark.slow
def test_a_campaign_names_its_worst_runs_and_what_replays_them(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = mission_text("chang-e-6").replace(
        "usable_propellant_kg = 2060.0", "usable_propellant_kg = 1842.0"
    )
    (tmp_path / "short.toml").write_text(text)
    command = ["campaign", "short.toml", "--runs", "6", "--workers", "1", "--no-imaging"]
    assert main([*command, "--out", "here"]) == 0
    out = capsys.readouterr().out
    flown = read_campaign("here")
    worst = worst_runs(flown)
    assert len(worst) == 5 and [each.safe for each in worst] == sorted(each.safe for each in worst)
    unsafe = set(flown.table.filter(flown.table["safe"].to_numpy() == False)["run"].to_pylist())  # noqa: E712
    assert unsafe and {each.run for each in worst if not each.safe} <= unsafe
    for each in worst:
        assert f"farside replay here --run {each.run}" in out
        assert each.cause in out
    causes = dict(
        zip(flown.table["run"].to_pylist(), flown.table["cause"].to_pylist(), strict=True)
    )
    assert all(bool(causes[run]) == (run in unsafe) for run in causes)
