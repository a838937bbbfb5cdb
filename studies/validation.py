"""Published values beside ours: writes docs/validation.md.

    python -m studies.validation

Sky, orbit and vehicle are computed, the rest is flown: nominal landings of Chang'e 6 and 4 and of
Apollo 11, with perfect sensors over real ground. Exit status 1 where one is outside its tolerance.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from studies.flown_values import apollo_11, chang_e_4, chang_e_6
from studies.optima import braking_kg, propellants_kg
from studies.published import PREDICTED, Value, about

from farside.flight import land
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
