"""A landing made up by hand: what a flight of Chang'e 6 looks like, without flying it.

The path goes through the gates of the phase table on smooth polynomials; attitude, thrust and mass
are of the right size but obey no dynamics. Reports and the command line are tested on it.
"""

from __future__ import annotations

import dataclasses
import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.flight.inputs import nominal_inputs
from farside.flight.landing import (
    Imaging,
    Landing,
    PhaseStart,
    Scene,
    Site,
    Timing,
    Touchdown,
)
from farside.flight.telemetry import ROW
from farside.mission import Mission, load_mission
from farside.navigation import Trust
from farside.terrain import ElevationMap, HazardLimits, HazardMap, LandingSite, Reason

Array = NDArray[np.float64]

TICK_S = 0.01
MOON_RADIUS_M = 1737400.0
CELLS, CELL_M = 512, 0.1

# name, seconds; at its end altitude, vertical speed, downrange, horizontal speed, thrust, tilt
GATES = (
    ("braking", 700.0, 2500.0, -30.0, -1900.0, 35.0, 7300.0, 50.0),
    ("adjust", 6.0, 2320.0, -31.0, -1690.0, 34.0, 3000.0, 20.0),
    ("approach", 118.0, 100.0, 0.0, -12.0, 0.0, 2900.0, 2.0),
    ("hover", 9.0, 100.0, 0.0, -12.0, 0.0, 2850.0, 0.5),
    ("avoid", 22.0, 30.0, -1.5, 0.0, 0.0, 2800.0, 0.8),
    ("descend", 18.7, 2.0, -1.5, 0.0, 0.0, 2750.0, 0.4),
    ("fall", 0.83, 0.02, -2.83, 0.03, 0.05, 0.0, 0.6),
    ("settle", 3.0, -0.09, 0.0, 0.1, 0.0, 0.0, 2.1),
)


def sample_landing(*, imaging: bool = True, seed: int = 0) -> Landing:
    """Return a landing that went well, 88 000 rows long."""
    whole = _whole()
    return dataclasses.replace(whole, seed=seed, imaging=whole.imaging if imaging else None)


def cut_short(outcome: str, rows: int) -> Landing:
    """Return a flight that ended after so many rows, before it touched anything."""
    whole = _whole()
    telemetry = whole.telemetry[:rows].copy()
    touchdown = Touchdown(**{f.name: math.nan for f in dataclasses.fields(Touchdown)})
    last_s = float(telemetry["tick"][-1]) * TICK_S if rows else -1.0
    return dataclasses.replace(
        whole,
        outcome=outcome,
        safe=False,
        duration_s=math.nan,
        touchdown=touchdown,
        phases=tuple(phase for phase in whole.phases if phase.start_s <= last_s),
        telemetry=telemetry,
        imaging=None,
    )


def with_holes(landing: Landing) -> Landing:
    """Return the same landing with holes in what was recorded."""
    telemetry = landing.telemetry.copy()
    for name in ("est_r_site", "height_m", "est_height_m", "thrust_n"):
        telemetry[name][::7] = math.nan
    telemetry["est_v_site"] = math.nan
    heights = landing.scene.heights_m.copy()
    heights[:40] = math.nan
    scene = dataclasses.replace(landing.scene, heights_m=heights)
    return dataclasses.replace(landing, telemetry=telemetry, look_about=lambda: scene)


def _touchdown() -> Touchdown:
    """Return the first contact and the place of rest."""
    return Touchdown(
        latitude_deg=-41.63841,
        longitude_deg=206.01462,
        elevation_m=-5255.8,
        vertical_speed_mps=-2.83,
        horizontal_speed_mps=0.05,
        tilt_deg=0.6,
        rate_dps=0.12,
        heading_deg=112.4,
        rest_tilt_deg=2.1,
        ground_slope_deg=1.7,
        ground_roughness_m=0.06,
        miss_m=0.21,
        absolute_miss_m=12.5,
    )


@cache
def _whole() -> Landing:
    """Put the landing together."""
    plan = load_mission("chang-e-6")
    radius_m = MOON_RADIUS_M + plan.site.elevation_m
    heights = _ground()
    telemetry = _telemetry(plan, radius_m)
    telemetry["r_site"][:, 2] += _height_at(heights, *telemetry["r_site"][-1, :2])
    imaging = _imaging(plan, telemetry, heights)
    return Landing(
        farside="0.1.0",
        mission=plan.name,
        seed=0,
        run=0,
        inputs=nominal_inputs(plan),
        nominal=False,
        outcome="landed",
        safe=True,
        duration_s=874.5,
        propellant_kg=float(telemetry["mass_kg"][0] - telemetry["mass_kg"][-1]),
        landed_mass_kg=float(telemetry["mass_kg"][-1]),
        touchdown=_touchdown(),
        site=Site(
            divert_m=13.4,
            clearance_m=imaging.chosen.clearance_m,
            candidates=len(imaging.sites),
            truth_safe_share=0.55,
            truth_has_safe_point=True,
            map_safe_cells=90210,
            least_bad=False,
            scans=1,
            stand="legs",
            probability=0.99991,
            bound=0.41,
            heading_deg=112.5,
            ranked_by="kilograms",
            least_propellant_kg=16.4,
            least_time_s=14.8,
            above_cheapest_kg=0.12,
            flown_propellant_kg=42.3,
        ),
        phases=_phases(telemetry, radius_m),
        timing=Timing({"count": 8800, "p50": 0.6, "p99": 0.9, "p99_9": 2.1, "max": 40.5}, 31.0, 0),
        telemetry=telemetry,
        plan=plan,
        radius_m=radius_m,
        look_about=lambda: Scene(heights, CELL_M, 0.0, 0.0),
        imaging=imaging,
    )


def _ground() -> NDArray[np.float32]:
    """Make fractal ground with craters and rocks, rows northwards."""
    draw = np.random.default_rng(6)
    frequency = np.hypot(np.fft.fftfreq(CELLS)[:, None], np.fft.rfftfreq(CELLS)[None, :])
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(draw.normal(size=(CELLS, CELLS))) * frequency**-1.9
    heights = np.fft.irfft2(spectrum, (CELLS, CELLS))
    heights *= 0.25 / heights.std()
    side = (np.arange(CELLS) - CELLS / 2) * CELL_M
    for _ in range(60):
        diameter = 2.0 * draw.uniform(0.02, 1.0) ** -0.5
        east, north = draw.uniform(-26, 26, 2)
        away = np.hypot(side[None, :] - east, side[:, None] - north) / (diameter / 2)
        heights -= 0.06 * diameter * np.exp(-(away**2))
    for _ in range(120):
        size = 0.15 * draw.uniform(0.03, 1.0) ** -0.5
        east, north = draw.uniform(-26, 26, 2)
        away = np.hypot(side[None, :] - east, side[:, None] - north) / (size / 2)
        heights += 0.5 * size * np.clip(1.0 - away**2, 0.0, None) ** 0.5
    level: NDArray[np.float32] = (heights - heights[CELLS // 2, CELLS // 2]).astype(np.float32)
    return level


def _height_at(heights: NDArray[np.float32], east_m: float, north_m: float) -> float:
    """Look a height up on the made-up ground."""
    row, column = (int(CELLS / 2 + x / CELL_M) for x in (north_m, east_m))
    return float(heights[row, column])


def _telemetry(plan: Mission, radius_m: float) -> NDArray[np.void]:
    """Fly through the gates."""
    draw = np.random.default_rng(7)
    parts: list[tuple[Array, ...]] = []
    start: tuple[float, ...] = (15000.0, 0.0, -420e3, 1693.0, 7300.0, 88.0)
    for row, (_, seconds, *end) in enumerate(GATES):
        n = round(seconds / TICK_S)
        u = (np.arange(n) + 0.5) / n
        altitude, climb = _hermite(u, seconds, start[0], start[1], end[0], end[1])
        downrange, speed = _hermite(u, seconds, start[2], start[3], end[2], end[3])
        thrust = start[4] + (end[4] - start[4]) * np.clip(3 * u, 0, 1)
        tilt = start[5] + (end[5] - start[5]) * np.clip(1.2 * u, 0, 1)
        parts.append((altitude, climb, downrange, speed, thrust, tilt, np.full(n, float(row))))
        start = tuple(end)
    altitude, climb, downrange, speed, thrust, tilt, phase = (
        np.concatenate(series) for series in zip(*parts, strict=True)
    )
    n = len(altitude)
    t = np.arange(n) * TICK_S
    rows = np.zeros(n, ROW)
    rows["tick"] = np.arange(n)
    rows["phase"] = phase
    rows["cmd_thrust_n"] = np.where(phase < 6, thrust, 0.0)
    rows["thrust_n"] = np.clip(rows["cmd_thrust_n"] * 1.004 + draw.normal(0, 5, n), 0, None)
    used = np.cumsum(rows["thrust_n"])
    rows["mass_kg"] = 3725.0 - 1890.0 * used / used[-1]
    rows["est_mass_kg"] = rows["mass_kg"] + 5.0

    heading = math.radians(plan.orbit.arrival_azimuth_deg)
    along, up = np.array([math.sin(heading), math.cos(heading), 0.0]), np.array([0.0, 0.0, 1.0])
    angle = downrange / radius_m
    radial = np.cos(angle)[:, None] * up + np.sin(angle)[:, None] * along
    onward = np.cos(angle)[:, None] * along - np.sin(angle)[:, None] * up
    rows["r_site"] = (radius_m + altitude + 1.76)[:, None] * radial - radius_m * up
    # a divert to the north and east while avoiding
    step = np.clip((t - 833.0) / 20.0, 0.0, 1.0)
    rows["r_site"] += (step * step * (3.0 - 2.0 * step))[:, None] * [6.0, 8.0, 0.0]
    rows["v_site"] = climb[:, None] * radial + speed[:, None] * onward
    # the thrust leans back against the motion: a turn about the axis across it
    lean = angle - np.radians(tilt)
    rows["q_site_body"][:, 0] = np.cos(lean / 2)
    rows["q_site_body"][:, 1:] = np.sin(lean / 2)[:, None] * np.cross(up, along)
    rows["cmd_q_site_body"] = rows["q_site_body"]

    for name in ("q_site_body", "r_site", "v_site"):
        rows["est_" + name] = rows[name]
    rows["est_r_site"] += [180.0, -95.0, 0.3] + np.exp(-t / 90.0)[:, None] * [0.0, 0.0, 150.0]
    rows["est_r_site"] += t[:, None] * [3e-4, -2e-4, 0.0]
    rows["est_v_site"] += np.exp(-t / 120.0)[:, None] * [0.2, -0.15, 0.1]
    rows["est_v_site"] += draw.normal(0, 0.01, (n, 3))
    rows["est_q_site_body"][:, 1] += 2e-5 + draw.normal(0, 3e-6, n)
    relief = 2200.0 * np.sin(downrange / 6e4) * (1 - np.exp(downrange / 5e4))
    rows["height_m"] = altitude + relief
    rows["est_height_m"] = rows["height_m"] + draw.normal(0, 0.1, n)
    rows["est_height_m"][:5000] = math.nan
    _navigator(rows, draw)
    rows["tick_ns"] = draw.integers(400, 900, n)
    rows["guided"][::10] = 1
    rows["flags"][t > 874.53] = 1
    return rows


def _navigator(rows: NDArray[np.void], draw: np.random.Generator) -> None:
    """Fill in what a navigator would say: 3 sigma holds, all is believed, an altimeter spike."""
    n = len(rows)
    rows["nav_r_site"] = rows["est_r_site"]
    for name, sigma in (("r", 150.0), ("v", 0.15), ("attitude", 4e-5)):
        rows[f"nav_{name}_cov"][:, [0, 3, 5]] = sigma * sigma
    rows["nav_height_sigma_m"] = 0.2
    rows["nav_tie_sigma_m"] = np.where(rows["phase"] < 3, 150.0, 0.3)
    reports = np.arange(0, n, 10)
    for i in range(6):
        rows["innovation"][:, i] = np.repeat(draw.normal(0, 0.1, len(reports)), 10)[:n]
    rows["innovation_sigma"] = 0.1
    # one report of the altimeter is outside its gate
    rows["innovation"][40_000:40_010, 1] = 5.0
    rows["trust"][40_000:40_010, 1] = Trust.TRUST_DOUBTED


def _hermite(
    u: Array, seconds: float, y0: float, v0: float, y1: float, v1: float
) -> tuple[Array, Array]:
    """Return the cubic through two ends with their slopes, and its rate."""
    a, b = seconds * v0, seconds * v1
    c, d = 3 * (y1 - y0) - 2 * a - b, 2 * (y0 - y1) + a + b
    return y0 + u * (a + u * (c + u * d)), (a + u * (2 * c + 3 * u * d)) / seconds


def _phases(telemetry: NDArray[np.void], radius_m: float) -> tuple[PhaseStart, ...]:
    """State where each phase begins."""
    starts = []
    for i in np.flatnonzero(np.diff(telemetry["phase"], prepend=np.uint8(255))):
        row = telemetry[i]
        outward = row["r_site"] + [0.0, 0.0, radius_m]
        distance_m = float(np.linalg.norm(outward))
        climb = float(row["v_site"] @ outward) / distance_m
        starts.append(
            PhaseStart(
                name=GATES[row["phase"]][0],
                start_s=float(row["tick"]) * TICK_S,
                altitude_m=distance_m - radius_m - 1.76,
                height_m=float(row["height_m"]),
                vertical_speed_mps=climb,
                horizontal_speed_mps=math.sqrt(float(row["v_site"] @ row["v_site"]) - climb**2),
                mass_kg=float(row["mass_kg"]),
            )
        )
    return tuple(starts)


def _imaging(plan: Mission, telemetry: NDArray[np.void], heights: NDArray[np.float32]) -> Imaging:
    """Map the made-up ground as the lander would: crude slopes, but the shape of the real map."""
    scan = np.flatnonzero(telemetry["phase"] == 3)[-1]
    drift = telemetry["r_site"][scan] - telemetry["est_r_site"][scan]
    north, east = np.gradient(heights, CELL_M)
    smooth = _box(np.hypot(_box(north, 25), _box(east, 25)), 9)
    slope = np.degrees(np.arctan(smooth)) * 2.0
    roughness = _box(np.abs(heights - _box(heights, 25)), 5) * 2.5
    reasons = (slope > plan.hazards.slope_deg) * int(Reason.SLOPE)
    reasons |= (roughness > plan.hazards.obstacle_m) * int(Reason.ROUGH)
    slope[:30, :80] = roughness[:30, :80] = math.nan
    reasons[:30, :80] = Reason.UNSEEN
    clearance = np.where(reasons == 0, 4.0 * _box((reasons == 0).astype(float), 41) ** 3, 0.0)
    limits = plan.hazards
    hazards = HazardMap(
        ElevationMap.from_array(heights, CELL_M, east_m=-25.6 - drift[0], north_m=-25.6 - drift[1]),
        HazardLimits(limits.slope_deg, limits.obstacle_m),
        limits.footprint_m,
        limits.navigation_error_m,
        slope.astype(np.float32),
        roughness.astype(np.float32),
        clearance.astype(np.float32),
        reasons.astype(np.uint8),
    )
    rest = telemetry["r_site"][-1] - drift
    places = [(0.0, 0.0), (9.0, -6.0), (-14.0, -3.0), (-5.0, 14.0), (12.0, 11.0)]
    sites = tuple(
        LandingSite(
            east_m=rest[0] + x,
            north_m=rest[1] + y,
            height_m=0.0,
            slope_deg=2.0,
            roughness_m=0.05,
            clearance_m=3.1 - 0.3 * i,
            score=0.9 - 0.1 * i,
            cost=10.0,
            reasons=Reason(0),
        )
        for i, (x, y) in enumerate(places)
    )
    east, north, up = (float(x) for x in drift)
    return Imaging(hazards, sites, sites[0], (east, north, up))


def _box(field: Any, width: int) -> Any:
    """Average over a square."""
    pad = np.pad(field, (width // 2 + 1, width // 2), mode="edge")
    total = pad.cumsum(0).cumsum(1)
    inside = total[width:, width:] - total[:-width, width:]
    return (inside - total[width:, :-width] + total[:-width, :-width]) / width**2
