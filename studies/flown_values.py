"""Published values of three flights beside our landings of their missions."""

from __future__ import annotations

import math

import numpy as np
from studies.masses import braking
from studies.published import Value, about, at_most

from farside.flight import Landing
from farside.flight.landing import PhaseStart
from farside.mission import load_mission
from farside.mission import moon as luna


def began(landed: Landing) -> dict[str, PhaseStart]:
    """Return where each phase began."""
    return {phase.name: phase for phase in landed.phases}


def chang_e_6(landed: Landing) -> list[Value]:
    """Compare the nominal landing with Chang'e 6, and with its twin Chang'e 5 where 6 is silent."""
    return [*_descent_6(landed), *_touchdown_6(landed), scanned(landed)]


def _descent_6(landed: Landing) -> list[Value]:
    """Compare time, propellant and the gates."""
    at = began(landed)
    braked = at["adjust"]
    return [
        Value("Duration", "s", "840 to 900", landed.duration_s, 798.0, 944.0, "CNSA6, GNC5: 5 %"),
        Value(
            "Propellant",
            "kg",
            "1898",
            landed.propellant_kg,
            1803.0,
            1993.0,
            "GNC5 (Chang'e 5): 5 %",
        ),
        braking_propellant(landed),
        about("Mass landed", "kg", 1835.0, landed.landed_mass_kg, 92.0, "CALC_MASS, derived", 0),
        about(
            "Altitude at the start of descent, above the mean sphere",
            "m",
            15000.0,
            at["braking"].altitude_m + landed.radius_m - luna.MEAN_RADIUS_M,
            10.0,
            "PRESS6",
            0,
        ),
        about("Altitude where braking ends", "m", 2500.0, braked.altitude_m, 100.0, "PRESS6", 0),
        about("Vertical speed there", "m/s", -30.0, braked.vertical_speed_mps, 5.0, "PRESS6"),
        at_most("Horizontal speed there", "m/s", 40.0, braked.horizontal_speed_mps, "ours"),
        about("Altitude of the hover", "m", 100.0, at["hover"].altitude_m, 3.0, "CNSA6"),
        about(
            "Height where the constant descent begins",
            "m",
            30.0,
            at["descend"].height_m,
            3.0,
            "PRESS6",
        ),
        about(
            "Vertical speed at the cut-off",
            "m/s",
            -1.5,
            at["fall"].vertical_speed_mps,
            0.1,
            "from memory",
            2,
        ),
        about("Height at the cut-off", "m", 2.0, at["fall"].height_m, 0.3, "XIN4 (Chang'e 4)", 2),
    ]


def _touchdown_6(landed: Landing) -> list[Value]:
    """Compare the first contact and the ground that was chosen."""
    down = landed.touchdown
    return [
        at_most(
            "Downward speed at first contact",
            "m/s",
            3.8,
            -down.vertical_speed_mps,
            "from memory; Chang'e 5: 1.99",
        ),
        at_most(
            "Horizontal speed at first contact",
            "m/s",
            1.0,
            down.horizontal_speed_mps,
            "from memory; Chang'e 5: 0.0085",
            4,
        ),
        at_most("Slope of the ground chosen", "deg", 8.0, down.ground_slope_deg, "PP3"),
        at_most("Roughness of the ground chosen", "m", 0.2, down.ground_roughness_m, "PP3", 3),
    ]


def braking_propellant(landed: Landing) -> Value:
    """Compare the propellant of braking with that of full thrust in the plane (CALC_MASS's law)."""
    mission = load_mission("chang-e-6")
    gate = mission.phases[0]
    computed = braking(
        mission.vehicle.descent_mass_kg,
        altitude_m=mission.orbit.pdi_altitude_m - mission.site.elevation_m,
        gate_m=gate.altitude_m,
        gate_mps=(gate.vertical_speed_mps, gate.horizontal_speed_mps),
        radius_m=mission.site.radius_m,
    ).propellant_kg
    flown = float(landed.telemetry["mass_kg"][0]) - began(landed)["adjust"].mass_kg
    return about("Propellant of braking", "kg", computed, flown, 0.01 * computed, "CALC_MASS: 1 %")


def scanned(landed: Landing) -> Value:
    """Compare the side of the square that one scan from 100 m covers: 50 m x 50 m."""
    assert landed.imaging is not None
    grid = landed.imaging.hazards.elevation
    seen = np.isfinite(grid.heights)
    side = grid.cell_m * math.sqrt(float(np.count_nonzero(seen)))
    return about("Side of the square scanned from 100 m", "m", 50.0, side, 5.0, "from memory")


def chang_e_4(landed: Landing) -> list[Value]:
    """Compare the nominal landing with Chang'e 4."""
    at = began(landed)
    braked = at["adjust"]
    first, last = (round(100.0 * at[name].start_s) for name in ("approach", "hover"))
    fastest = -float(landed.telemetry["v_site"][first:last, 2].min())
    leg = landed.duration_s - braked.start_s
    return [
        Value("Duration", "s", "687", landed.duration_s, 653.0, 721.0, "WAN2019: 5 %"),
        about("Altitude where braking ends", "m", 8000.0, braked.altitude_m, 100.0, "SUN4", 0),
        about("Time to there", "s", 505.0, braked.start_s, 34.0, "derived: 5 % of the whole", 0),
        about("Time from there", "s", 182.0, leg, 34.0, "derived: 5 % of the whole", 0),
        Value(
            "Fastest fall in the vertical leg", "m/s", "85 to 110", fastest, 85.0, 110.0, "derived"
        ),
        about("Altitude of the hover", "m", 100.0, at["hover"].altitude_m, 3.0, "XIN4"),
        about("Height at the cut-off", "m", 2.0, at["fall"].height_m, 0.3, "XIN4", 2),
    ]


SECONDARY = "from memory: Bennett, TN D-6846"
FT = 0.3048


def apollo_11(landed: Landing) -> list[Value]:
    """Compare the flight of the erasable load with the plan of 1969; PADLOAD and L099 flew it."""
    return [*_start_11(landed), *_gates_11(landed), *_touchdown_11(landed)]


def _start_11(landed: Landing) -> list[Value]:
    """Compare the start of the descent."""
    start, rows = began(landed)["trim"], landed.telemetry
    # From the west-going start's angle about the Moon's centre, at the site's radius.
    first = rows["r_site"][0]
    flown_m = landed.radius_m * math.atan2(first[0], first[2] + landed.radius_m)
    return [
        about(
            "Start of descent: range to the site",
            "m",
            481500.0,
            flown_m,
            5000.0,
            "NSF35227, secondary: about 260 nmi",
            0,
        ),
        about(
            "Start of descent: altitude",
            "m",
            14878.5,
            start.altitude_m,
            800.0,
            "A11PHYS, secondary; ours is the load's",
            0,
        ),
    ]


def _gates_11(landed: Landing) -> list[Value]:
    """Compare the gates. A pass of 2 s is 290 ft of altitude; 130 lbf move the gate by 300 ft."""
    gates = {gate.name: gate for gate in landed.gates}
    again, high, low = (gates[name] for name in ("throttle recovery", "high gate", "low gate"))
    return [
        about("Throttle recovery: time", "s", 384.0, again.time_s, 12.0, SECONDARY, 0),
        about("Throttle recovery: speed", "ft/s", 1456.0, again.speed_mps / FT, 60.0, SECONDARY, 0),
        about("High gate: time", "s", 506.0, high.time_s, 12.0, f"{SECONDARY}; A11PHYS: 8:26", 0),
        about(
            "High gate: altitude",
            "ft",
            7515.0,
            high.altitude_m / FT,
            400.0,
            f"{SECONDARY}; A11PHYS: about 7000",
            0,
        ),
        about("High gate: speed", "ft/s", 506.0, high.speed_mps / FT, 20.0, SECONDARY, 0),
        about(
            "High gate: vertical speed",
            "ft/s",
            -145.0,
            high.vertical_speed_mps / FT,
            5.0,
            SECONDARY,
            0,
        ),
        about("Low gate: time", "s", 606.0, low.time_s, 12.0, SECONDARY, 0),
        about(
            "Low gate: speed",
            "ft/s",
            55.0,
            low.speed_mps / FT,
            6.0,
            f"{SECONDARY}; A11PHYS: 60 forward",
            0,
        ),
        about(
            "Low gate: vertical speed",
            "ft/s",
            -16.0,
            low.vertical_speed_mps / FT,
            2.0,
            f"{SECONDARY}; A11PHYS",
            1,
        ),
    ]


def _touchdown_11(landed: Landing) -> list[Value]:
    """Compare the end of the flight."""
    return [
        about("Duration", "s", 714.0, landed.duration_s, 15.0, SECONDARY, 0),
        at_most(
            "Downward speed at first contact",
            "m/s",
            3.05,
            -landed.touchdown.vertical_speed_mps,
            "A11PHYS, secondary; flown by hand: 0.52",
            2,
        ),
    ]
