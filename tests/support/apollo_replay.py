"""P63 to P65 of the Apollo 11 load flown in a plane: passes of 2 s, a point mass, a still Moon.

Anchor A9 of docs/sources.md, flown by the kernels of the tick: thrust and direction of a pass
are held to the next, and follow at once but for the throttle's lag.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from farside.ext.guidance.laws._apollo import ApolloLaw, at_full_throttle, null_velocity
from farside.mission import load_mission

FT, LBF = 0.3048, 4.4482216152605
MISSION = load_mission("apollo-11")
#: Luminary's Moon: constants of CONTROLLED_CONSTANTS, and the site below its mean radius.
GM = 4.902778e12
RADIUS_M = 1738090.0 - 2671.9684
EXHAUST_MPS = 2955.88868
#: State at throttle-up, 26 s after initiation (A9): RIGNX, RIGNZ [ft], VIGN [ft/s], level.
RIGN_FT, VIGN_FTPS, THROTTLE_UP_S = (-130519.86, -1432597.3), 5545.46, 26.0
CENTRE = np.array([0.0, RADIUS_M])
CYCLE_S, STEP_S, LAG_S = 2.0, 0.1, 0.2


@dataclass(frozen=True)
class Pass:
    """One pass: time since initiation [s], program, place and speed in feet, T [s]."""

    t: float
    program: int
    up_ft: float
    along_ft: float
    climb_ftps: float
    speed_ftps: float
    to_go: float
    full: bool


def law_of(name, t):
    """Make the law of a phase of the mission, in a plane due west (-x), z up."""
    row = next(p for p in MISSION.phases if p.name == name)
    return row, ApolloLaw(
        {
            "r": row.target_m,
            "v": row.target_mps,
            "a": row.target_mps2,
            "jerk": row.target_mps3,
        },
        row.lead_s,
        0.0,
        (0.0, 0.0, 1.0),
        (-1.0, 0.0, 0.0),
        t,
    )


def fly(thrust_lbf):
    """Fly to 5 ft above the site; give every pass."""
    engine = MISSION.vehicle.engine
    full_n = thrust_lbf * LBF
    # x west, z up: turned into the law's axes where it is asked
    r = np.array([RIGN_FT[1], RIGN_FT[0]]) * FT
    rho = r + CENTRE
    level = np.array([rho[1], -rho[0]]) / np.linalg.norm(rho)
    v = VIGN_FTPS * FT * level
    mass = MISSION.vehicle.descent_mass_kg
    mass -= engine.thrust_min_n / EXHAUST_MPS * THROTTLE_UP_S
    (row, law), program = law_of("p63", -540.0), 63
    flat, thrust, t, passes = True, full_n, THROTTLE_UP_S, []

    def gravity(r):
        rho = r + CENTRE
        return -GM * rho / np.linalg.norm(rho) ** 3

    while np.linalg.norm(r + CENTRE) > RADIUS_M + 5.0 * FT and t < 900.0:
        g = gravity(r)
        if program < 65:
            # The law's free fall is vertical; the slant of gravity far from the site is put back.
            a = np.array(law.command(-r[0], 0.0, r[1], -v[0], 0.0, v[1], 0.0))
            a = np.array([-a[0], a[2]]) - g
        else:
            a = np.array(null_velocity(v_of(v), (0.0, 0.0, -3.0 * FT), (0.0, 0.0, 0.0), row.tau_s))
            a = np.array([-a[0], a[2]]) - g
        flat = at_full_throttle(
            flat, float(mass * np.linalg.norm(a)), engine.throttle_low_n, engine.throttle_high_n
        )
        wanted_n = full_n if flat else mass * np.linalg.norm(a)
        if program < 65:
            a = np.array(
                law.saturated((-a[0], 0.0, a[1]), (-r[0], 0.0, r[1]), v_of(v), full_n / mass)
            )
            a = np.array([-a[0], a[2]])
        passes.append(
            Pass(
                t,
                program,
                r[1] / FT,
                r[0] / FT,
                v[1] / FT,
                float(np.linalg.norm(v)) / FT,
                law.t,
                flat,
            )
        )
        if program < 65 and law.t > -row.exit_s:
            program += 1
            if program == 64:
                row, law = law_of("p64", law.t - 110.0)
            else:
                row = next(p for p in MISSION.phases if p.name == "p65")
        direction = a / np.linalg.norm(a)
        for _ in range(round(CYCLE_S / STEP_S)):
            thrust += (wanted_n - thrust) * (1.0 - np.exp(-STEP_S / LAG_S))
            push = thrust / mass * direction
            middle = r + 0.5 * STEP_S * v
            change = STEP_S * (push + gravity(middle))
            r, v = r + STEP_S * (v + 0.5 * change), v + change
            mass -= thrust / EXHAUST_MPS * STEP_S
            t += STEP_S
        law.t += CYCLE_S
    return passes


def v_of(v):
    """Turn a plane velocity into the law's axes."""
    return (-v[0], 0.0, v[1])


def first(passes, program):
    """Return the pass after which a program begins: the last one of the program before."""
    return [p for p in passes if p.program == program - 1][-1]


def recovery(passes):
    """Return the pass that throttles the engine again."""
    return next(p for p in passes if not p.full)
