"""What is odd about a mission's sensors: those that never see, and rates that no tick makes."""

import math
from collections.abc import Iterator

from farside.ext.common._records import TICK_HZ
from farside.mission.bounds import Triple
from farside.mission.camera import Camera
from farside.mission.rows import altitude_after
from farside.mission.schema import Mission

Odd = Iterator[tuple[str, str]]

#: A lander whose attitude is held turns at about this [deg/s].
_LEAST_TURN_DPS = 1e-3
#: A velocimeter that sees no further stands for none [m].
NOT_CARRIED_M = 1.0
#: Pitch of the thrust axis above the level [deg] that braking goes through, and all of a descent.
_BRAKING_PITCH_DEG, _DESCENT_PITCH_DEG = range(61), range(91)
#: The horizon of a sphere as seen from 15 km stands so far from straight down [deg].
_LIMB_DEG = 82.0


def _down(boresight: Triple) -> float:
    """Return the sine of how far a line of sight points below the level when upright."""
    return -boresight[2]


def _after_braking_m(mission: Mission) -> float | None:
    """Return the altitude at which braking hands over [m]; None where no row brakes to a gate."""
    row = mission.phases[0]
    if row.law != "braking":
        return None
    reached = altitude_after(row, mission.start_altitude_m)
    return reached if reached < mission.start_altitude_m else None


def look_at_beams(mission: Mission) -> Odd:
    """Yield an altimeter or velocimeter that sees nothing where it is needed."""
    sensors = mission.sensors
    gate_m = _after_braking_m(mission)
    for name, reach_m in (
        ("altimeter", sensors.altimeter.range_max_m),
        ("velocimeter", sensors.velocimeter.range_max_m),
    ):
        key = f"sensors.{name}.range_max_m"
        if name == "velocimeter" and reach_m <= NOT_CARRIED_M:
            continue
        if reach_m <= sensors.touchdown.range_max_m:
            yield (
                key,
                f"{reach_m:g} never sees before the touchdown sensor, "
                f"{sensors.touchdown.range_max_m:g}, does; raise it",
            )
        elif gate_m is not None and reach_m < gate_m:
            yield (
                key,
                f"{reach_m:g} sees nothing at the end of braking, at {gate_m:g} m; raise it",
            )
    least_m = sensors.velocimeter.range_min_m
    if least_m > sensors.touchdown.range_max_m and sensors.velocimeter.range_max_m > NOT_CARRIED_M:
        yield (
            "sensors.velocimeter.range_min_m",
            f"{least_m:g} leaves the last metres without a speed, from above "
            f"sensors.touchdown.range_max_m, {sensors.touchdown.range_max_m:g}; lower it",
        )
    if sensors.altimeter.range_min_m > sensors.touchdown.range_max_m:
        yield (
            "sensors.altimeter.range_min_m",
            f"{sensors.altimeter.range_min_m:g} leaves no height down to "
            f"sensors.touchdown.range_max_m, {sensors.touchdown.range_max_m:g}; lower it",
        )


def look_at_heads(mission: Mission) -> Odd:
    """Yield lines of sight that miss the ground."""
    sensors = mission.sensors
    if _down(sensors.altimeter.landing_boresight_body) <= 0.0:
        yield (
            "sensors.altimeter.landing_boresight_body",
            "does not point down when upright, so it never sees the ground; body z is up",
        )
    least = math.sin(math.radians(sensors.velocimeter.cant_deg))
    if _down(sensors.velocimeter.landing_boresight_body) <= least:
        yield (
            "sensors.velocimeter.landing_boresight_body",
            f"with beams {sensors.velocimeter.cant_deg:g} deg off it one misses the ground when "
            "upright; point it down: body z is up",
        )
    for name in ("altimeter", "velocimeter"):
        x, _, z = getattr(sensors, name).braking_boresight_body
        if max(x, -z) <= 0.0:
            yield (
                f"sensors.{name}.braking_boresight_body",
                "points away from the ground all through braking; body x points down there",
            )
        else:
            yield from _flat_head(mission, name)
    if sensors.lidar is not None and _down(sensors.lidar.boresight_body) <= 0.0:
        yield (
            "sensors.lidar.boresight_body",
            "does not point down when upright, so a scan has no returns; body z is up",
        )


def off_nadir_deg(boresight: Triple, pitch_deg: float) -> float:
    """Return the angle of a line of sight off straight down, at a pitch of the thrust axis."""
    # straight down in body axes: body z stands pitch_deg above the level, body x below it
    pitch = math.radians(pitch_deg)
    cosine = boresight[0] * math.cos(pitch) - boresight[2] * math.sin(pitch)
    return math.degrees(math.acos(min(1.0, max(-1.0, cosine))))


def _flat_head(mission: Mission, name: str) -> Odd:
    """Yield a braking head that meets the ground too flat at every attitude of braking."""
    sensor = getattr(mission.sensors, name)
    if mission.phases[0].law != "braking" or sensor.range_max_m <= NOT_CARRIED_M:
        return
    boresight = sensor.braking_boresight_body
    flat_deg = min(off_nadir_deg(boresight, pitch) for pitch in _BRAKING_PITCH_DEG)
    if flat_deg >= sensor.incidence_limit_deg:
        yield (
            f"sensors.{name}.braking_boresight_body",
            f"meets the ground {flat_deg:.0f} deg off its normal or flatter all through braking, "
            f"beyond incidence_limit_deg {sensor.incidence_limit_deg:g}; body x points down there",
        )


def look_at_cameras(mission: Mission) -> Odd:
    """Yield cameras that are used and never see the ground, and heights that are never flown."""
    used = dict.fromkeys(mission.terrain_navigation.cameras, "terrain_navigation.cameras")
    for key, name in (
        ("odometry.camera", mission.odometry.camera),
        ("avoidance.coarse.camera", mission.avoidance.coarse.camera),
    ):
        if name is not None:
            used.setdefault(name, key)
    for name, key in used.items():
        camera = mission.sensors.camera_named(name)
        if camera is not None and not _sees_ground(camera):
            yield (
                f"sensors.camera[{name}].boresight_body",
                f"never sees the ground between braking and upright, and {key} uses it; point it "
                "down: body x points down in braking, body z up when upright",
            )
    least_m, start_m = mission.terrain_navigation.height_least_m, mission.start_altitude_m
    if mission.terrain_navigation.cameras and least_m >= start_m:
        yield (
            "terrain_navigation.height_least_m",
            f"{least_m:g} is above the start of the descent, {start_m:g} m: no image is taken; "
            "lower it",
        )


def _sees_ground(camera: Camera) -> bool:
    """Return whether some ray of an image meets the ground at some attitude of a descent."""
    half_deg = math.degrees(math.atan(0.5 * math.hypot(*camera.pixels) / camera.focal_px))
    boresight = camera.boresight_body
    nearest = min(off_nadir_deg(boresight, pitch) for pitch in _DESCENT_PITCH_DEG)
    return nearest - half_deg < _LIMB_DEG


def look_at_others(mission: Mission) -> Odd:
    """Yield other sensors that never see what they are for."""
    sensors = mission.sensors
    if sensors.star_tracker.slew_limit_dps < _LEAST_TURN_DPS:
        yield (
            "sensors.star_tracker.slew_limit_dps",
            f"{sensors.star_tracker.slew_limit_dps:g} is below what a lander always turns with, so "
            "it never gives a fix",
        )
    tracker = sensors.star_tracker
    lowest = max(off_nadir_deg(tracker.boresight_body, pitch) for pitch in _DESCENT_PITCH_DEG)
    if lowest < _LIMB_DEG:
        yield (
            "sensors.star_tracker.boresight_body",
            "looks at the ground all through the descent, so it never gives a fix; body x points "
            "down in braking, body z up when upright",
        )
    for row in mission.phases:
        if row.exit == "height" and row.exit_m > sensors.touchdown.range_max_m:
            yield (
                f"phases[{row.name}].exit_m",
                f"{row.exit_m:g} is above sensors.touchdown.range_max_m, "
                f"{sensors.touchdown.range_max_m:g}: the level of the touchdown target stands in "
                'for the ground; give exit = "altitude", or raise the range',
            )


def look_at_rates(mission: Mission) -> Odd:
    """Yield rates that no whole number of ticks makes."""
    sensors = mission.sensors
    rates = {
        f"{name}.rate_hz": getattr(sensors, name).rate_hz
        for name in ("star_tracker", "altimeter", "velocimeter", "touchdown")
    }
    rates |= {f"camera[{each.name}].rate_hz": each.rate_hz for each in sensors.camera}
    if sensors.lidar is not None:
        rates["lidar.frame_hz"] = sensors.lidar.frame_hz
    for key, rate_hz in rates.items():
        flown_hz = TICK_HZ / max(1, round(TICK_HZ / rate_hz))
        if abs(flown_hz - rate_hz) > 0.01 * rate_hz:
            yield (
                f"sensors.{key}",
                f"{rate_hz:g} is flown as {flown_hz:.4g}, on ticks of 10 ms; give that",
            )
