"""Published values beside ours: writes docs/validation.md.

    python -m studies.validation

Sky, orbit and vehicle are computed, the rest is flown: nominal landings of Chang'e 6 and 4 and of
Apollo 11, with perfect sensors over real ground. Exit status 1 where one is outside its tolerance.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from studies.masses import braking
from studies.optima import braking_kg, propellants_kg

from farside.flight import Landing, land
from farside.flight.landing import PhaseStart
from farside.mission import SiteFrame, load_mission
from farside.mission import moon as luna
from farside.mission.ephemeris import earth_direction, sun_direction

PAGE = Path(__file__).parents[1] / "docs" / "validation.md"
HEAD = """# Validation: published values beside ours

This page compares farside with what others published. `make validation` writes it; a value outside
its tolerance fails it. The ids of the sources are those of [sources.md](sources.md), and so are the
anchors A1 to A9. Flights are nominal: nothing dispersed, perfect sensors, seed 0, the whole-Moon
DEM.

*What kind* says what an agreement is worth:

- **predicted**: nothing that goes in was chosen for this value;
- **reproduced**: the value is an input, named, and comes back; it shows that the phase table does
  what it says, nothing more;
- **fitted**: the named input was chosen so that this value, or another one with it, comes out.

In the column of sources, *derived* marks values that no source gives and that were worked out from
others that one does; *secondary* marks a source that quotes another one, which was not read; *from
memory* means that no source was read; *computed* marks optima by other programs than ours.
"""

#: Ids of sources that quote another; a line with one of them is marked.
QUOTED = ("PRESS6", "SUN4", "A11PHYS")

PREDICTED = "predicted"
#: Values that are not predictions, by section, with the input that holds them or was fitted.
KINDS: dict[str, dict[str, str]] = {
    "Orbit and mass": {
        "Perilune of 15 x 100 km": "reproduced: the same formula",
        "Perilune of 15 x 200 km": "reproduced: the same formula",
        "Chang'e 6: mass launched": "reproduced: vehicle.stack_kg",
    },
    "Chang'e 6, flown": {
        "Duration": "fitted: vehicle.descent_mass_kg",
        "Propellant": "reproduced (input): vehicle.descent_mass_kg was worked out from it",
        "Mass landed": "reproduced (input): vehicle.descent_mass_kg",
        "Altitude at the start of descent, above the mean sphere": (
            "reproduced: orbit.pdi_altitude_m"
        ),
        "Altitude where braking ends": "reproduced: braking.altitude_m",
        "Vertical speed there": "reproduced: braking.vertical_speed_mps",
        "Horizontal speed there": "reproduced: braking.horizontal_speed_mps",
        "Altitude of the hover": "reproduced: hover.altitude_m",
        "Height where the constant descent begins": "reproduced: avoid.altitude_m",
        "Vertical speed at the cut-off": "reproduced: descend.vertical_speed_mps",
        "Height at the cut-off": "reproduced: descend.exit_m",
    },
    "Chang'e 4, flown": {
        "Duration": "fitted: braking.vertical_speed_mps",
        "Altitude where braking ends": "reproduced: braking.altitude_m",
        "Time from there": "fitted: braking.vertical_speed_mps",
        "Fastest fall in the vertical leg": "fitted: braking.vertical_speed_mps",
        "Altitude of the hover": "reproduced: hover.altitude_m",
        "Height at the cut-off": "reproduced: descend.exit_m",
    },
    "Apollo 11, flown: anchor A9": {
        "Throttle recovery: time": "fitted: vehicle.engine.thrust_max_n",
        "High gate: time": "fitted: vehicle.engine.thrust_max_n",
        "High gate: altitude": "fitted: vehicle.engine.thrust_max_n",
    },
}


@dataclass(frozen=True)
class Value:
    """One line: a published value and ours; `low` and `high` bound what ours may be."""

    what: str
    unit: str
    published: str
    ours: float
    low: float
    high: float
    source: str
    digits: int = 1
    kind: str = PREDICTED

    @property
    def holds(self) -> bool:
        """Whether ours lies inside the tolerance."""
        return self.low <= self.ours <= self.high

    def line(self) -> str:
        """Return the line of the table."""
        low, high = (format(bound, f".{self.digits}f") for bound in (self.low, self.high))
        if math.isinf(self.low):
            allowed = f"at most {high}"
        elif math.isinf(self.high):
            allowed = f"at least {low}"
        else:
            allowed = f"{low} to {high}"
        ours = format(self.ours, f".{self.digits}f")
        mark = "" if self.holds else " **outside**"
        source = self.source
        for name in QUOTED:
            if "secondary" not in source:
                source = source.replace(name, f"{name} (secondary)")
        what = f"{self.what} [{self.unit}]"
        cells = (what, self.published, ours + mark, allowed, self.kind, source)
        return f"| {' | '.join(cells)} |"


def about(
    what: str, unit: str, published: float, ours: float, within: float, source: str, digits: int = 1
) -> Value:
    """Return a value that may differ from the published one by `within`."""
    shown = format(published, f".{digits}f")
    return Value(what, unit, shown, ours, published - within, published + within, source, digits)


def at_most(what: str, unit: str, limit: float, ours: float, source: str, digits: int = 2) -> Value:
    """Return a value that may be anything up to a limit."""
    return Value(what, unit, f"< {limit:g}", ours, -math.inf, limit, source, digits)


def perilune_speed(perilune_km: float, apolune_km: float) -> float:
    """Return the speed [m/s] at the perilune of an orbit about a point mass: vis-viva."""
    near = luna.MEAN_RADIUS_M + 1000.0 * perilune_km
    far = luna.MEAN_RADIUS_M + 1000.0 * apolune_km
    return math.sqrt(luna.GM * (2.0 / near - 2.0 / (near + far)))


def sky() -> list[Value]:
    """Compare directions of Sun and Earth."""
    eagle = SiteFrame(0.67416, 23.47314, luna.MEAN_RADIUS_M - 1927.0)
    sun = sun_direction("1969-07-20T20:17:40Z", eagle)
    lines = [
        about(
            "Apollo 11 landing: Sun elevation", "deg", 10.65, sun.elevation_deg, 0.1, "ALSJSUN", 2
        ),
        about("Apollo 11 landing: Sun azimuth", "deg", 88.81, sun.azimuth_deg, 0.1, "ALSJSUN", 2),
    ]
    for name, title, earth_deg, sun_deg in (
        ("chang-e-6", "Chang'e 6", -42.69, 36.72),
        ("chang-e-4", "Chang'e 4", -39.20, 31.51),
    ):
        mission = load_mission(name)
        site = mission.site
        frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
        earth = earth_direction(mission.epoch.landing_utc, frame).elevation_deg
        sun_up = sun_direction(mission.epoch.landing_utc, frame).elevation_deg
        derived = "CALC_SUN, derived"
        lines += [
            about(f"{title} landing: Earth elevation", "deg", earth_deg, earth, 0.1, derived, 2),
            about(f"{title} landing: Sun elevation", "deg", sun_deg, sun_up, 0.1, derived, 2),
        ]
    return lines


def orbit() -> list[Value]:
    """Compare speeds at perilune and the mass that was launched."""
    stack = load_mission("chang-e-6").vehicle.stack_kg
    launched = float(sum(vars(stack).values()))
    pdi = "Apollo 11 start of descent, 14.88 x 105.9 km"
    return [
        about(pdi, "m/s", 1694.7, perilune_speed(14.88, 105.9), 2.0, "A11PHYS, secondary"),
        about(
            "Perilune of 15 x 100 km",
            "m/s",
            1692.3,
            perilune_speed(15, 100),
            0.5,
            "CALC_ORB, derived",
        ),
        about(
            "Perilune of 15 x 200 km",
            "m/s",
            1714.1,
            perilune_speed(15, 200),
            0.5,
            "CALC_ORB, derived",
        ),
        about("Chang'e 6: mass launched", "kg", 8350.0, launched, 1.0, "CD6", 0),
    ]


def began(landed: Landing) -> dict[str, PhaseStart]:
    """Return where each phase began."""
    return {phase.name: phase for phase in landed.phases}


def chang_e_6(landed: Landing) -> list[Value]:
    """Compare the nominal landing with Chang'e 6, and with its twin Chang'e 5 where 6 is silent."""
    at = began(landed)
    braked, down = at["adjust"], landed.touchdown
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
        scanned(landed),
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
    gates = {gate.name: gate for gate in landed.gates}
    again, high, low = (gates[name] for name in ("throttle recovery", "high gate", "low gate"))
    start, rows = began(landed)["trim"], landed.telemetry
    # From the west-going start's angle about the Moon's centre, at the site's radius.
    first = rows["r_site"][0]
    flown_m = landed.radius_m * math.atan2(first[0], first[2] + landed.radius_m)
    # A pass of 2 s is 290 ft of altitude; 130 lbf of thrust move the gate by 300 ft.
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


COSTATES = "computed from Cartesian costates"


def optima() -> list[Value]:
    """Least propellant, free time unless said; docs/sources.md says what computed the optima."""
    ours = propellants_kg()
    ploen = "AP2007, secondary: in a thesis of DLR"
    blackmore = "BL2010, 55 nodes: 0.2 %; its start sideways is ambiguous"
    return [
        about("A1, no constraint on the state", "kg", 387.9, ours["A1"], 0.05, ploen, 2),
        about("A1, the same", "kg", 387.8964, ours["A1"], 0.05, "computed", 4),
        about("A2, glide slope 4 deg, 81 s", "kg", 399.5, ours["A2"], 0.15, ploen, 2),
        about("A2, the same", "kg", 399.387, ours["A2"], 0.05, "computed, 325 nodes", 3),
        about("A4, glide slope 4 deg", "kg", 399.4, ours["A4"], 0.8, blackmore, 2),
        about("A6, no constraint", "kg", 198.562, ours["A6"], 0.05, "computed", 3),
        about("A7, glide slope 4, tilt 40 deg", "kg", 373.330, ours["A7"], 0.05, "computed", 3),
        about("A8, lunar", "kg", 106.9364, ours["A8"], 0.05, "computed", 4),
        about("Chang'e 6, braking", "kg", 1683.112, braking_kg("chang-e-6"), 0.1, COSTATES, 3),
        about("Chang'e 4, braking", "kg", 1238.641, braking_kg("chang-e-4"), 0.1, COSTATES, 3),
    ]


HEADS = "| what | published | ours | allowed | what kind | source |\n|---|---|---|---|---|---|"


def of_kinds(title: str, values: list[Value]) -> list[Value]:
    """Return the values of a section with their kinds from `KINDS`."""
    kinds = KINDS.get(title, {})
    unknown = kinds.keys() - {value.what for value in values}
    if unknown:
        raise KeyError(f"{title}: no such value: {', '.join(sorted(unknown))}")
    return [replace(value, kind=kinds.get(value.what, PREDICTED)) for value in values]


def main() -> int:
    """Write the page."""
    parts: list[tuple[str, Callable[[], list[Value]]]] = [
        ("Sun and Earth", sky),
        ("Orbit and mass", orbit),
        ("Chang'e 6, flown", lambda: chang_e_6(land(load_mission("chang-e-6"), nominal=True))),
        ("Chang'e 4, flown", lambda: chang_e_4(land(load_mission("chang-e-4"), nominal=True))),
        ("Optimal descents", optima),
        (
            "Apollo 11, flown: anchor A9",
            lambda: apollo_11(land(load_mission("apollo-11"), nominal=True)),
        ),
    ]
    page, outside = [HEAD], 0
    for title, values in parts:
        found = of_kinds(title, values())
        outside += sum(not value.holds for value in found)
        page.append(f"## {title}\n")
        page.append(HEADS)
        page += [value.line() for value in found]
        page.append("")
    PAGE.write_text("\n".join(page).rstrip() + "\n")
    print(f"{PAGE.name}: {outside} values outside their tolerance", file=sys.stderr)
    return 1 if outside else 0


if __name__ == "__main__":
    raise SystemExit(main())
