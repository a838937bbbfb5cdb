"""From which altitude altimeter and velocimeter see the ground in the planned braking.

The planned flight gives place and velocity; the thrust axis is what its acceleration and the weight
leave. Of a sensor's two heads the one that points nearer to straight down serves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from farside.guidance.braking import BrakingPlan, optimal_braking
from farside.guidance.braking_start import BrakingStart
from farside.guidance.optimal import Thrust
from farside.mission import FlightConfig, Mission
from farside.mission.coasts import coasts_of
from farside.mission.moon import GM
from farside.mission.odd_sensors import NOT_CARRIED_M, off_nadir_deg
from farside.mission.odd_sky import site_frame

Array = NDArray[np.float64]
#: Time between the points of the flight that are looked at [s].
EVERY_S = 5.0
SENSORS = ("altimeter", "velocimeter")


def braking_attitudes(mission: Mission, plan: BrakingPlan) -> tuple[Array, Array]:
    """Return altitudes and thrust pitches along a planned braking.

    Parameters
    ----------
    mission : Mission
    plan : BrakingPlan
        Of its first row.

    Returns
    -------
    altitude_m, pitch_deg : ndarray, (N,)
        Above the site's radius, and of the thrust axis above the local level.
    """
    frame, row = site_frame(mission), mission.phases[0]
    start = BrakingStart(
        plan.r_site,
        plan.v_site,
        mission.vehicle.descent_mass_kg,
        Thrust.of(FlightConfig.of(mission)),
        radius_m=frame.radius_m,
        omega_site=frame.omega_site,
    )
    gate = (row.altitude_m, row.range_m, row.vertical_speed_mps, row.horizontal_speed_mps)
    free = mission.orbit.pdi_range_m is None
    braking = optimal_braking(
        start,
        gate,
        levels=plan.levels,
        range_free=free,
        guess=plan.unknowns,
        coasts=coasts_of(mission.phases),
    )
    count = max(3, math.ceil(braking.duration_s / EVERY_S) + 1)
    times = np.linspace(0.0, braking.duration_s, count)
    flown = braking.fly(times)
    # from the Moon's centre; the acceleration that thrust makes: dv/dt + mu rho / r^3
    rho = flown[:, :3] + [0.0, 0.0, frame.radius_m]
    radius = np.sqrt(np.sum(rho * rho, axis=1))
    accel = np.gradient(flown[:, 3:6], times, axis=0) + GM * rho / radius[:, None] ** 3
    up = np.sum(accel * rho, axis=1) / (np.sqrt(np.sum(accel * accel, axis=1)) * radius)
    return radius - frame.radius_m, np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))


def first_sight_m(mission: Mission, plan: BrakingPlan, name: str) -> float | None:
    """Return the altitude from which a sensor sees the ground in braking [m]; None for never.

    Parameters
    ----------
    mission : Mission
    plan : BrakingPlan
        Of its first row.
    name : str
        `altimeter` or `velocimeter`, whose middle line of sight counts.

    Examples
    --------
    >>> from farside.guidance.braking import plan_descent
    >>> from farside.mission import FlightConfig, load_mission
    >>> mission = load_mission("chang-e-6")
    >>> plan = plan_descent(FlightConfig.of(mission), site_frame(mission))
    >>> first_sight_m(mission, plan, "velocimeter") < 10000.0
    True
    """
    sensor = getattr(mission.sensors, name)
    heads = (sensor.braking_boresight_body, sensor.landing_boresight_body)
    for altitude_m, pitch_deg in zip(*braking_attitudes(mission, plan), strict=True):
        off_deg = min(off_nadir_deg(head, pitch_deg) for head in heads)
        if off_deg >= min(sensor.incidence_limit_deg, 89.0):
            continue
        # over level ground
        if altitude_m / math.cos(math.radians(off_deg)) <= sensor.range_max_m:
            return float(altitude_m)
    return None


def unseen(mission: Mission, plan: BrakingPlan) -> Iterator[str]:
    """Yield sensors that see the ground nowhere in the planned braking."""
    for name in SENSORS:
        sensor = getattr(mission.sensors, name)
        if sensor.range_max_m > NOT_CARRIED_M and first_sight_m(mission, plan, name) is None:
            altitude_m, pitch_deg = (each[-1] for each in braking_attitudes(mission, plan))
            yield (
                f"sensors.{name}.braking_boresight_body: never sees the ground in the planned "
                f"braking, which ends at {altitude_m:.0f} m with the thrust axis {pitch_deg:.0f} "
                f"deg above the level (range_max_m {sensor.range_max_m:g}, incidence_limit_deg "
                f"{sensor.incidence_limit_deg:g}); body x points down there"
            )
