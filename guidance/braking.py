"""Where to start braking, and the first solution of the explicit braking law.

The law itself runs in the tick (ext/braking.pxd); here it is solved once before flight, with the
range free and the thrust level at its planned value, which gives the distance from the gate at
which powered descent must begin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext._braking import flown_arc, newton_step
from farside.mission import Mission
from farside.mission.frames import SiteFrame
from farside.mission.moon import GM, STANDARD_GRAVITY_MPS2


class BrakingError(ValueError):
    """The braking law found no way from the orbit to the gate."""


@dataclass(frozen=True)
class BrakingPlan:
    """A solved braking phase.

    range_m is the arc along the Moon, at the site's radius, from initiation to the site. r_site [m]
    and v_site [m/s, relative to the turning Moon] are the nominal state at initiation. unknowns are
    the law's (a0, a1 [1/s], b0, b1 [1/s], thrust level, time-to-go [s]).
    """

    range_m: float
    r_site: NDArray[np.float64]
    v_site: NDArray[np.float64]
    unknowns: NDArray[np.float64]
    propellant_kg: float


def arrival_axes(mission: Mission) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the horizontal unit vectors along the arrival and across it (up x along), site frame."""
    azimuth = np.radians(mission.orbit.arrival_azimuth_deg)
    along = np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
    return along, np.cross([0.0, 0.0, 1.0], along)


def initiation_state(
    mission: Mission, frame: SiteFrame, range_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the nominal r_site [m] and v_site [m/s] a range short of the site on the arrival track.

    The flight path lies in the vertical plane of the arrival, seen from the turning Moon, with the
    orbit's inertial speed.
    """
    along, _ = arrival_axes(mission)
    up = np.array([0.0, 0.0, 1.0])
    angle = range_m / frame.radius_m
    up_there = np.cos(angle) * up - np.sin(angle) * along
    along_there = np.cos(angle) * along + np.sin(angle) * up
    rho = (frame.radius_m + mission.orbit.pdi_altitude_m) * up_there
    path = np.radians(mission.orbit.pdi_flight_path_deg)
    direction = np.cos(path) * along_there + np.sin(path) * up_there
    # |s d + w x rho| = inertial speed: a quadratic in the Moon-fixed speed s.
    drag = np.cross(frame.omega_site, rho)
    b = float(direction @ drag)
    c = float(drag @ drag) - mission.orbit.pdi_speed_mps**2
    speed = -b + np.sqrt(b * b - c)
    return rho - [0.0, 0.0, frame.radius_m], speed * direction


#: How long a descent takes that is not planned here [s]: for progress alone.
USUAL_S = 600.0


def plan_descent(mission: Mission, frame: SiteFrame) -> BrakingPlan:
    """Plan what a mission begins with: its braking, or a start whose law finds its own way."""
    if mission.phases[0].law == "braking":
        return plan_braking(mission, frame)
    range_m = mission.orbit.pdi_range_m
    if range_m is None:
        raise BrakingError(f"{mission.name}: orbit.pdi_range_m is missing; add it in metres")
    r, v = initiation_state(mission, frame, range_m)
    return BrakingPlan(range_m, r, v, np.array([0.0, 0.0, 0.0, 0.0, 1.0, USUAL_S]), 0.0)


def plan_braking(mission: Mission, frame: SiteFrame) -> BrakingPlan:
    """Solve the braking phase of a mission from its orbit, at full thrust less the planned margin.

    Raises
    ------
    BrakingError
        When no flight reaches the gate with this thrust and propellant.
    """
    row = mission.phases[0]
    engine = mission.vehicle.engine
    exhaust = engine.isp_s * STANDARD_GRAVITY_MPS2
    full = engine.thrust_max_n / mission.vehicle.descent_mass_kg
    level = 1.0 - mission.guidance.thrust_margin
    gate = np.array([row.altitude_m, row.range_m, row.vertical_speed_mps, row.horizontal_speed_mps])
    range_m = mission.orbit.pdi_range_m
    given = range_m is not None
    # First guess: the ideal burn with a tenth for gravity, at its mean speed.
    speed = mission.orbit.pdi_speed_mps
    time = exhaust / (level * full) * (1.0 - np.exp(-1.05 * speed / exhaust))
    x = np.array([0.05, 0.7 / time, 0.0, 0.0, level, time])
    if range_m is None:
        range_m = 0.55 * speed * time
    for _ in range(8):
        r, v = initiation_state(mission, frame, range_m)
        arguments = (GM, frame.radius_m, frame.omega_site, gate, r, v, full, exhaust)
        miss = np.inf
        for _ in range(40):
            miss = newton_step(*arguments, level, not given, x)
            if not miss > 1e-3:
                break
        if not miss <= 1e-3:
            raise BrakingError(
                f"{mission.name}: no braking flight reaches {row.altitude_m:g} m with "
                f"{engine.thrust_max_n:g} N; check thrust, mass, orbit and the braking gate"
            )
        if given:
            break
        arc = flown_arc(*arguments, x) + row.range_m
        if abs(arc - range_m) < 1e-3:
            break
        range_m = arc
    propellant = level * engine.thrust_max_n / exhaust * x[5]
    if propellant >= mission.vehicle.usable_propellant_kg:
        raise BrakingError(
            f"{mission.name}: braking alone takes {propellant:.0f} kg of the "
            f"{mission.vehicle.usable_propellant_kg:g} kg of usable propellant"
        )
    return BrakingPlan(float(range_m), r, v, x, float(propellant))
