"""Why a flight was not safe: its phases, the limits that its laws ran into, and its estimate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.flight.cause import Cause
from farside.flight.track import Stretch, Track, angles_deg
from farside.mission.coasts import last_burn
from farside.mission.phases import Phase, flown_phases

if TYPE_CHECKING:
    from farside.flight.landing import Landing

Bools = NDArray[np.bool_]

#: Of telemetry's status.
LIMITED, NO_SOLUTION, BAD_INPUT = 1, 2, 3
#: A limit is told of when it held for this long [s] and for this share of a phase.
TOLD_S, TOLD_SHARE = 1.0, 0.05
#: A direction is at the tilt limit within this [deg], a thrust at its limit within this share.
TILT_WITHIN_DEG, THRUST_WITHIN = 0.2, 1e-4
#: The estimate is lost beyond this: speed [m/s], twice what a velocimeter leaves; height [m]; place
#: [m], where nothing was scanned; attitude [deg]; altitude [m], which counts from the ground.
LOST_MPS, LOST_HEIGHT_M, LOST_PLACE_M, LOST_DEG = 0.5, 1.0, 1500.0, 1.0
LOST_ALTITUDE_M = 100.0
#: The velocity is looked at for the last minute [ticks].
LAST_TICKS = 6000
#: Braking ends off its gate beyond this: altitude [m], range [m], speed [m/s].
OFF_ALTITUDE_M, OFF_RANGE_M, OFF_MPS = 150.0, 500.0, 5.0
#: The engine is not what was planned with beyond this share.
OFF_THRUST = 0.02


def causes_of_the_way(landing: Landing, track: Track) -> Iterator[Cause]:
    """Yield what went wrong before the ground."""
    yield from _never_left(landing, track)
    yield from _gates_missed(landing, track)
    limits = [each for stretch in track.stretches for each in _limits(landing, track, stretch)]
    yield from sorted(limits, key=lambda each: -(each.value or 0.0))
    yield from _engine(landing, track)
    yield from _lost_estimate(landing, track)


# ---- phases ------------------------------------------------------------------------------------


def _never_left(landing: Landing, track: Track) -> Iterator[Cause]:
    """Yield the phase that the flight ended in, if another should have followed in flight."""
    last = track.stretches[-1]
    if last.number >= len(landing.plan.phases):
        return
    phase = landing.plan.phases[last.number]
    if phase.law == "off" or phase.exit in ("contact", "rest"):
        return
    asked, nearest, unit, at, value, limit = _nearest(landing, track, last, phase)
    # The gate was met in the tick of the contact itself: nothing stood in its way.
    if value <= limit:
        return
    yield Cause(
        "never_left",
        f"{last.name} was never left: its exit asks for {asked}, and in {last.seconds:.1f} s "
        f"{nearest}",
        last.name,
        track.seconds(at),
        value,
        limit,
        unit,
    )


def _nearest(
    landing: Landing, track: Track, last: Stretch, phase: Phase
) -> tuple[str, str, str, int, float, float]:
    """Return what an exit asks for, its nearest approach and row, the value and the limit there."""
    part = slice(last.first, last.end)
    rows = track.rows[part]
    if phase.exit == "elapsed":
        left_s = phase.exit_s - last.seconds
        asked, nearest = f"{phase.exit_s:g} s to elapse", f"{left_s:.1f} s were left"
        return asked, nearest, "s", last.end - 1, left_s, 0.0
    if phase.exit == "time_to_go":
        values, limit, unit = rows["time_to_go_s"].copy(), phase.exit_s, "s"
        # 0 until the law has run, and where it keeps none
        values[values <= 0.0] = math.inf
        asked, what = f"time-to-go {limit:g} s", "{:.1f} s"
    elif phase.exit == "attitude":
        values, limit, unit = _attitude_error(rows), phase.exit_deg, "deg"
        asked, what = f"an attitude within {limit:g} deg", "{:.1f} deg"
    elif phase.exit == "altitude":
        values, limit, unit = _est_altitude(landing, rows), phase.exit_m, "m"
        asked, what = f"an altitude of {limit:g} m", "{:,.0f} m"
    elif phase.exit == "height":
        values, limit, unit = rows["est_height_m"].copy(), phase.exit_m, "m"
        unknown = np.isnan(values)
        values[unknown] = (_est_altitude(landing, rows) - rows["target_site"][:, 2])[unknown]
        asked, what = f"a height of {limit:g} m", "{:,.1f} m by its own estimate"
    else:
        scans, why = landing.site.scans, _why_no_scan(track, last, phase)
        nearest = (
            f"{scans} scan{'s' if scans > 1 else ''} found none"
            if scans
            else f"there was no scan: {why}"
        )
        return "a site", nearest, "1", last.end - 1, 1.0, 0.0
    if not np.isfinite(values).any():
        return asked, "its law gave no such number", unit, last.end - 1, math.inf, limit
    at = int(np.nanargmin(values))
    when = f"at {track.seconds(last.first + at):.1f} s"
    nearest = f"the nearest it came was {what.format(values[at])} {when}"
    return asked, nearest, unit, last.first + at, float(values[at]), limit


def _why_no_scan(track: Track, last: Stretch, phase: Phase) -> str:
    """Describe what kept a hover from being still enough to be scanned from."""
    if not phase.scan:
        return "the phase has no scan = true"
    rows = track.rows[last.first : last.end]
    speed = float(deterministic.lengths(rows["est_v_site"]).min())
    away = deterministic.lengths((rows["est_r_site"] - rows["target_site"])[:, :2]).min()
    return f"slowest {speed:.2f} m/s, nearest {float(away):.1f} m across from its place"


def _attitude_error(rows: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the angle [deg] between estimated thrust axis and the direction wanted."""
    w, x, y, z = np.moveaxis(rows["est_q_site_body"], -1, 0)
    axis = np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], axis=-1)
    return angles_deg(axis, rows["direction_site"])


def _est_altitude(landing: Landing, rows: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the estimated height [m] of the base above the site's radius."""
    com_m = landing.plan.vehicle.body.com_height_dry_m
    rho = rows["est_r_site"] + np.array([0.0, 0.0, landing.radius_m])
    return np.asarray(deterministic.lengths(rho) - landing.radius_m - com_m)


def _gates_missed(landing: Landing, track: Track) -> Iterator[Cause]:
    """Yield where braking ended off its gate, in altitude, range or speed."""
    heading = math.radians(landing.plan.orbit.arrival_azimuth_deg)
    along = np.array([deterministic.sin(heading), deterministic.cos(heading), 0.0])
    for stretch in track.stretches[:-1]:
        phase = flown_phases(landing.plan.phases)[stretch.number]
        # burns before a coast end where they end
        if stretch.number != last_burn(landing.plan.phases):
            continue
        at = stretch.end
        short_m = -float((track.rows["r_site"][at] * along).sum())
        if abs(short_m - phase.range_m) > OFF_RANGE_M:
            where = f"{abs(short_m):,.0f} m {'short of' if short_m > 0.0 else 'beyond'} the site"
            yield Cause(
                "gate_missed",
                f"{stretch.name} ended {where}, its gate is {phase.range_m:,.0f} m short of it",
                stretch.name,
                track.seconds(at),
                short_m,
                phase.range_m,
                "m",
            )
        for what, value, wanted, within, unit in (
            ("above the site", float(track.altitude_m[at]), phase.altitude_m, OFF_ALTITUDE_M, "m"),
            ("vertically", float(track.climb_mps[at]), phase.vertical_speed_mps, OFF_MPS, "m/s"),
            ("across", float(track.level_mps[at]), phase.horizontal_speed_mps, OFF_MPS, "m/s"),
        ):
            if abs(value - wanted) > within:
                yield Cause(
                    "gate_missed",
                    f"{stretch.name} ended {value:,.0f} {unit} {what} where its gate is at "
                    f"{wanted:,.0f}",
                    stretch.name,
                    track.seconds(at),
                    value,
                    wanted,
                    unit,
                )


# ---- limits ------------------------------------------------------------------------------------


def _limits(landing: Landing, track: Track, stretch: Stretch) -> Iterator[Cause]:
    """Yield what limited the law of a phase, and for how long of it."""
    plan, phase = landing.plan, flown_phases(landing.plan.phases)[stretch.number]
    rows = track.rows[stretch.first : stretch.end]
    engine, status = plan.vehicle.engine, rows["status"]
    limited = status == LIMITED
    tilt_deg = angles_deg(rows["direction_site"], track.up[stretch.first : stretch.end])
    most_deg, key = _tilt_limit(landing, phase)
    leaning = tilt_deg >= most_deg - TILT_WITHIN_DEG
    full = rows["cmd_thrust_n"] >= (1.0 - THRUST_WITHIN) * engine.thrust_max_n
    least = (rows["cmd_thrust_n"] > 0.0) & (
        rows["cmd_thrust_n"] <= (1.0 + THRUST_WITHIN) * engine.thrust_min_n
    )
    if phase.law == "braking":
        # It flies at a share of full thrust: where that is all of it, it gives range up.
        yield from _limit(
            track, stretch, full, f"thrust_max_n {engine.thrust_max_n:g}", "at full thrust"
        )
    else:
        yield from _limit(track, stretch, limited & leaning, f"{key} {most_deg:g}")
        rest = limited & ~leaning
        yield from _limit(track, stretch, rest & full, f"thrust_max_n {engine.thrust_max_n:g}")
        yield from _limit(track, stretch, rest & least, f"thrust_min_n {engine.thrust_min_n:g}")
        yield from _limit(
            track, stretch, rest & ~full & ~least, "what engine and tilt give together"
        )
    yield from _limit(track, stretch, status == NO_SOLUTION, "", "without a solution of its law")
    yield from _limit(
        track, stretch, status == BAD_INPUT, "", "without an estimate that can be flown on"
    )


def _tilt_limit(landing: Landing, phase: Phase) -> tuple[float, str]:
    """Return the cone about the vertical [deg] that a phase's thrust keeps to, and its key."""
    if phase.law in ("hover", "descend"):
        return landing.plan.guidance.hover.tilt_deg, "the hover's own tilt limit of"
    if phase.law in ("braking", "adjust", "off", "trim", "quadratic", "null_velocity"):
        return math.inf, "tilt_limit_deg"
    return min(phase.tilt_limit_deg, landing.plan.guidance.tilt_limit_deg), "tilt_limit_deg"


def _limit(
    track: Track, stretch: Stretch, held: Bools, by: str, how: str = "LIMITED"
) -> Iterator[Cause]:
    """Yield a cause where something held for long."""
    seconds = float(np.count_nonzero(held)) * TICK_S
    if seconds < TOLD_S or seconds < TOLD_SHARE * stretch.seconds:
        return
    by = by if how == "at full thrust" or not by else f"by {by}"
    words = f"{how} {by}".strip() if how != "at full thrust" else f"{how} ({by})"
    yield Cause(
        "limited" if by else "no_command",
        f"{stretch.name} was {words} for {seconds:.0f} s of {stretch.seconds:.0f} s",
        stretch.name,
        track.seconds(stretch.first + int(np.argmax(held))),
        seconds,
        stretch.seconds,
        "s",
    )


def _engine(landing: Landing, track: Track) -> Iterator[Cause]:
    """Yield an engine that gives something else than what it is told."""
    rows, engine = track.rows[: track.contact], landing.plan.vehicle.engine
    told = rows["cmd_thrust_n"]
    # The dry tank and the lag behind a change are other matters.
    steady = (told > 0.0) & (rows["thrust_n"] >= 0.5 * engine.thrust_min_n)
    steady[:-1] &= np.abs(np.diff(told)) < 1e-3 * engine.thrust_max_n
    if np.count_nonzero(steady) * TICK_S < 10.0:
        return
    ratio = float(np.median(rows["thrust_n"][steady] / told[steady]))
    if abs(ratio - 1.0) > OFF_THRUST:
        yield Cause(
            "thrust",
            f"the engine gave {100.0 * ratio:.1f} % of the thrust that it was told to give",
            None,
            None,
            100.0 * ratio,
            100.0,
            "%",
        )


# ---- the estimate ------------------------------------------------------------------------------


def _lost_estimate(landing: Landing, track: Track) -> Iterator[Cause]:
    """Yield by how much the estimate was off before contact, where it should not be."""
    # Two ticks before: the blow of the contact is no error.
    at = max(track.contact - 2, 0)
    rows = track.rows[: at + 1]
    now, off_r = rows[at], rows["est_r_site"][at] - rows["r_site"][at]
    imaging = landing.imaging
    drift = np.zeros(3) if imaging is None else np.array(imaging.drift_site)
    away = deterministic.length((off_r + drift)[:2])
    turn = float(_turn_deg(rows[at : at + 1])[0])
    high = float(now["est_height_m"] - now["height_m"])
    up_m = float((off_r * track.up[at]).sum())
    when = f"at {track.seconds(at):.1f} s"
    yield from _lost_velocity(track, at)
    for kind, text, value, limit, unit in (
        (
            "lost_place",
            f"{away:,.1f} m across {when}{' since the scan' if imaging else ''}",
            away,
            landing.plan.hazards.navigation_error_m if imaging else LOST_PLACE_M,
            "m",
        ),
        ("lost_altitude", f"{up_m:+,.0f} m in altitude {when}", abs(up_m), LOST_ALTITUDE_M, "m"),
        (
            "lost_height",
            f"{high:+.1f} m in height above ground {when}",
            abs(high),
            LOST_HEIGHT_M,
            "m",
        ),
        ("lost_attitude", f"{turn:.2f} deg in attitude {when}", turn, LOST_DEG, "deg"),
    ):
        if value > limit:
            yield Cause(
                kind,
                f"the estimate was off by {text}",
                track.phase_at(at),
                track.seconds(at),
                value,
                limit,
                unit,
            )


def _lost_velocity(track: Track, at: int) -> Iterator[Cause]:
    """Yield the largest error of the velocity in the last minute before a row, and since when."""
    rows = track.rows[: at + 1]
    off = deterministic.lengths(rows["est_v_site"] - rows["v_site"])
    first = max(at - LAST_TICKS, 0)
    worst = first + int(np.argmax(np.nan_to_num(off[first:])))
    if not off[worst] > LOST_MPS:
        return
    good = np.flatnonzero(off[: worst + 1] <= LOST_MPS)
    since = int(good[-1]) + 1 if len(good) else 0
    yield Cause(
        "lost_velocity",
        f"the estimate was off by {off[worst]:.2f} m/s in velocity at "
        f"{track.seconds(worst):.1f} s, beyond {LOST_MPS:g} m/s since {track.seconds(since):.1f} s "
        f"in {track.phase_at(since)}",
        track.phase_at(worst),
        track.seconds(worst),
        float(off[worst]),
        LOST_MPS,
        "m/s",
    )


def _turn_deg(rows: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the angle [deg] between the estimated attitude and the true one."""
    dots = np.abs((rows["est_q_site_body"] * rows["q_site_body"]).sum(axis=1))
    return np.asarray(2.0 * np.degrees(deterministic.arccos(np.clip(dots, 0.0, 1.0))))
