"""Why a flight was not safe: what its telemetry knows, in sentences.

A pure function of a finished landing. Causes come in the order of an inquiry: how it ended, which
limit was broken, which phase was never left, what limited the laws, whether the estimate was lost,
and what was wrong with the site.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.flight.aborted import WHY, Aborted, orbit_text
from farside.flight.cause import Cause
from farside.flight.causes_way import causes_of_the_way
from farside.flight.track import Track, track_of
from farside.guidance.autopilot import AbortCause

if TYPE_CHECKING:
    from farside.flight.landing import Landing

#: Where a tilt is past this [deg] the lander is falling over, not settling.
FALLING_DEG = 45.0


def find_causes(landing: Landing) -> tuple[Cause, ...]:
    """Return why a flight was not safe, from its telemetry and its outcome.

    Parameters
    ----------
    landing : Landing
        A finished flight.

    Returns
    -------
    tuple of Cause
        The nearest cause first; empty for a safe landing.

    Examples
    --------
    >>> from farside.flight import land
    >>> from farside.flight.causes import find_causes
    >>> from farside.mission import load_mission
    >>> short = load_mission("chang-e-6").replace("vehicle.usable_propellant_kg", 1750.0)
    >>> landing = land(short, seed=1, cameras=False)
    >>> find_causes(landing)[0].kind  # back to orbit, for want of propellant
    'aborted'
    """
    if landing.safe or not len(landing.telemetry):
        return ()
    track = track_of(landing)
    if landing.outcome == "aborted":
        return tuple(_ending(landing, track))
    way = causes_of_the_way(landing, track)
    if landing.outcome in ("landed", "belly_struck", "tipped"):
        # It came down as it should have: the ground first.
        return (*_ending(landing, track), *_ground(landing, track), *way)
    return (*_ending(landing, track), *way, *_ground(landing, track))


# ---- how it ended ------------------------------------------------------------------------------


def _ending(landing: Landing, track: Track) -> Iterator[Cause]:
    """Yield what the outcome says, and the limits that were broken at contact."""
    if landing.abort is not None:
        yield _left(landing.abort, track)
    if landing.outcome == "out_of_propellant":
        yield _dry(landing, track)
    elif landing.outcome == "unfinished":
        yield _unfinished(track)
    elif landing.outcome == "tipped":
        yield _tipped(landing, track)
    elif landing.outcome == "belly_struck":
        yield _belly(landing, track)
    elif landing.outcome == "crashed":
        yield _crashed(landing, track)
    if landing.outcome != "aborted":
        yield from _broken_limits(landing, track)


def _left(abort: Aborted, track: Track) -> Cause:
    """Describe why the descent was left, and what for."""
    why = WHY[AbortCause[abort.cause.upper()]]
    how = f"the descent was left after {abort.began_s:.1f} s, {why}: "
    phase = track.phase_at(max(round(abort.began_s / TICK_S) - 1, 0))
    if abort.reached:
        how += f"{orbit_text(abort)} was reached"
        return Cause("aborted", how, phase, abort.began_s)
    if abort.least_harm_s is not None:
        how += "no way to orbit was found; upright, as slow as it can, from "
        return Cause("least_harm", f"{how}{abort.least_harm_s:.1f} s on", phase, abort.began_s)
    if abort.stopped_s is None:
        return Cause("abort_failed", how + "no orbit was reached", phase, abort.began_s)
    how += f"its engine stopped in {orbit_text(abort)}, which is none to stay in"
    return Cause("abort_failed", how, phase, abort.began_s)


def _dry(landing: Landing, track: Track) -> Cause:
    """Describe when and where the tanks were dry, and what spent them."""
    plan, rows = landing.plan, track.rows
    at = track.end
    spent = ", ".join(
        f"{name} {kg:.0f} kg in {seconds:.0f} s"
        for name, seconds, kg in track.spent(at)
        if kg >= 0.5
    )
    phase = track.phase_at(at)
    return Cause(
        "out_of_propellant",
        f"the {plan.vehicle.usable_propellant_kg:g} kg of usable propellant were gone after "
        f"{track.seconds(at):.1f} s in {phase}, {track.altitude_m[at]:,.0f} m above the site's "
        f"level with {track.climb_mps[at]:.1f} m/s vertically and {track.level_mps[at]:.1f} m/s "
        f"across: {spent}",
        phase,
        track.seconds(at),
        float(rows["mass_kg"][0] - rows["mass_kg"][at]) - plan.vehicle.motor_kg,
        plan.vehicle.usable_propellant_kg,
        "kg",
    )


def _unfinished(track: Track) -> Cause:
    """Describe where a flight was when it was cut off."""
    last, phase = len(track.rows) - 1, track.phase_at(len(track.rows) - 1)
    return Cause(
        "unfinished",
        f"it was still in flight when it was cut off after {track.seconds(last):.0f} s in {phase}, "
        f"{track.altitude_m[last]:,.0f} m above the site's level and "
        f"{track.away_m[last] / 1e3:,.1f} km from it, moving {track.climb_mps[last]:.1f} m/s "
        "vertically",
        phase,
        track.seconds(last),
        float(track.altitude_m[last]),
        None,
        "m",
    )


def _crashed(landing: Landing, track: Track) -> Cause:
    """Describe where it met the ground, how fast, and with what."""
    at, down = track.contact, landing.touchdown
    phase = track.phase_at(at)
    if not math.isfinite(down.vertical_speed_mps):
        return Cause(
            "lost",
            f"its state left all bounds after {track.seconds(at):.1f} s in {phase}",
            phase,
            track.seconds(at),
        )
    away, ended = float(track.away_m[at]), landing.ended_how
    part = (
        "its body struck"
        if ended.get("body")
        else "faster than any leg holds"
        if -down.vertical_speed_mps > 2.0 * landing.plan.touchdown.vertical_speed_mps
        else "its state left all bounds"
        if ended.get("lost")
        else "it did not come to rest"
    )
    far = f"{away / 1e3:,.1f} km" if away >= 1000.0 else f"{away:,.0f} m"
    return Cause(
        "crashed",
        f"it met the ground after {track.seconds(at):.1f} s in {phase}, {far} from the nominal "
        f"site, at {down.vertical_speed_mps:.1f} m/s vertically and "
        f"{down.horizontal_speed_mps:.1f} m/s across, tilted {down.tilt_deg:.1f} deg: {part}",
        phase,
        track.seconds(at),
        deterministic.length((down.vertical_speed_mps, down.horizontal_speed_mps)),
        None,
        "m/s",
    )


def _belly(landing: Landing, track: Track) -> Cause:
    """Describe how it came down on its nozzle's rim."""
    down, legs = landing.touchdown, landing.plan.vehicle.legs
    return Cause(
        "belly_struck",
        f"the rim of its nozzle, {legs.belly_clearance_m:g} m above uncrushed pads, touched the "
        f"ground: {_said(down.vertical_speed_mps)} m/s vertically and "
        f"{_said(down.horizontal_speed_mps)} m/s across at contact, on "
        f"{_said(down.ground_roughness_m)} m of roughness",
        track.phase_at(track.contact),
        track.seconds(track.contact),
        legs.belly_clearance_m,
        None,
        "m",
    )


def _other_side(landing: Landing, track: Track) -> Cause:
    """Describe how a lander that falls over on purpose came to rest otherwise than it should."""
    down, last = landing.touchdown, len(track.rows) - 1
    return Cause(
        "tipped",
        f"it rests on another side than it was made for, {_said(down.rest_tilt_deg, 0)} deg off "
        f"its designed rest: its thrust axis is {track.tilt_deg[last]:.0f} deg off the vertical, "
        f"after first contact at {_said(down.vertical_speed_mps)} m/s vertically and "
        f"{_said(down.horizontal_speed_mps)} m/s across, "
        f"on a slope of {_said(down.ground_slope_deg, 1)} deg with "
        f"{_said(down.ground_roughness_m)} m of roughness",
        track.phase_at(last),
        track.seconds(last),
        down.rest_tilt_deg,
        None,
        "deg",
    )


def _tipped(landing: Landing, track: Track) -> Cause:
    """Describe over which leg it fell, on what slope, with what speed."""
    if not landing.plan.touchdown.stands:
        return _other_side(landing, track)
    rows, down, legs = track.rows, landing.touchdown, landing.plan.vehicle.legs
    fallen = np.flatnonzero(track.tilt_deg[track.contact :] > FALLING_DEG)
    at = track.contact + (
        int(fallen[0]) if len(fallen) else len(track.tilt_deg) - 1 - track.contact
    )
    w, x, y, z = (float(part) for part in rows["q_site_body"][at])
    # the vertical in body axes: the lander falls to the other side
    side = math.degrees(deterministic.angle_of(-2 * (y * z + w * x), -2 * (x * z - w * y))) % 360.0
    spacing = 360.0 / legs.count
    leg = int(side // spacing) % legs.count
    axis = np.array([2 * (x * z + w * y), 2 * (y * z - w * x)])
    azimuth = math.degrees(deterministic.angle_of(axis[0], axis[1])) % 360.0
    later = track.seconds(at) - track.seconds(track.contact)
    return Cause(
        "tipped",
        f"it fell over leg {leg + 1} of {legs.count}, {spacing * (leg + 0.5):.0f} deg from body x, "
        f"towards azimuth {azimuth:.0f} deg east of north, {later:.1f} s after first contact at "
        f"{_said(down.vertical_speed_mps)} m/s vertically and "
        f"{_said(down.horizontal_speed_mps)} m/s across, on a slope of "
        f"{_said(down.ground_slope_deg, 1)} deg with {_said(down.ground_roughness_m)} m of "
        "roughness",
        track.phase_at(at),
        track.seconds(at),
        float(leg + 1),
        None,
        None,
    )


def _said(value: float, digits: int = 2) -> str:
    """Write a number, or that it is unknown."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "unknown"


def _broken_limits(landing: Landing, track: Track) -> Iterator[Cause]:
    """Yield each touchdown limit that was broken, and by how much."""
    met, most = landing.touchdown, landing.plan.touchdown
    phase = track.phase_at(track.contact)
    for kind, what, value, limit, unit in (
        (
            "vertical_speed",
            "vertical speed at contact",
            -met.vertical_speed_mps,
            most.vertical_speed_mps,
            "m/s",
        ),
        (
            "horizontal_speed",
            "horizontal speed at contact",
            met.horizontal_speed_mps,
            most.horizontal_speed_mps,
            "m/s",
        ),
        ("tilt", "tilt at contact", met.tilt_deg, most.tilt_deg, "deg"),
        ("rate", "turn rate at contact", met.rate_dps, most.rate_dps, "deg/s"),
        ("rest_tilt", "tilt at rest", met.rest_tilt_deg, most.rest_tilt_deg, "deg"),
    ):
        if landing.outcome == "out_of_propellant" and kind != "vertical_speed":
            # It fell: all else is of the fall.
            continue
        rested = landing.outcome != "crashed" or landing.ended_how.get("rest")
        if kind == "rest_tilt" and not rested:
            # It never came to rest: the last row is of the blow.
            continue
        if not value <= limit and math.isfinite(value):
            yield Cause(
                kind,
                f"{what} was {value:.2f} {unit} where {limit:g} is allowed: {value - limit:.2f} "
                "too much",
                phase,
                track.seconds(track.contact),
                value,
                limit,
                unit,
            )


# ---- the ground and the site -------------------------------------------------------------------


def _ground(landing: Landing, track: Track) -> Iterator[Cause]:
    """Yield what was wrong with the ground under the lander, and how it came to be chosen."""
    met, hazards, site = landing.touchdown, landing.plan.hazards, landing.site
    # After an arrival that no leg holds the ground is no cause.
    near = (
        landing.outcome != "out_of_propellant"
        and not -met.vertical_speed_mps > 2.0 * landing.plan.touchdown.vertical_speed_mps
        and not track.away_m[track.contact] > landing.plan.ground.radius_m
    )
    how = _how_chosen(landing)
    for kind, what, value, limit, unit in (
        ("ground_slope", "slope", met.ground_slope_deg, hazards.slope_deg, "deg"),
        ("ground_roughness", "roughness", met.ground_roughness_m, hazards.obstacle_m, "m"),
    ):
        if near and math.isfinite(value) and value > limit:
            yield Cause(
                kind,
                f"the {what} of the ground beneath is {value:.2f} {unit} where {limit:g} is "
                f"allowed: {how}",
                None,
                None,
                value,
                limit,
                unit,
            )
    miss = met.miss_m
    if site.scans and landing.imaging and miss > hazards.navigation_error_m and near:
        yield Cause(
            "missed_site",
            f"it rests {miss:.2f} m from the site that it chose, where navigation_error_m "
            f"{hazards.navigation_error_m:g} is kept clear",
            None,
            None,
            miss,
            hazards.navigation_error_m,
            "m",
        )


def _how_chosen(landing: Landing) -> str:
    """Describe by which rule the site was taken."""
    site = landing.site
    if not site.scans:
        return "no scan was made, so it came down where it was told to"
    if math.isnan(site.clearance_m):
        return "no map was made, and it was to come down where it hung"
    if site.least_bad:
        return (
            f"nothing on the last of {site.scans} maps was safe by the rule of the {site.stand}, "
            "and the least bad cell was taken"
        )
    sure = "" if math.isnan(site.probability) else f" with probability {site.probability:.4f}"
    return f"its own map held the site for safe by the rule of the {site.stand}{sure}"
