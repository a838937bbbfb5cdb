"""Hazard avoidance in libfarside: what cannot be is refused or does no harm."""

import ctypes
import math
from collections import Counter

import numpy as np
import pytest
from c_library import NEEDS_GCC
from sample_avoid import (
    BAD_CONFIG,
    BAD_HEIGHT,
    BAD_SCAN,
    BELOW_GROUND,
    CELLS,
    F64,
    LEAST_BAD,
    NO_RETURN,
    NOT_STARTED,
    OK,
    TOO_COARSE,
    Decision,
    Map,
    Memory,
    Now,
    Scan,
    returns_of,
)
from sample_scans import made_scan

from farside.adapters.avoidance_config import config_of, fnv1a

pytestmark = NEEDS_GCC


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


@pytest.mark.slow
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


@pytest.mark.slow
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
