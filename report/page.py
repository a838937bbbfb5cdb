"""The report as one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
import math
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from farside.flight.aborted import orbit_text
from farside.flight.landing import Landing
from farside.mission import Mission
from farside.mission.units import number
from farside.report.alt import alternatives
from farside.report.gate_table import HEADS, UNITS, gate_notes, gate_rows
from farside.report.sky import earth_at_landing, sun_at_landing
from farside.report.template import render
from farside.report.verdict import abort_lines, checks, ending, fault_line

if TYPE_CHECKING:
    from farside.report.pictures import Picture

Rows = Sequence[tuple[str, ...]]

CAPTIONS = {
    "descent": (
        "The way down, coloured by phase, over the true ground. Each ring is a gate of the phase "
        "table, numbered as in the key. Look for gates met at their altitudes, a path that keeps "
        "clear of the relief, and a last hundred metres that come straight down."
    ),
    "history": (
        "Left the whole flight, right its last phases. Look for a commanded thrust between the "
        "engine's limits, for speeds and tilt under their limits at the first contact (blue line), "
        "and for propellant left."
    ),
    "hazards": (
        "Left the lander's own map, tinted by its verdict, with the ranked sites (circles of the "
        "footprint), the chosen one (cross), and the path as navigation had it, from where it "
        "scanned (diamond). Right what the verdict rests on, a red bar marking the limit on its "
        "scale, and over the relief the least propellant to land from there. Shares are of all "
        "cells, each for its gravest fault, and hatched ground is not known. Look for a cross "
        "well inside the safe ground, and a path that ends on it."
    ),
    "touchdown": (
        "The truth, which the lander never sees. Left the surroundings under the Sun of the day; "
        "right the footpads where they came to rest, in the disc that must be safe, with the "
        "place of the first contact (dot). Look for rocks and craters under the pads."
    ),
    "cameras": (
        "What the cameras showed, from first to last. Marked are places found in an image: yellow "
        "where the lander believed them, red where it did not. Below the error of the estimated "
        "place on the onboard map after each image; 3 sigma of the filter is against the Moon, and "
        "holds what the map itself is off by. Look for an error that falls at the first images."
    ),
    "navigation": (
        "Truth less estimate (black) before 3 sigma of the filter (blue), against the time left. "
        "Directions: level along the arrival, across it to the right, and up; attitude is a turn "
        "about each of them. What is outside is marked, and its share of the ticks in flight said: "
        "0.27 % over many flights, but errors last, and one flight may have none or far more. An "
        "error of position at the scan moves the map with the lander and does no harm; drift in "
        "the map counts from the start of each phase that flies by a map. Look for black lines "
        "that stay in the blue without being lost in it."
    ),
    "sensors": (
        "For each sensor and beam a bar, thin while it is believed, and below it each innovation "
        "by its gate (dashed): dots were used, crosses were not, and those far outside stand at "
        "the edge. Numbers at the left count crosses and all reports that were tested; a report "
        "that is stuck, saturated or zero is refused untested. Dotted lines and the last rows are "
        "faults. Look for bars that change soon after a fault began, and come back after it."
    ),
}

RULES = {
    "legs": "leg contact, noise and touchdown error",
    "disc": "slope and roughness of the disc",
}


def reproduce(landing: Landing) -> str:
    """Return the command line that flies a landing again, as far as the landing knows it."""
    how = ["--nominal"] if landing.nominal else ["--seed", str(landing.seed)]
    return shlex.join(["farside", "land", landing.mission, *how])


def render_page(
    landing: Landing,
    pictures: Mapping[str, Picture],
    command: str,
    replay: str | None = None,
) -> str:
    """Fill the template.

    Parameters
    ----------
    landing : Landing
        Any finished flight.
    pictures : mapping of str to Picture
        Its rendered figures, in the order to show them.
    command : str
        What a user types to fly it again.
    replay : str, optional
        Address of the flight's replay, for a link.

    Returns
    -------
    str
        HTML. All text that comes from files is escaped; nothing is loaded from anywhere.
    """
    plan = landing.plan
    told = alternatives(landing)
    return render(
        "report/page.html",
        version=landing.farside,
        title=plan.title,
        outcome=ending(landing),
        place=_place(landing),
        replay=replay,
        mood="good" if landing.safe else "bad",
        sentence=_sentence(landing),
        faults=[fault_line(fault) for fault in landing.faults],
        causes=[cause.text for cause in landing.causes],
        abort=abort_lines(landing),
        tiles=_tiles(landing),
        touchdown=_touchdown(landing),
        rest=_rest(landing),
        choice=_choice(landing),
        phases=_phases(landing),
        gate_heads=("gate", *(f"{head}, {unit}" for head, unit in zip(HEADS, UNITS, strict=True))),
        gates=gate_rows(landing) if landing.gates else (),
        gate_notes=gate_notes(landing) if landing.gates else (),
        moves=[str(move) for move in landing.moves],
        figures=[
            _figure(each, told.get(name, name), _caption(name, landing))
            for name, each in pictures.items()
        ],
        stack=_stack(landing),
        landing_utc=plan.epoch.landing_utc,
        sky=_sky(landing),
        link=_link(landing),
        timing=_timing(landing),
        command=command,
        sha256=landing.telemetry_sha256,
    )


def _place(landing: Landing) -> str:
    """Describe where and how it flew."""
    site = landing.plan.site
    how = "nominal flight" if landing.nominal else f"seed {landing.seed}"
    return (
        f"{landing.mission}, {how}. Site at latitude {number(site.latitude_deg, 4)}\u00b0, "
        f"longitude {number(site.longitude_deg, 4)}\u00b0 east, elevation "
        f"{number(site.elevation_m, 0, 'm')}."
    )


def _sentence(landing: Landing) -> str:
    """Describe how it ended."""
    if landing.safe:
        return f"{ending(landing)}: every limit holds"
    if landing.outcome == "aborted" and landing.abort is not None:
        return f"{ending(landing)}: {orbit_text(landing.abort)}"
    broken = [check.what for check in checks(landing) if check.holds is False]
    return f"{ending(landing)}: {', '.join(broken) or 'no limit is broken, but it did not stand'}"


def _tiles(landing: Landing) -> Rows:
    """List the six figures that people ask for first."""
    return (
        ("to first contact", number(landing.duration_s, 1, "s")),
        ("propellant used", number(landing.propellant_kg, 0, "kg")),
        ("propellant left", number(landing.propellant_left_kg, 0, "kg")),
        ("mass at rest", number(landing.landed_mass_kg, 0, "kg")),
        ("vertical at contact", number(landing.touchdown.vertical_speed_mps, 2, "m/s")),
        ("miss of the site", number(landing.touchdown.miss_m, 2, "m")),
    )


def _touchdown(landing: Landing) -> Rows:
    """List the touchdown beside its limits."""
    verdict = Markup('<span class="{}">{}</span>')
    return [
        (
            check.what,
            check.value_text,
            check.limit_text,
            verdict.format("good" if check.holds else "bad", check.verdict),
        )
        for check in checks(landing)
    ]


def _rest(landing: Landing) -> str:
    """Describe where it came to rest."""
    met = landing.touchdown
    measured = ""
    if math.isfinite(landing.measured_elevation_m):
        bare = number(landing.measured_elevation_m, 1, "m")
        measured = f" ({bare} measured, the rest synthetic detail)"
    return (
        f"At rest at latitude {number(met.latitude_deg, 5)}\u00b0, longitude "
        f"{number(met.longitude_deg, 5)}\u00b0 east, elevation {number(met.elevation_m, 1, 'm')} "
        f"of the flown ground{measured}."
    )


def _choice(landing: Landing) -> Rows:
    """List what the site was chosen from; nothing where no scan was made."""
    site = landing.site
    if not site.scans:
        return ()
    return (
        ("scans", number(site.scans)),
        ("places found on the map after the choice", number(site.fixes)),
        ("divert", number(site.divert_m, 1, "m")),
        ("chosen by", RULES[site.stand]),
        ("ways to sites counted in", site.ranked_by),
        ("propellant to it, no less than", number(site.least_propellant_kg, 2, "kg")),
        ("... more than to the cheapest cell", number(site.above_cheapest_kg, 2, "kg")),
        ("... and its time of flight", number(site.least_time_s, 1, "s")),
        ("propellant flown from the choice", number(site.flown_propellant_kg, 1, "kg")),
        ("clearance on the map", number(site.clearance_m, 1, "m")),
        ("probability of a safe stand, by the map", _probability(site.probability)),
        ("heading of body x, east of north", number(site.heading_deg, 1, "deg")),
        ("ranked sites", number(site.candidates)),
        ("safe cells on the map", number(site.map_safe_cells)),
        ("share of the ground truly safe", number(100.0 * site.truth_safe_share, 0, "%")),
        ("a truly safe point was there", "yes" if site.truth_has_safe_point else "no"),
        ("least bad taken, nothing safe", "yes" if site.least_bad else "no"),
    )


def _probability(share: float) -> str:
    """Write a probability; one that only rounds to certainty says so."""
    return "above 99.99 %" if share > 0.99995 else number(100.0 * share, 2, "%")


def _phases(landing: Landing) -> Rows:
    """List the phases."""
    return [
        (
            phase.name,
            number(phase.start_s, 1, "s"),
            number(phase.altitude_m, 1, "m"),
            number(phase.height_m, 1, "m"),
            number(phase.vertical_speed_mps, 2, "m/s"),
            number(phase.horizontal_speed_mps, 2, "m/s"),
            number(phase.mass_kg, 1, "kg"),
        )
        for phase in landing.phases
    ]


def _stack(landing: Landing) -> Rows:
    """List what flew to the Moon, and what came down."""
    vehicle, stack = landing.plan.vehicle, vars(landing.plan.vehicle.stack_kg)
    parts = [(name.replace("_", " "), number(kg, 0, "kg")) for name, kg in stack.items() if kg]
    return [
        *parts,
        (Markup("<strong>launched</strong>"), number(sum(stack.values()), 0, "kg")),
        (Markup("<strong>descending</strong>"), number(vehicle.descent_mass_kg, 0, "kg")),
        ("of which usable propellant", number(vehicle.usable_propellant_kg, 0, "kg")),
    ]


def _sky(landing: Landing) -> Rows:
    """List where Sun and Earth stood."""
    return [
        (name, number(body.azimuth_deg, 1, "deg"), number(body.elevation_deg, 1, "deg"))
        for name, body in (("Sun", sun_at_landing(landing)), ("Earth", earth_at_landing(landing)))
    ]


def _link(landing: Landing) -> str:
    """Return whether the Earth is in sight."""
    up = earth_at_landing(landing).elevation_deg > 0.0
    return "The Earth is up." if up else "The Earth is below the horizon: no direct link."


def _timing(landing: Landing) -> Rows:
    """List what this machine took."""
    timing, tick = landing.timing, landing.timing.tick_us
    return (
        ("ticks that ran guidance", number(tick.get("count"))),
        ("median", number(tick.get("p50"), 2, "\u00b5s")),
        ("99 %", number(tick.get("p99"), 2, "\u00b5s")),
        ("99.9 %", number(tick.get("p99_9"), 2, "\u00b5s")),
        ("longest", number(tick.get("max"), 1, "\u00b5s")),
        ("ticks over their 10 ms", number(timing.slips)),
        ("points to chosen site", number(timing.hazard_map_ms, 1, "ms")),
    )


def _caption(name: str, landing: Landing) -> str:
    """Return what to look for in a figure."""
    said = CAPTIONS.get(name, "")
    return f"{said} {_braking_levels(landing.plan)}".rstrip() if name == "history" else said


def _braking_levels(plan: Mission) -> str:
    """Return how much of full thrust braking is planned at; nothing where no row brakes."""
    if plan.phases[0].law != "braking":
        return ""
    gains, margin = plan.guidance.braking, plan.guidance.thrust_margin
    opening, main, closing = (
        number(100.0 * (1.0 - margins * margin), 1)
        for margins in (gains.opening_margins, gains.main_margins, gains.closing_margins)
    )
    return (
        f"Braking is planned at {opening} % of full thrust over its first {gains.opening_s:g} s, "
        f"{main} % then and {closing} % over its last {gains.closing_s:g} s: the margin is kept "
        "where it costs least, and in between the thrust is all but the engine's limit."
    )


def _figure(picture: Picture, alt: str, caption: str) -> dict[str, object]:
    """Return a picture with its caption, and what it shows in words."""
    return {
        "type": picture.inline_type,
        "data": base64.b64encode(picture.inline).decode("ascii"),
        "width": picture.width,
        "height": picture.height,
        "alt": alt,
        "caption": caption,
    }
