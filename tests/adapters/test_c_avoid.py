"""Hazard avoidance in libfarside: the maps, sites and decisions of the Python package."""

import ctypes
import dataclasses
import math
import re
from collections import Counter

import numpy as np
import pytest
from c_library import NEEDS_GCC
from sample_avoid import (
    CELLS,
    F64,
    LEAST_BAD,
    MISSION,
    NO_RETURN,
    STRUCTS,
    Avoidance,
    GivenPrice,
    Memory,
    Now,
    by_python,
    compare,
    compiled_config,
    maps_of,
    numbers,
    python_numbers,
    returns_of,
    with_hazards,
)
from sample_scans import made_scan

from farside.adapters.c.avoid import avoid_c
from farside.avoidance import HazardAvoidance, HoverEstimate
from farside.avoidance.decision import DecisionReason
from farside.avoidance.executive import ScanResult
from farside.mission import load_mission
from farside.terrain import Reason

pytestmark = NEEDS_GCC


def test_python_and_c_agree_on_every_size(built, library):
    loaded = compiled_config(built, with_hazards(map_cells=CELLS), "sizes")
    for name, struct in STRUCTS.items():
        assert ctypes.c_ulong.in_dll(loaded, f"size_of_{name}").value == ctypes.sizeof(struct)
    head = (ctypes.c_uint32 * 2).in_dll(loaded, "mission_avoid")
    assert head[0] == ctypes.c_ulong.in_dll(loaded, "size_of_config").value
    assert head[1] == library.farside_avoid_version()


def test_reasons_are_those_of_the_package(built):
    text = (built / "farside.h").read_text()
    assert {
        name: int(value) for name, value in re.findall(r"FARSIDE_HAZARD_(\w+) = (\d+)", text)
    } == {reason.name: reason.value for reason in Reason if reason is not Reason.RAMP}
    # a library does not rank by a rover's way off, and its header says so


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(20, 200), marks=pytest.mark.slow)])
def test_the_bits_of_the_package_over_many_scans(legs, seeds):
    mission, ours = legs
    met = Counter()
    for seed in seeds:
        made = made_scan(seed, CELLS * 0.1, returns_of(mission))
        sites, seen = compare(ours, mission, made)
        met[sites[0].least_bad] += 1
        for reason in Reason:
            met[reason.name] += bool((np.asarray(seen.reasons) & reason).any())
    assert met[False] > 3 and met[True] > 1
    assert all(met[name] for name in ("SLOPE", "ROUGH", "UNSEEN", "EDGE", "SHADOW", "UNSURE")), met


def test_the_bits_of_the_disc_rule(disc):
    mission, ours = disc
    met = Counter()
    for seed in range(12):
        made = made_scan(seed, CELLS * 0.1, returns_of(mission))
        sites, seen = compare(ours, mission, made)
        met[sites[0].least_bad] += 1
        met["NEAR"] += bool((seen.reasons & Reason.NEAR).any())
    assert met[False] and met[True] and met["NEAR"]


def test_the_bits_with_a_cost_map_and_ground_out_of_reach(legs, disc):
    rng = np.random.default_rng(5)
    for mission, ours in (legs, disc):
        for seed in range(4):
            made = made_scan(seed, CELLS * 0.1, returns_of(mission))
            cost = (16.0 + rng.uniform(0.0, 3.0, (CELLS, CELLS))).astype(np.float32)
            compare(ours, mission, made, price=GivenPrice(cost, 40.0))
            cost[:, : CELLS // 2] = np.inf
            compare(ours, mission, made, price=GivenPrice(cost, 40.0))
            cost[:] = np.nan
            compare(ours, mission, made, price=GivenPrice(cost, 40.0))


def test_the_bits_of_returns_without_noise_and_of_posted_heights(legs):
    mission, ours = legs
    for seed in range(4):
        made = made_scan(seed, CELLS * 0.1, returns_of(mission), perfect=True)
        compare(ours, mission, made, spacing_m=0.0)
        compare(ours, mission, made, spacing_m=0.12)


@pytest.mark.parametrize(
    ("name", "changes"),
    [("apollo-11", {}), ("chang-e-4", {}), ("chang-e-6", {"navigation_error_m": 0.0})],
)
def test_the_bits_of_other_landers(built, library, name, changes):
    mission = load_mission(name)
    if mission.sensors.lidar is None:
        assert "No hazard avoidance: the mission carries no lidar" in avoid_c(mission)
        mission = dataclasses.replace(mission, sensors=MISSION.sensors)
    hazards = dataclasses.replace(mission.hazards, map_cells=CELLS + 33, **changes)
    mission = dataclasses.replace(mission, hazards=hazards)
    ours = Avoidance(library, compiled_config(built, mission, name))
    side_m = hazards.map_cells * hazards.cell_m
    for seed in range(4):
        compare(ours, mission, made_scan(seed, side_m, returns_of(mission)))


@pytest.mark.slow
def test_on_three_legs_and_on_six(built, library):
    for count in (3, 6):
        legs = dataclasses.replace(MISSION.vehicle.legs, count=count)
        mission = dataclasses.replace(
            with_hazards(map_cells=CELLS), vehicle=dataclasses.replace(MISSION.vehicle, legs=legs)
        )
        ours = Avoidance(library, compiled_config(built, mission, f"legs{count}"))
        for seed in range(3):
            compare(ours, mission, made_scan(seed, CELLS * 0.1, returns_of(mission)))


# ---- the decision --------------------------------------------------------------------------------


def now_of(made, *, mass_kg=2000.0, hovered_s=5.0):
    """Return the lander over the middle of a scan."""
    return Now((F64 * 3)(*made.sensor), mass_kg, hovered_s)


@pytest.mark.slow
def test_the_decision_is_that_of_the_package_over_a_series_of_scans(legs):
    """The best of all scans so far, its heading, and another scan only while there is time."""
    mission, ours = legs
    met = Counter()
    scans = [made_scan(seed, CELLS * 0.1, returns_of(mission)) for seed in range(40)]
    harsh = [made for made in scans if ours.scan(made)[0] == LEAST_BAD]
    for series in range(8):
        memory, package = Memory(), HazardAvoidance(mission)
        among = harsh if series % 2 else scans
        for number in range(4):
            made = among[(7 * series + 3 * number) % len(among)]
            now = now_of(made, hovered_s=30.0 * (number + 1))
            _, out = ours.scan(made)
            decision = ours.decide(memory, out, now)
            seen, sites, _ = by_python(mission, made)
            found = ScanResult(number, seen, tuple(sites), None, np.array(made.sensor))
            estimate = HoverEstimate(made.sensor, (0.0, 0.0, 0.0), now.mass_kg)
            expected = package.decide(estimate, found, hovered_s=now.hovered_s)
            met[expected.reason] += 1
            assert decision.reason == expected.reason
            assert decision.action == (expected.scan_from is not None)
            assert tuple(decision.aim) == expected.target_site
            assert decision.divert_m == pytest.approx(
                math.dist(tuple(decision.aim)[:2], made.sensor[:2]), rel=1e-12
            )
            if expected.site is None:
                assert math.isnan(decision.heading_rad)
                continue
            np.testing.assert_array_equal(
                np.frombuffer(numbers(decision.site)), python_numbers(expected.site)
            )
            heading_rad = math.nan if expected.heading_rad is None else expected.heading_rad
            np.testing.assert_array_equal(decision.heading_rad, heading_rad)
    assert met[DecisionReason.ACCEPTED] and met[DecisionReason.UNSAFE]
    assert met[DecisionReason.OUT_OF_TIME]


@pytest.mark.parametrize(
    ("off_m", "sigma_m", "lowers"), [(0.0, 0.3, 1), (-1.5, 4.0, 1), (37.0, 0.3, 0), (0.0, 0.0, 0)]
)
def test_a_map_above_the_ground_known_beneath_is_lowered_as_by_the_package(
    legs, off_m, sigma_m, lowers
):
    mission, ours = legs
    made = made_scan(3, CELLS * 0.1, returns_of(mission))
    ground = (float(np.nanmedian(made.points[:, 2])) + off_m, sigma_m)
    lifted = made.points + np.array([0.0, 0.0, 37.3])
    made = made._replace(points=lifted, sensor=(*made.sensor[:2], made.sensor[2] + 37.3))
    _, out = ours.scan(made, ground=ground)
    package = HazardAvoidance(mission)
    hover = HoverEstimate(made.sensor, (0.0, 0.0, 0.0), 2000.0, *ground)
    found = package.assess(hover, made.points, sigma_m=made.sigma_m)
    heights = found.hazards.elevation.heights
    assert out.lowered_m == found.lowered_m
    assert out.lowered_m == pytest.approx(lowers * (37.3 - off_m), abs=2.0)
    np.testing.assert_array_equal(maps_of(out)["heights"], heights)
    assert out.level_m == float(np.nanmedian(heights))
    assert out.ground_m == (ground[0] if sigma_m > 0.0 else 0.0)
    nothing = made._replace(points=np.full_like(made.points, np.nan))
    _, out = ours.scan(nothing, ground=ground)
    decision = ours.decide(Memory(), out, now_of(made))
    assert tuple(decision.aim) == package.decide(hover, None).target_site


def test_reasons_of_decisions_are_those_of_the_package(built):
    text = (built / "farside.h").read_text()
    values = dict(re.findall(r"FARSIDE_AVOID_(\w+) = (\d+)", text))
    assert all(int(values[reason.name]) == reason for reason in DecisionReason)


def test_no_other_scan_without_propellant_and_blind_without_a_map(legs):
    mission, ours = legs
    harsh = next(
        made
        for made in (made_scan(s, CELLS * 0.1, returns_of(mission)) for s in range(20))
        if ours.scan(made)[0] == LEAST_BAD
    )
    _, out = ours.scan(harsh)
    dry_kg = mission.vehicle.dry_mass_kg
    assert ours.decide(Memory(), out, now_of(harsh, mass_kg=dry_kg + 400.0)).action == 1
    assert ours.decide(Memory(), out, now_of(harsh, mass_kg=dry_kg + 20.0)).reason == 6
    nothing = harsh._replace(points=np.full_like(harsh.points, np.nan))
    status, out = ours.scan(nothing)
    assert status == NO_RETURN and out.count == 0
    decision = ours.decide(Memory(), out, now_of(harsh))
    assert decision.action == 0 and decision.reason == DecisionReason.NO_MAP
    assert tuple(decision.aim) == (harsh.sensor[0], harsh.sensor[1], 0.0)


def test_a_map_of_another_configuration_or_from_nowhere_is_none(legs):
    """Other rows or columns, no slopes, a sensor that is nowhere: the lander comes down here."""
    mission, ours = legs
    made = made_scan(1, CELLS * 0.1, returns_of(mission))
    for change in ("rows", "cols", "slope_deg", "roughness_m", "sensor"):
        _, out = ours.scan(made)
        assert ours.decide(Memory(), out, now_of(made)).reason != DecisionReason.NO_MAP
        if change == "sensor":
            ours.given.sensor[0] = np.nan
        else:
            setattr(out, change, 2**30 if change in ("rows", "cols") else None)
        decision = ours.decide(Memory(), out, now_of(made))
        assert decision.reason == DecisionReason.NO_MAP and decision.action == 0
        assert tuple(decision.aim) == (made.sensor[0], made.sensor[1], 0.0)
    _, out = ours.scan(made)
    memory = Memory()
    memory.scans = 2**31 - 1
    assert math.isfinite(ours.decide(memory, out, now_of(made)).divert_m)
    assert memory.scans == 32
