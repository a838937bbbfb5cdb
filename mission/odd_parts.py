"""What is odd about the ground and about parts that few missions have: clusters, motors, ramps."""

from collections.abc import Iterator

from farside.mission.ephemeris import parse_utc
from farside.mission.lunar_orbit import LunarOrbit
from farside.mission.schema import Mission

Odd = Iterator[tuple[str, str]]

#: A target that is moved further than this at once is out of reach of any approach [m].
_MOVE_MOST_M = 20e3
#: Of a landing's time a flight may take more by this.
_LATE_SHARE = 1.5
#: The Moon holds nothing beyond (its Hill sphere, 61 500 km) [m].
_HELD_M = 6.0e7
#: A ramp longer than this is no lander's [m]; a rover, as wide.
_RAMP_MOST_M, _ROVER_MOST_M = 10.0, 5.0


def look_at_ground(mission: Mission) -> Odd:
    """Yield ground whose slope, rms, is more than the lander may stand on."""
    slope_deg, most_deg = mission.ground.slope_5m_deg, mission.hazards.slope_deg
    if slope_deg >= most_deg:
        yield (
            "ground.slope_5m_deg",
            f"{slope_deg:g} deg rms where hazards.slope_deg allows {most_deg:g}: hardly a place "
            "will be safe; farside survey finds better ground, or give a slope that was measured",
        )


def look_at_cluster(mission: Mission) -> Odd:
    """Yield engines that stand outside the lander's feet."""
    cluster, legs = mission.vehicle.engine.cluster, mission.vehicle.legs
    if cluster is not None and cluster.radius_m > 0.5 * legs.span_m:
        yield (
            "vehicle.engine.cluster.radius_m",
            f"{cluster.radius_m:g} is outside the feet, {0.5 * legs.span_m:g} m from the axis; "
            "give metres from the thrust axis",
        )


def look_at_motor(mission: Mission) -> Odd:
    """Yield a motor that weighs or turns more than any beside its lander."""
    retro, vehicle = mission.vehicle.retro, mission.vehicle
    if retro is None:
        return
    if retro.case_kg > 0.5 * retro.propellant_kg:
        yield (
            "vehicle.retro.case_kg",
            f"{retro.case_kg:g} is more than half of its propellant, {retro.propellant_kg:g}; "
            "lower it",
        )
    most = 10.0 * max(vehicle.body.inertia_full_kgm2)
    if max(retro.inertia_kgm2) > most:
        yield (
            "vehicle.retro.inertia_kgm2",
            f"{max(retro.inertia_kgm2):g} is more than ten times the lander's own; lower it",
        )


def look_at_ramp(mission: Mission) -> Odd:
    """Yield a ramp or a rover of no lander."""
    ramp = mission.hazards.ramp
    if ramp is None:
        return
    for key, value, most in (
        ("foot_m", ramp.foot_m, _RAMP_MOST_M), ("rover_m", ramp.rover_m, _ROVER_MOST_M)
    ):  # fmt: skip
        if value > most:
            yield f"hazards.ramp.{key}", f"{value:g} is more than {most:g} m; give metres"


def look_at_moves(mission: Mission) -> Odd:
    """Yield targets that are moved after the landing, or out of reach."""
    epoch = mission.epoch
    flight_s = (parse_utc(epoch.landing_utc) - parse_utc(epoch.pdi_utc)).total_seconds()
    for i, move in enumerate(mission.redesignations):
        key = f"redesignations[{i}]"
        if move.at_s is not None and move.at_s > _LATE_SHARE * flight_s:
            yield (
                f"{key}.at_s",
                f"{move.at_s:g} is long after the landing, {flight_s:.0f} s by epoch: it is never "
                "made; lower it",
            )
        for name, metres in (("along_m", move.along_m), ("right_m", move.right_m)):
            if abs(metres) > _MOVE_MOST_M:
                yield f"{key}.{name}", f"{metres:g} is out of reach of an approach; give metres"


def look_at_orbits(mission: Mission) -> Odd:
    """Yield orbits that the Moon does not hold."""
    named: list[tuple[str, LunarOrbit]] = [
        (f"observers[{i}]", each) for i, each in enumerate(mission.observers)
    ]
    if mission.relay is not None and mission.relay.orbit == "lunar":
        named.append(("relay", mission.relay.lunar))
    for key, orbit in named:
        if orbit.apolune_altitude_m > _HELD_M:
            yield (
                f"{key}.apolune_altitude_m",
                f"{orbit.apolune_altitude_m:g} is beyond what the Moon holds, {_HELD_M:g}; two "
                "bodies do not tell where it is; lower it",
            )
