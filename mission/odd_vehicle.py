"""What is odd about a lander: thrust and mass, legs, and the torque that holds it upright."""

import math
from collections.abc import Iterator

from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.mission.schema import Mission

Odd = Iterator[tuple[str, str]]

#: Thrust over the weight of the lander at initiation, between which landers on the Moon lie: a
#: light Beresheet has 0.93 and leaves 1, Apollo has 1.8; more than 5 is none of their engines.
_WEIGHTS_LEAST, _WEIGHTS_MOST = 1.0, 5.0
#: What thrust over weight a lander needs to stop, once what the orbit takes is burnt.
_WEIGHTS_TO_STOP = 1.15
#: Descent mass over dry mass: Vikram has 2.35.
_MASS_RATIO_MOST = 5.0
#: Specific impulses of cold gas and of hydrogen [s].
_ISP_LEAST_S, _ISP_MOST_S = 50.0, 480.0
#: Radii of gyration as shares of the legs' span: missions have 0.16 to 0.54.
_GYRATION_LEAST, _GYRATION_MOST = 0.05, 1.0
#: A lander that needs longer than this to reach its rate of turning does not follow a law [s].
_SPIN_UP_S = 10.0


def look_at_engine(mission: Mission) -> Odd:
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


def look_at_retro(mission: Mission) -> Odd:
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


def thrust_weights(mission: Mission) -> tuple[float, float]:
    """Return thrust over lunar weight at initiation, and once the orbit's speed is burnt away.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> ["%.2f" % each for each in thrust_weights(load_mission("chang-e-6"))]
    ['1.24', '2.18']
    """
    engine, mass_kg = mission.vehicle.engine, mission.vehicle.descent_mass_kg
    begun = engine.thrust_max_n / (mass_kg * SURFACE_GRAVITY_MPS2)
    return begun, begun * mass_kg / burnt_mass_kg(mission)


def burnt_mass_kg(mission: Mission) -> float:
    """Return the most that is left of the lander once the orbit's speed is burnt away [kg]."""
    vehicle = mission.vehicle
    # m = m0 exp(-v / (Isp g0)), the rocket equation without losses
    exhaust_mps = vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2
    left_kg = vehicle.descent_mass_kg * math.exp(-mission.orbit.pdi_speed_mps / exhaust_mps)
    return max(left_kg, vehicle.dry_mass_kg)


def look_at_weights(mission: Mission) -> Odd:
    """Yield thrusts and masses that no lander has."""
    vehicle, engine = mission.vehicle, mission.vehicle.engine
    begun, arrived = thrust_weights(mission)
    key = "vehicle.engine.thrust_max_n"
    if not _WEIGHTS_LEAST <= begun <= _WEIGHTS_MOST:
        cure = "raise it" if begun < _WEIGHTS_LEAST else "lower it"
        yield (
            key,
            f"{engine.thrust_max_n:g} is {begun:.2f} of the lander's lunar weight at initiation, "
            f"outside {_WEIGHTS_LEAST:g} to {_WEIGHTS_MOST:g}; {cure}, or check descent_mass_kg",
        )
    if arrived < _WEIGHTS_TO_STOP and engine.thrust_max_n > (
        vehicle.dry_mass_kg * SURFACE_GRAVITY_MPS2
    ):
        yield (
            key,
            f"{engine.thrust_max_n:g} is {arrived:.2f} of the weight once the orbit's speed is "
            f"burnt away, below {_WEIGHTS_TO_STOP:g}: nothing is left to stop with; raise it",
        )
    ratio = vehicle.descent_mass_kg / vehicle.dry_mass_kg
    if ratio > _MASS_RATIO_MOST:
        yield (
            "vehicle.usable_propellant_kg",
            f"{vehicle.usable_propellant_kg:g} makes the mass ratio {ratio:.1f}, above "
            f"{_MASS_RATIO_MOST:g}: no stage is so light; lower it",
        )
    if not _ISP_LEAST_S <= engine.isp_s <= _ISP_MOST_S:
        yield (
            "vehicle.engine.isp_s",
            f"{engine.isp_s:g} is of no propellants, outside {_ISP_LEAST_S:g} to {_ISP_MOST_S:g} "
            "s: give seconds, an exhaust speed over 9.80665",
        )


def look_at_dead_zone(mission: Mission) -> Odd:
    """Yield throttle limits that the lander's weight lies between when it must hover."""
    engine = mission.vehicle.engine
    low_n, high_n = engine.throttle_low_n, engine.throttle_high_n
    if low_n is None or high_n is None:
        return
    least_n = mission.vehicle.dry_mass_kg * SURFACE_GRAVITY_MPS2
    most_n = burnt_mass_kg(mission) * SURFACE_GRAVITY_MPS2
    if low_n < most_n and high_n > least_n:
        yield (
            "vehicle.engine.throttle_low_n",
            f"{low_n:g} to throttle_high_n {high_n:g} holds the weight of the landing, "
            f"{least_n:.0f} to {most_n:.0f} N, which then cannot be throttled to; raise it",
        )


def look_at_torque(mission: Mission) -> Odd:
    """Yield thrusters that do not hold or turn the lander, or turn it too much at once."""
    vehicle, spread = mission.vehicle, mission.dispersions
    engine, body, couple_nm = vehicle.engine, vehicle.body, vehicle.thrusters.large_couple_nm
    throat_m = engine.throat_height_m
    if throat_m is None:
        throat_m = vehicle.legs.belly_clearance_m
    arm_m = max(abs(h - throat_m) for h in (body.com_height_full_m, body.com_height_dry_m))
    # thrust x (offsets + lever x misalignment), at the reach of each
    off_m = math.hypot(*body.com_offset_m) + spread.com_offset_m.reach
    off_m += spread.thrust_offset_m.reach
    off_m += arm_m * math.radians(spread.thrust_misalignment_deg.reach)
    if engine.thrust_max_n * off_m >= couple_nm:
        yield (
            "vehicle.thrusters.large_n",
            f"{vehicle.thrusters.large_n:g} makes a couple of {couple_nm:g} N m, and the engine "
            f"{off_m * 1e3:.0f} mm off the centre of mass one of {engine.thrust_max_n * off_m:.0f} "
            "(body.com_offset_m and dispersions): it cannot be held; raise it",
        )
    spin_dps2 = math.degrees(couple_nm / max(body.inertia_full_kgm2))
    if mission.guidance.rate_limit_dps > _SPIN_UP_S * spin_dps2:
        yield (
            "vehicle.thrusters.large_n",
            f"{vehicle.thrusters.large_n:g} turns the lander at {spin_dps2:.2g} deg/s^2: "
            f"guidance.rate_limit_dps {mission.guidance.rate_limit_dps:g} takes more than "
            f"{_SPIN_UP_S:g} s; raise it, or lower the rate",
        )
    least = vehicle.thrusters
    pulse = 2.0 * least.small_n * least.small_arm_m * least.small_min_pulse_s
    kick_dps = math.degrees(pulse / min(body.inertia_dry_kgm2))
    if kick_dps > mission.touchdown.rate_dps:
        yield (
            "vehicle.thrusters.small_min_pulse_s",
            f"{least.small_min_pulse_s:g} turns the dry lander by {kick_dps:.2g} deg/s a pulse, "
            f"above touchdown.rate_dps, {mission.touchdown.rate_dps:g}; shorten it, or small_n",
        )


def look_at_shape(mission: Mission) -> Odd:
    """Yield inertia of another lander's size, legs that tip over, and legs that bottom out."""
    vehicle, legs = mission.vehicle, mission.vehicle.legs
    for state, mass_kg in (("full", vehicle.descent_mass_kg), ("dry", vehicle.dry_mass_kg)):
        key = f"inertia_{state}_kgm2"
        radii = [math.sqrt(moment / mass_kg) for moment in getattr(vehicle.body, key)]
        wrong = [r for r in radii if not _GYRATION_LEAST <= r / legs.span_m <= _GYRATION_MOST]
        if wrong:
            yield (
                f"vehicle.body.{key}",
                f"with {mass_kg:g} kg is a radius of gyration of {wrong[0]:.2g} m beside legs of "
                f"span {legs.span_m:g} m: check its unit, kg m^2",
            )
    # nearest to the centre between two of n pads: span / 2 cos(pi / n)
    edge_m = 0.5 * legs.span_m * math.cos(math.pi / legs.count)
    tips_deg = math.degrees(math.atan2(edge_m, vehicle.body.com_height_dry_m))
    slope_deg = mission.hazards.slope_deg
    if tips_deg <= slope_deg and not legs.feet:
        yield (
            "vehicle.body.com_height_dry_m",
            f"{vehicle.body.com_height_dry_m:g} above legs of span {legs.span_m:g} tips over at "
            f"{tips_deg:.1f} deg, not above hazards.slope_deg, {slope_deg:g}; lower one of them",
        )
    # m v^2 / 2 against count x stroke x force
    speed = mission.touchdown.vertical_speed_mps
    energy_j = 0.5 * vehicle.dry_mass_kg * speed * speed
    taken_j = legs.taken_j
    if energy_j > taken_j:
        yield (
            "vehicle.legs.crush_force_n",
            f"{legs.crush_force_n:g} over {legs.count} legs of stroke {legs.stroke_m:g} takes "
            f"{taken_j:.0f} J, and touchdown.vertical_speed_mps {speed:g} brings {energy_j:.0f}; "
            "raise it, or lower the limit",
        )


def look_at_spreads(mission: Mission) -> Odd:
    """Yield dispersions beyond what the plan can bear."""
    spread, margin = mission.dispersions, mission.guidance.thrust_margin
    if mission.phases[0].law == "braking" and spread.thrust_percent.reach > 100.0 * margin:
        yield (
            "guidance.thrust_margin",
            f"{margin:g} is less than dispersions.thrust_percent may take, "
            f"{spread.thrust_percent.reach:g} %: a weak engine cannot follow the plan; raise it",
        )
    if spread.position_m.reach >= mission.start_altitude_m:
        yield (
            "dispersions.position_m",
            f"{spread.position_m.reach:g} reaches the ground from the start of the descent, "
            f"{mission.start_altitude_m:g} m above the site; lower it",
        )
