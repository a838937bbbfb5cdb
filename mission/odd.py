"""What of a mission is allowed but odd: what each kind of look finds, and keys nothing reads."""

from collections.abc import Callable, Iterator
from typing import Final

from farside.mission import odd_parts, odd_rows, odd_sensors, odd_sky, odd_vehicle
from farside.mission.dispersions import NOTHING
from farside.mission.schema import Mission

Odd = Iterator[tuple[str, str]]


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
    >>> from farside.mission import oddities
    >>> from farside.mission import load_mission
    >>> oddities(load_mission("chang-e-6"))
    []
    """
    return [f"{key}: {text}" for look in _LOOKS for key, text in look(mission)]


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
    if mission.relay is not None and mission.relay.orbit == "halo":
        if spread.relay_node_deg != NOTHING:
            yield "dispersions.relay_node_deg", "a halo has no node to disperse; remove it"


_LOOKS: Final[tuple[Callable[[Mission], Odd], ...]] = (
    odd_sensors.look_at_beams,
    odd_sensors.look_at_heads,
    odd_sensors.look_at_others,
    odd_sensors.look_at_cameras,
    odd_sensors.look_at_rates,
    _unread,
    odd_rows.look_at_rows,
    odd_rows.look_at_stops,
    odd_rows.look_at_limits,
    odd_rows.look_at_start,
    odd_vehicle.look_at_engine,
    odd_vehicle.look_at_retro,
    odd_vehicle.look_at_weights,
    odd_vehicle.look_at_dead_zone,
    odd_vehicle.look_at_torque,
    odd_vehicle.look_at_shape,
    odd_vehicle.look_at_spreads,
    odd_rows.look_at_touchdown,
    odd_rows.look_at_contact,
    odd_sky.look_at_sun,
    odd_sky.look_at_times,
    odd_parts.look_at_ground,
    odd_parts.look_at_cluster,
    odd_parts.look_at_motor,
    odd_parts.look_at_ramp,
    odd_parts.look_at_moves,
    odd_parts.look_at_orbits,
)
