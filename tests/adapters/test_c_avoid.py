"""Hazard avoidance in libfarside: the bits of the Python package, sound for any input."""

import ctypes
import dataclasses
import math
import re
import shutil
import sys
from collections import Counter

import numpy as np
import pytest
from c_library import built_library
from sample_avoid import (
    BAD_CONFIG,
    BAD_HEIGHT,
    BAD_SCAN,
    BELOW_GROUND,
    CELLS,
    F64,
    LEAST_BAD,
    MISSION,
    NO_RETURN,
    NOT_STARTED,
    OK,
    ROOT,
    STRICT,
    STRUCTS,
    TOO_COARSE,
    Avoidance,
    Decision,
    GivenPrice,
    Map,
    Memory,
    Now,
    Scan,
    by_python,
    compare,
    compiled_config,
    numbers,
    python_numbers,
    returns_of,
    run,
    with_hazards,
)
from sample_scans import made_scan

from farside.adapters.c.avoid import avoid_c, config_of, fnv1a
from farside.avoidance import HazardAvoidance, HoverEstimate
from farside.avoidance.decision import DecisionReason
from farside.avoidance.executive import ScanResult
from farside.cli.main import main
from farside.mission import load_mission
from farside.terrain import Reason

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None or not sys.platform.startswith("linux"),
    reason="libfarside is built by gcc for ELF: here is no gcc, or no Linux",
)


@pytest.fixture(scope="module")
def built():
    """Return the folder of the library."""
    return built_library()


@pytest.fixture(scope="module")
def library(built):
    lib = ctypes.CDLL(str(built / "libfarside.so"))
    lib.farside_avoid_workspace_size.restype = ctypes.c_size_t
    lib.farside_avoid_workspace_size.argtypes = [ctypes.c_void_p]
    lib.farside_avoid_check.argtypes = [ctypes.c_void_p]
    lib.farside_avoid_start.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    lib.farside_avoid_map_scan.argtypes = [ctypes.c_void_p] * 3
    lib.farside_avoid_decide.argtypes = [ctypes.c_void_p] * 6
    return lib


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
    } == {reason.name: reason.value for reason in Reason}


@pytest.fixture(scope="module")
def legs(built, library):
    mission = with_hazards(map_cells=CELLS)
    return mission, Avoidance(library, compiled_config(built, mission, "legs"))


@pytest.fixture(scope="module")
def disc(built, library):
    mission = with_hazards(map_cells=CELLS, stand="disc")
    return mission, Avoidance(library, compiled_config(built, mission, "disc"))


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


# ---- what cannot be ------------------------------------------------------------------------------


def test_what_is_wrong_with_a_scan_is_said(legs):
    mission, ours = legs
    made = made_scan(1, CELLS * 0.1, returns_of(mission))
    high = made.points.copy()
    high[np.nanargmin(np.hypot(*(high[:, :2] - made.sensor[:2]).T)), 2] = 2e6
    for changed, options, expected in (
        (made._replace(points=high), {}, BAD_HEIGHT),
        (made._replace(points=made.points + np.array([9e3, 0.0, 0.0])), {}, NO_RETURN),
        (made._replace(points=np.empty((0, 3))), {}, NO_RETURN),
        (made._replace(sigma_m=math.nan), {}, BAD_SCAN),
        (made._replace(sensor=(math.nan, 0.0, 0.0)), {}, BAD_SCAN),
        (made._replace(sensor=(0.0, math.inf, 0.0)), {}, BAD_SCAN),
        (made, {"spacing_m": math.nan}, BAD_SCAN),
        (made, {"spacing_m": 5.0}, TOO_COARSE),
        (made, {"cost": np.ones((CELLS, CELLS)), "scale": 0.0}, BAD_SCAN),
    ):
        status, out = ours.scan(changed, **options)
        assert (status, out.count) == (expected, 0)
    # two unseen cells behind one another: is it the shadow of ground as high as the sensor?
    pit = made.points[np.hypot(*(made.points[:, :2] - made.sensor[:2]).T) > 1.0]
    low = (*made.sensor[:2], float(np.nanmin(made.points[:, 2])) - 1.0)
    assert ours.scan(made._replace(points=pit, sensor=low))[0] == BELOW_GROUND
    null = Scan(None, 5, made.sensor, 0.0, 0.0, None, 0.0)
    out = Map()
    assert (
        ours.lib.farside_avoid_map_scan(
            ours.room.ctypes.data, ctypes.byref(null), ctypes.byref(out)
        )
        == BAD_SCAN
    )


def test_a_workspace_that_is_too_small_moved_or_never_started_is_refused(legs):
    _, ours = legs
    lib, out = ours.lib, Map()
    data = ours.room.ctypes.data
    for room, size in ((data, ours.size - 1), (data, 0), (None, ours.size), (data + 4, ours.size)):
        assert lib.farside_avoid_start(ours.config, room, size) == NOT_STARTED
    moved = ours.room.copy()
    for room in (moved.ctypes.data, np.zeros(64, np.uint64).ctypes.data, None):
        assert lib.farside_avoid_map_scan(room, None, ctypes.byref(out)) == NOT_STARTED
        assert out.count == 0
        assert (
            lib.farside_avoid_decide(room, None, None, None, None, ctypes.byref(Decision()))
            == NOT_STARTED
        )


def test_a_configuration_that_is_not_whole_is_refused(built, library, legs):
    """Every bit that changes, and every number out of its range under a fresh checksum."""
    _, ours = legs
    size = ctypes.c_ulong.in_dll(ours.loaded, "size_of_config").value
    config = bytearray(ctypes.string_at(ours.config, size))

    def check(changed):
        held = (ctypes.c_ubyte * size).from_buffer(changed)
        answer = library.farside_avoid_check(held)
        assert (library.farside_avoid_workspace_size(held) == 0) == (answer != OK)
        return answer

    assert check(bytearray(config)) == OK
    assert library.farside_avoid_check(None) == BAD_CONFIG
    rng = np.random.default_rng(2)
    for at, bit in zip(rng.integers(0, size - 16, 200), rng.integers(0, 8, 200), strict=True):
        changed = bytearray(config)
        changed[at] ^= 1 << bit
        assert check(changed) == BAD_CONFIG, f"bit {bit} of byte {at}"


def test_numbers_beyond_their_range_are_refused_or_do_no_harm(legs):
    """A configuration sealed anew with a hostile number: no crash, no write past the workspace."""
    mission, ours = legs
    made = made_scan(3, CELLS * 0.1, returns_of(mission))
    _, tables = config_of(mission)
    size = ctypes.c_ulong.in_dll(ours.loaded, "size_of_config").value
    whole, real = tables.whole.copy(), tables.real.copy()
    pointers = np.array([whole.ctypes.data, real.ctypes.data], np.uint64).tobytes()
    body = bytearray(ctypes.string_at(ours.config, size - 16)) + pointers
    rng = np.random.default_rng(4)
    refused = flown = 0
    for _ in range(150):
        changed, table = bytearray(body), whole.copy()
        if rng.uniform() < 0.5:
            at = 12 + 4 * int(rng.integers(0, 19))
            value = int(rng.choice([-(2**31), -1, 0, 1, 3, 7, 60, 2**20, 2**31 - 1]))
            changed[at : at + 4] = value.to_bytes(4, "little", signed=True)
        elif rng.uniform() < 0.5:
            at = 88 + 8 * int(rng.integers(0, 90))
            value = float(rng.choice([-1e300, -1.0, 0.0, 1e-9, 1.0, 1e9, 1e300, np.nan, np.inf]))
            changed[at : at + 8] = np.float64(value).tobytes()
        else:
            table[rng.integers(0, len(table))] = rng.choice([-(2**31), -300, -1, 1, 300, 2**31 - 1])
        changed[-16:-8] = np.uint64(table.ctypes.data).tobytes()
        h = fnv1a(bytes(changed[12:-16]) + table.tobytes() + real.tobytes())
        changed[8:12] = h.to_bytes(4, "little")
        held = (ctypes.c_ubyte * size).from_buffer(changed)
        needed = ours.lib.farside_avoid_workspace_size(held)
        if needed == 0:
            refused += 1
            continue
        flown += 1
        room = np.zeros(needed // 8 + 64, np.uint64)
        room[needed // 8 :] = 0x5A5A5A5A5A5A5A5A
        assert ours.lib.farside_avoid_start(held, room.ctypes.data, needed) == OK
        out = Map()
        scan = Scan(
            made.points.ctypes.data, len(made.points), made.sensor, made.sigma_m, -1.0, None, 0.0
        )
        status = ours.lib.farside_avoid_map_scan(
            room.ctypes.data, ctypes.byref(scan), ctypes.byref(out)
        )
        assert OK <= status <= BELOW_GROUND
        assert (room[needed // 8 :] == 0x5A5A5A5A5A5A5A5A).all()
    assert refused > 50 and flown > 20


def hostile_points(rng, made):
    """Return a scan with some of everything that cannot be."""
    points = made.points.copy()
    kinds = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, -1e308, 5e-324, 1e4, -9e3, 10_899.0]
    for _ in range(int(rng.integers(1, 5))):
        rows = rng.integers(0, len(points), int(rng.integers(1, 400)))
        cols = rng.integers(0, 3, len(rows))
        points[rows, cols] = rng.choice(kinds, len(rows))
    if rng.uniform() < 0.3:
        points[np.isfinite(points[:, 2]), 2] = rng.choice([0.0, -9.3e3, 10.9e3])
    if rng.uniform() < 0.3:
        points[rng.uniform(size=len(points)) < rng.uniform()] = np.nan
    sensor = list(made.sensor)
    if rng.uniform() < 0.5:
        sensor[int(rng.integers(0, 3))] = float(rng.choice([0.0, 1e6, -1e6, 1e3, 1e-300]))
    sigma_m = float(rng.choice([0.0, 1e-12, 0.02, 10.0]))
    return made._replace(points=points, sensor=tuple(sensor), sigma_m=sigma_m)


def test_hostile_scans_give_finite_sites_and_finite_aims(legs, disc):
    rng = np.random.default_rng(7)
    met = Counter()
    for n in range(60):
        mission, ours = (legs, disc)[n % 2]
        made = hostile_points(rng, made_scan(n, CELLS * 0.1, returns_of(mission)))
        spacing_m = float(rng.choice([-1.0, -1e300, 0.0, 1e-300, 0.1, 1.0]))
        status, out = ours.scan(made, spacing_m=spacing_m)
        met[status] += 1
        assert (out.count > 0) == (status <= LEAST_BAD)
        for site in list(out.sites)[: out.count]:
            assert np.isfinite([site.east_m, site.north_m, site.height_m, site.score]).all()
            assert -9300.0 <= site.height_m <= 10_900.0 and 0.0 <= site.score <= 1.0
            assert not site.probability < 0.0 and not site.probability > 1.0
        memory = Memory.from_buffer_copy(rng.bytes(ctypes.sizeof(Memory)))
        if n % 3:
            memory = Memory()
        else:
            memory.held = 0
        now = Now((F64 * 3)(*rng.choice([0.0, 1e300, math.nan, math.inf], 3)), 2000.0, 5.0)
        decision = ours.decide(memory, out, now)
        assert np.isfinite(list(decision.aim)).all() and np.isfinite(decision.divert_m)
        assert decision.action in (0, 1) and 0 <= decision.reason <= 7
    assert met[OK] and met[LEAST_BAD] and met[BAD_HEIGHT], met


# ---- the example ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example(built):
    """Return the example as a program."""
    assert main(["export", "mission", "chang-e-6", "--c", "--out", str(built / "mission.h")]) == 0
    run(
        "gcc", "-std=c99", "-O2", *STRICT, "-I", built, ROOT / "examples" / "c" / "avoid.c",
        "-L", built, "-lfarside", "-lm", f"-Wl,-rpath,{built}", "-o", built / "avoid",
    )  # fmt: skip
    return built / "avoid"


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_the_example_maps_and_lands_between_the_rocks(example, seed):
    said = run(example, seed)
    assert len(re.findall(r"^  site \d", said, re.M)) >= 1
    highest_m = float(re.search(r"highest rock under the lander: (\S+) m", said)[1])
    down_mps, across_mps = map(
        float, re.search(r"site: (\S+) m/s down, (\S+) m/s across", said).groups()
    )
    assert highest_m < 0.2 and down_mps < 3.1 and across_mps < 0.1
    assert said.endswith("landed\n")


def test_the_example_maps_returns_of_a_file(example, tmp_path):
    made = made_scan(1, 51.2, 211_600)
    path = tmp_path / "returns.txt"
    np.savetxt(path, made.points)
    said = run(example, path, *made.sensor)
    made = made._replace(points=np.loadtxt(path), sigma_m=0.01)
    sites, _ = by_python(dataclasses.replace(MISSION), made)[1:]
    east_m, north_m = map(float, re.search(r"site 1: +(\S+) m east, +(\S+) m north", said).groups())
    assert (east_m, north_m) == (round(sites[0].east_m, 2), round(sites[0].north_m, 2))
