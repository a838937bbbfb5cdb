"""What of a mission is allowed but odd: sensors that never see, keys that nothing reads."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from farside.ext.common._records import TICK_HZ
from farside.mission.bounds import Triple
from farside.mission.dispersions import NOTHING
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.mission.rows import STEERED, altitude_after
from farside.mission.schema import Mission

Odd = Iterator[tuple[str, str]]

#: Ticks in a second.
#: A lander whose attitude is held turns at about this [deg/s].
_LEAST_TURN_DPS = 1e-3
#: Braking that ends so long before its gate is far from its targets [s].
_EARLY_S = 30.0
#: A hover that begins so far from its altitude is a climb or a fall rather [m].
_HOVER_JUMP_M = 50.0
#: A velocimeter that sees no further stands for none [m].
NOT_CARRIED_M = 1.0


def oddities(mission: Mission) -> list[str]:
    """Find what of a mission is allowed but odd.

    Parameters
    ----------
    mission : Mission

    Returns
    -------
    list of str
        A line for each: the key, what is odd, and what mends it.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> oddities(load_mission("chang-e-6"))
    []
    """
    return [f"{key}: {text}" for look in _LOOKS for key, text in look(mission)]


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


def _blind_beams(mission: Mission) -> Odd:
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
    if sensors.altimeter.range_min_m > sensors.touchdown.range_max_m:
        yield (
            "sensors.altimeter.range_min_m",
            f"{sensors.altimeter.range_min_m:g} leaves no height down to "
            f"sensors.touchdown.range_max_m, {sensors.touchdown.range_max_m:g}; lower it",
        )


def _blind_heads(mission: Mission) -> Odd:
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
    if sensors.lidar is not None and _down(sensors.lidar.boresight_body) <= 0.0:
        yield (
            "sensors.lidar.boresight_body",
            "does not point down when upright, so a scan has no returns; body z is up",
        )


def _blind_others(mission: Mission) -> Odd:
    """Yield other sensors that never see what they are for."""
    sensors = mission.sensors
    if sensors.star_tracker.slew_limit_dps < _LEAST_TURN_DPS:
        yield (
            "sensors.star_tracker.slew_limit_dps",
            f"{sensors.star_tracker.slew_limit_dps:g} is below what a lander always turns with, so "
            "it never gives a fix",
        )
    for row in mission.phases:
        if row.exit == "height" and row.exit_m > sensors.touchdown.range_max_m:
            yield (
                f"phases[{row.name}].exit_m",
                f"{row.exit_m:g} is above sensors.touchdown.range_max_m, "
                f"{sensors.touchdown.range_max_m:g}: the level of the touchdown target stands in "
                'for the ground; give exit = "altitude", or raise the range',
            )


def _rates(mission: Mission) -> Odd:
    """Yield rates that no whole number of ticks makes."""
    for name in ("star_tracker", "altimeter", "velocimeter", "touchdown"):
        rate_hz = getattr(mission.sensors, name).rate_hz
        flown_hz = TICK_HZ / max(1, round(TICK_HZ / rate_hz))
        if abs(flown_hz - rate_hz) > 0.01 * rate_hz:
            yield (
                f"sensors.{name}.rate_hz",
                f"{rate_hz:g} is flown as {flown_hz:.4g}, on ticks of 10 ms; give that",
            )


def _unread(mission: Mission) -> Odd:
    """Yield keys that nothing reads."""
    laws = {row.law for row in mission.phases}
    engine, spread = mission.vehicle.engine, mission.dispersions
    if mission.sensors.lidar is not None and not any(row.scan for row in mission.phases):
        yield "sensors.lidar", "no phase scans, so nothing reads it; give a hover scan = true"
    if mission.phases[0].law != "braking" and mission.guidance.thrust_margin > 0.0:
        yield "guidance.thrust_margin", 'only law = "braking" reads it, and no row has that; give 0'
    if engine.throttle_low_n is not None and not laws & {"trim", "quadratic", "null_velocity"}:
        yield (
            "vehicle.engine.throttle_low_n",
            "only laws trim, quadratic and null_velocity read it, and no row has one; remove it",
        )
    for key in ("relay_node_deg", "relay_phase_deg"):
        if mission.relay is None and getattr(spread, key) != NOTHING:
            yield f"dispersions.{key}", "there is no [relay] to disperse; add one, or remove it"


def _retro(mission: Mission) -> Odd:
    """Yield a motor that is dropped after the rows that hold, or that takes off too much."""
    retro, held_s = mission.vehicle.retro, 0.0
    if retro is None:
        return
    for row in mission.phases:
        if row.law != "hold" or row.exit != "elapsed":
            break
        held_s += row.exit_s
    if held_s < retro.gone_s:
        yield (
            "vehicle.retro.drop_s",
            f"the motor is dropped at {retro.gone_s:.1f} s, the first rows hold for {held_s:g} s: "
            "what follows is flown with it; lengthen them",
        )
    start_kg = mission.vehicle.start_mass_kg
    exhaust_mps = retro.isp_s * STANDARD_GRAVITY_MPS2
    gain_mps = exhaust_mps * math.log(start_kg / (start_kg - retro.propellant_kg))
    if gain_mps >= mission.orbit.pdi_speed_mps:
        yield (
            "vehicle.retro.propellant_kg",
            f"{retro.propellant_kg:g} gives {gain_mps:.0f} m/s, more than the "
            f"{mission.orbit.pdi_speed_mps:g} m/s there are; lower it",
        )


def _rows(mission: Mission) -> Odd:
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


def _engine(mission: Mission) -> Odd:
    """Yield an engine or tank that cannot do what the phases ask."""
    vehicle, engine = mission.vehicle, mission.vehicle.engine
    weight_n = vehicle.dry_mass_kg * SURFACE_GRAVITY_MPS2
    if engine.thrust_max_n <= weight_n:
        yield (
            "vehicle.engine.thrust_max_n",
            f"{engine.thrust_max_n:g} does not lift the lander even with dry tanks, "
            f"{weight_n:.0f} N; raise it",
        )
    if engine.thrust_min_n >= weight_n:
        yield (
            "vehicle.engine.thrust_min_n",
            f"{engine.thrust_min_n:g} lifts the lander with dry tanks, {weight_n:.0f} N: it cannot "
            "come down slowly; lower it",
        )
    ideal_mps = (
        engine.isp_s
        * STANDARD_GRAVITY_MPS2
        * math.log(vehicle.descent_mass_kg / vehicle.dry_mass_kg)
    )
    if vehicle.retro is None and ideal_mps <= mission.orbit.pdi_speed_mps:
        yield (
            "vehicle.usable_propellant_kg",
            f"{vehicle.usable_propellant_kg:g} gives {ideal_mps:.0f} m/s, not the "
            f"{mission.orbit.pdi_speed_mps:g} m/s of the orbit; raise it, or isp_s",
        )


def _touchdown(mission: Mission) -> Odd:
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


_LOOKS: Final[tuple[Callable[[Mission], Odd], ...]] = (
    _blind_beams,
    _blind_heads,
    _blind_others,
    _rates,
    _unread,
    _rows,
    _engine,
    _retro,
    _touchdown,
)
