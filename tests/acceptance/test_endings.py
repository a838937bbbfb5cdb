"""Every flight ends, wherever it comes down, and says how."""

import time

import numpy as np
import pytest
from flown import changed

from farside.ext.loop._flight import Event
from farside.flight import land, wiring
from farside.flight.imaging import Scanner
from farside.flight.inputs import Inputs, input_specs
from farside.flight.wiring import wire
from farside.ground import Ground
from farside.mission import load_mission

MISSION = load_mission("chang-e-6")


@pytest.fixture(scope="module")
def ground():
    return Ground(MISSION, seed=1)


@pytest.fixture(scope="module")
def planned():
    return wire(MISSION, seed=1, nominal=True, dems=(), imaging=False).start


def axes_at(arc_deg, azimuth_deg):
    """Return the vertical and the way onward, site axes, at an arc from the site."""
    arc, azimuth = np.radians([arc_deg, azimuth_deg])
    level = np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    return np.sin(arc) * level + np.cos(arc) * up, np.cos(arc) * level - np.sin(arc) * up


def begun(ground, planned, arc_deg, azimuth_deg, clearance_m, level_mps=0.0, climb_mps=0.0):
    """Return the inputs of a flight that begins somewhere else than planned."""
    up, onward = axes_at(arc_deg, azimuth_deg)
    level = float(ground.height(*ground.arcs_below(ground.radius_m * up - [0, 0, ground.radius_m])))
    r = (ground.radius_m + level + clearance_m) * up - [0.0, 0.0, ground.radius_m]
    v = level_mps * onward + climb_mps * up
    specs = input_specs(MISSION)
    values = dict.fromkeys((spec.name for spec in specs), 0.0)
    for i, axis in enumerate(("east", "north", "up")):
        values[f"position_{axis}_m"] = r[i] - planned.r_site[i]
        values[f"velocity_{axis}_mps"] = v[i] - planned.v_site[i]
    return Inputs(specs, np.array(list(values.values())))


# ---- the place beneath -------------------------------------------------------------------------


@pytest.mark.parametrize("arc_deg", [0.0, 0.3, 5.0, 21.3, 45.0, 70.0, 85.0, 89.0])
def test_the_ground_at_x_and_y_is_found_anywhere_on_the_near_half(ground, arc_deg):
    for azimuth_deg in (0.0, 77.0, 180.0, 305.0):
        up, _ = axes_at(arc_deg, azimuth_deg)
        x, y = 1_725_000.0 * up[:2]
        u, v = ground.arcs_of(x, y)
        # the heights that the iteration saw: those of the grids in memory
        level = np.empty(1)
        ground_heights(ground, u, v, level)
        point = ground.arcs.site(u, v, level[0], ground.radius_m)
        # 1e-6 m of height, leaning by the arc; and what halving leaves near the limb
        assert point[:2] == pytest.approx([x, y], abs=1e-4)


def ground_heights(ground, u, v, out):
    from farside.ext.ground import _ground

    _ground.heights_uv(ground.model, np.array([float(u)]), np.array([float(v)]), out)


def test_no_ground_is_told_where_a_column_passes_the_moon(ground):
    # the last one 2 km above the limb, where the grids' coordinates have their pole
    u, v = ground.arcs_of([0.0, 1.76e6, 0.0], [0.0, 1.0e5, 1_736_735.4])
    assert np.isfinite([u[0], v[0]]).all() and np.isnan([u[1:], v[1:]]).all()


@pytest.mark.parametrize("arc_deg", [3.0, 91.0, 140.0, 179.0])
def test_the_ground_beneath_a_point_is_found_all_about_the_moon(ground, arc_deg):
    up, _ = axes_at(arc_deg, 250.0)
    r = (ground.radius_m + 400.0) * up - [0.0, 0.0, ground.radius_m]
    back = ground.arcs.site(*ground.arcs_below(r), 400.0, ground.radius_m)
    # arcs of 5e6 m in double precision
    assert back == pytest.approx(r, abs=1e-6)


# ---- endings -----------------------------------------------------------------------------------


def test_a_ridge_met_nine_seconds_after_initiation_is_a_crash():
    spread = type(MISSION.dispersions.position_m)
    wide = changed(
        MISSION,
        "dispersions",
        position_m=spread(three_sigma=10_000.0),
        velocity_mps=spread(three_sigma=10.0),
    )
    # 15 km above the site, as it was flown then; above the mean sphere it clears the ridge
    low = changed(wide, "orbit", pdi_altitude_m=15_000.0 - 5249.7, apolune_altitude_m=None)
    landed = land(low, seed=8004)
    assert landed.outcome == "crashed"
    # it went on for ever at this tick, 21 deg of arc from the site
    assert 9.0 < landed.duration_s < 9.3
    assert landed.touchdown.miss_m > 600e3
    # over the ground; the chosen site's miss is measured in the plane of the site
    assert landed.touchdown.absolute_miss_m == pytest.approx(
        landed.radius_m * np.arcsin(landed.touchdown.miss_m / landed.radius_m), rel=0.01
    )
    assert landed.touchdown.horizontal_speed_mps > 1600.0


@pytest.mark.parametrize(
    ("arc_deg", "azimuth_deg", "clearance_m", "level_mps", "climb_mps"),
    [
        (21.3, 0.0, 59.999, 0.0, 0.0),
        (60.0, 225.0, 60.001, 0.0, -3.0),
        (88.0, 90.0, 30.0, 0.0, 0.0),
        (92.0, 0.0, 59.999, 0.0, 0.0),
        (135.0, 225.0, 59.999, 0.0, 0.0),
        (180.0, 90.0, 60.001, 0.0, 0.0),
        (21.3, 90.0, -10.0, 100.0, -5.0),
        (5.0, 0.0, -3000.0, 1700.0, 0.0),
        (0.01, 225.0, -10.0, 100.0, -20.0),
        (180.0, 0.0, -10.0, 100.0, -5.0),
    ],
)
def test_a_low_start_anywhere_ends_on_the_ground(
    ground, planned, arc_deg, azimuth_deg, clearance_m, level_mps, climb_mps
):
    inputs = begun(ground, planned, arc_deg, azimuth_deg, clearance_m, level_mps, climb_mps)
    began = time.process_time()
    landed = land(MISSION, seed=1, inputs=inputs, imaging=False)
    assert landed.outcome == "crashed" and not landed.safe
    assert np.isfinite(landed.duration_s)
    # 0.3 s here; it never came back
    assert time.process_time() - began < 20.0
    assert np.isfinite(landed.scene.heights_m).all()


def test_ground_that_is_asked_for_again_without_a_tick_ends_the_flight(monkeypatch):
    asked = []
    monkeypatch.setattr(wiring.Flight, "rasterise_below", lambda self, half_m: asked.append(half_m))
    landed = land(MISSION, seed=1, imaging=False)
    assert len(asked) == 1
    assert landed.outcome == "unfinished" and not landed.safe
    assert landed.to_dict()["duration_s"] is None


def test_a_scan_that_flies_no_tick_ends_the_flight(monkeypatch):
    looked = []
    monkeypatch.setattr("farside.flight.imaging.Scanner.scan", lambda self: looked.append(1))
    landed = land(MISSION, seed=1)
    assert looked == [1, 1] and landed.outcome == "unfinished"


@pytest.mark.slow
def test_a_lander_that_never_comes_down_is_cut_off(monkeypatch, ground, planned):
    """Thrown up at twice the speed of escape: nothing brings it down in any time."""
    import sys

    monkeypatch.setattr(sys.modules["farside.flight.land"], "TICKS_MAX", 6000)
    inputs = begun(ground, planned, 0.0, 0.0, 50e3, 0.0, 4800.0)
    landed = land(MISSION, seed=1, inputs=inputs, imaging=False)
    assert landed.outcome == "unfinished"
    assert 6000 <= len(landed.telemetry) <= 8000
    facts = landed.to_dict()
    assert facts["duration_s"] is None and facts["touchdown"]["vertical_speed_mps"] is None


@pytest.mark.parametrize("ticks", [0, 1])
def test_a_flight_that_ends_as_it_scans(ticks):
    """No row, or a single one, of which no frame can be made."""
    flight = wire(MISSION, seed=1, nominal=False, dems=(), imaging=True)
    while (event := flight.turn(20_000)) == Event.EVENT_NONE:
        pass
    assert event == Event.EVENT_SCAN
    scanner = Scanner(flight)
    flight.advance = lambda _ticks: flight.turn(ticks)
    scanner.scan()
    assert scanner.scans == 1 and scanner.imaging is None
