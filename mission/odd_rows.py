"""What is odd about a phase table: climbs, rows that end early, gates that no thrust can meet."""

import math
from collections.abc import Iterator
from itertools import pairwise

from farside.mission.moon import SURFACE_GRAVITY_MPS2
from farside.mission.phases import Phase
from farside.mission.rows import STEERED, altitude_after
from farside.mission.schema import Mission

Odd = Iterator[tuple[str, str]]

#: Braking that ends so long before its gate is far from its targets [s].
_EARLY_S = 30.0
#: A hover that begins so far from its altitude is a climb or a fall rather [m].
_HOVER_JUMP_M = 50.0


def look_at_rows(mission: Mission) -> Odd:
    """Yield rows that end far from what they steer to, or climb."""
    first = mission.phases[0]
    if first.law == "braking" and first.exit == "time_to_go" and first.exit_s > _EARLY_S:
        yield (
            f"phases[{first.name}].exit_s",
            f"braking ends {first.exit_s:g} s short of its gate, far from its targets; lower it",
        )
    at_m = altitude_after(first, mission.start_altitude_m)
    for row in mission.phases[1:]:
        key = f"phases[{row.name}].altitude_m"
        if row.law in STEERED and row.altitude_m > at_m:
            yield key, f"{row.altitude_m:g} is a climb, from {at_m:g} m; lower it"
        if row.law == "hover" and _HOVER_JUMP_M < abs(row.altitude_m - at_m) < math.inf:
            yield (
                key,
                f"{row.altitude_m:g} is not where the row before ends, at {at_m:g} m; the hover "
                "first flies there",
            )
        if row.scan and row.limit_s < mission.hazards.hover_limit_s:
            yield (
                f"phases[{row.name}].limit_s",
                f"{row.limit_s:g} is below hazards.hover_limit_s, "
                f"{mission.hazards.hover_limit_s:g}: the row may end before a site is chosen",
            )
        at_m = altitude_after(row, at_m)


def look_at_touchdown(mission: Mission) -> Odd:
    """Yield a last leg that ends faster than the legs may touch."""
    for row, after in pairwise(mission.phases):
        if row.law not in ("descend", "null_velocity") or after.law != "off":
            continue
        fall_m = row.exit_m if row.exit in ("height", "altitude") else 0.0
        speed = math.sqrt(row.vertical_speed_mps**2 + 2.0 * SURFACE_GRAVITY_MPS2 * fall_m)
        if speed > mission.touchdown.vertical_speed_mps:
            yield (
                f"phases[{row.name}]",
                f"engine off at {fall_m:g} m and {-row.vertical_speed_mps:g} m/s touches at "
                f"{speed:.2g} m/s, above touchdown.vertical_speed_mps, "
                f"{mission.touchdown.vertical_speed_mps:g}; lower exit_m or the rate",
            )


def look_at_contact(mission: Mission) -> Odd:
    """Yield a steered row that touches down faster than the legs may."""
    limits = mission.touchdown
    for row in mission.phases:
        if row.law not in STEERED or row.exit != "contact":
            continue
        for key in ("vertical_speed_mps", "horizontal_speed_mps"):
            speed, limit = abs(getattr(row, key)), getattr(limits, key)
            if speed > limit:
                yield (
                    f"phases[{row.name}].{key}",
                    f"{getattr(row, key):g} touches down above touchdown.{key}, {limit:g}; "
                    "lower its size",
                )


def look_at_stops(mission: Mission) -> Odd:
    """Yield gates that are left too fast for the row behind them, whatever the engine does.

    The engine has its full thrust over the dry mass, more than it ever has in flight.
    """
    most_mps2 = mission.vehicle.engine.thrust_max_n / mission.vehicle.dry_mass_kg
    if most_mps2 <= SURFACE_GRAVITY_MPS2:
        return  # said of the engine
    gate: Phase | None = None
    for row in mission.phases:
        if gate is not None:
            yield from _stop(gate, row, most_mps2)
        if row.law in ("braking", *STEERED):
            gate = row if row.exit == "time_to_go" else None
        elif row.law != "adjust":
            gate = None


def _stop(gate: Phase, row: Phase, most_mps2: float) -> Odd:
    """Yield a gate whose speed cannot be taken away on the way that the next row has."""
    steered = row.law in STEERED
    if not steered and row.law not in ("hover", "descend", "null_velocity"):
        return
    key = f"phases[{gate.name}]"
    drop_m = gate.altitude_m - (row.altitude_m if steered else 0.0)
    fall, left = gate.vertical_speed_mps, row.vertical_speed_mps
    # v^2 = v0^2 + 2 a s
    up = (fall * fall - left * left) / (2.0 * drop_m) if drop_m > 0.0 and fall < left else 0.0
    if up + SURFACE_GRAVITY_MPS2 > most_mps2:
        yield (
            f"{key}.vertical_speed_mps",
            f"{fall:g} at {gate.altitude_m:g} m cannot be slowed by phases[{row.name}] within "
            f"{drop_m:g} m: that takes {up + SURFACE_GRAVITY_MPS2:.2f} m/s^2, and full thrust is "
            f"{most_mps2:.2f}; lower its size, or start higher",
        )
        return
    if not steered or row.law == "e_guidance":
        return
    run, slow = gate.horizontal_speed_mps, row.horizontal_speed_mps
    way_m = gate.range_m - row.range_m
    if run <= slow:
        return
    back = (run * run - slow * slow) / (2.0 * way_m) if way_m > 0.0 else math.inf
    if math.hypot(back, up + SURFACE_GRAVITY_MPS2) > most_mps2:
        yield (
            f"{key}.horizontal_speed_mps",
            f"{run:g} at range_m {gate.range_m:g} cannot be slowed to {slow:g} by "
            f"phases[{row.name}] within {way_m:g} m at full thrust, {most_mps2:.2f} m/s^2; lower "
            "it, or raise range_m",
        )


def look_at_limits(mission: Mission) -> Odd:
    """Yield rows whose limit_s ends them before they have come down, and scans without an end."""
    at_m = altitude_after(mission.phases[0], mission.start_altitude_m)
    for row in mission.phases[1:]:
        way_m = at_m - row.exit_m
        needs_s = way_m / max(-row.vertical_speed_mps, 1e-9)
        if (
            row.law == "descend"
            and row.exit in ("height", "altitude")
            and row.limit_s < needs_s < math.inf
        ):
            yield (
                f"phases[{row.name}].limit_s",
                f"{row.limit_s:g} ends the row above exit_m {row.exit_m:g}: from {at_m:g} m it "
                f"takes {needs_s:.0f} s; raise it",
            )
        at_m = altitude_after(row, at_m)
    lidar = mission.sensors.lidar
    if lidar is not None:
        scan_s = lidar.frames / lidar.frame_hz + lidar.latency_s
        if scan_s > mission.hazards.hover_limit_s:
            yield (
                "hazards.hover_limit_s",
                f"{mission.hazards.hover_limit_s:g} is over before one scan is, {scan_s:.1f} s "
                "(frames, frame_hz and latency_s of sensors.lidar); raise it",
            )


def look_at_start(mission: Mission) -> Odd:
    """Yield a range at initiation that full thrust overshoots; not of a motor that is dropped."""
    range_m, speed = mission.orbit.pdi_range_m, mission.orbit.pdi_speed_mps
    if range_m is None or mission.vehicle.retro is not None:
        return
    # s = v^2 / (2 a), with the dry mass all the way
    least_m = speed * speed * mission.vehicle.dry_mass_kg
    least_m /= 2.0 * mission.vehicle.engine.thrust_max_n
    if range_m < least_m:
        yield (
            "orbit.pdi_range_m",
            f"{range_m:g} is too near: {speed:g} m/s takes {least_m / 1e3:.0f} km at full thrust "
            "even with dry tanks; raise it",
        )
