"""What a figure of a landing shows, in words, for readers who cannot see it."""

import numpy as np

from farside.flight.landing import Landing
from farside.mission.units import number
from farside.report.errors import errors_of
from farside.report.reasons import painted_shares, percent
from farside.report.track import Track
from farside.report.verdict import fault_line

MOST_SPANS = 12


def alternatives(landing: Landing) -> dict[str, str]:
    """Return the text alternative of each figure by its name.

    Parameters
    ----------
    landing : Landing
        Any finished flight.
    """
    track = Track(landing)
    if not len(track.t_s):
        return dict.fromkeys(
            ("descent", "history", "hazards", "touchdown", "cameras", "navigation", "sensors"),
            "An empty figure: the flight has no telemetry.",
        )
    return {
        "descent": _descent(track),
        "history": _history(track),
        "hazards": _hazards(landing),
        "touchdown": _touchdown(landing),
        "cameras": _cameras(landing),
        "navigation": _navigation(track),
        "sensors": _sensors(landing),
    }


def _cameras(landing: Landing) -> str:
    """Describe how many images were used, and where the last of them left the estimate."""
    looks = landing.looks
    taken = sum(look.taken for look in looks)
    said = f"{len(looks)} images of the cameras, {taken} of them used."
    errors = [look.error_m for look in looks if look.error_m is not None]
    if errors:
        said += f" Error of the place after the last: {number(errors[-1], 1, 'm')}."
    return said


def _descent(track: Track) -> str:
    """Describe where the path leads, and through which phases."""
    names = ", ".join(words for _, words in track.keys())
    first, last = track.downrange_m[0] * 1e-3, track.downrange_m[-1]
    return (
        f"Altitude against downrange, from {number(track.altitude_m[0] * 1e-3, 1, 'km')} high and "
        f"{number(abs(first), 0, 'km')} from the site to {number(track.altitude_m[-1], 1, 'm')} "
        f"high and {number(abs(last), 1, 'm')} from it. Phases: {names}."
    )


def _history(track: Track) -> str:
    """Describe what ranges the five quantities cover."""
    telemetry = track.landing.telemetry
    spans = (
        ("vertical speed", track.vertical_mps, 1, "m/s"),
        ("horizontal speed", track.horizontal_mps, 1, "m/s"),
        ("thrust", telemetry["thrust_n"] * 1e-3, 2, "kN"),
        ("tilt", track.tilt_deg, 1, "deg"),
        ("mass", telemetry["mass_kg"], 0, "kg"),
    )
    said = []
    for name, values, digits, unit in spans:
        known = values[np.isfinite(values)]
        if len(known):
            low, high = number(known.min(), digits), number(known.max(), digits, unit)
            said.append(f"{name} {low} to {high}")
    return f"Five charts against time, {number(track.t_s[-1], 1, 's')} long: {', '.join(said)}."


def _hazards(landing: Landing) -> str:
    """Describe how much of the map is safe, what speaks against the rest, and where it went."""
    if landing.imaging is None:
        return "No map was made."
    hazards, site = landing.imaging.hazards, landing.site
    against = ", ".join(
        f"{name} {percent(share)}" for name, _, share in painted_shares(hazards)[1:] if share
    )
    return (
        f"The lander's map: {percent(float(hazards.safe.mean()))} of it is safe"
        + (f"; {against}" if against else "")
        + f". {len(landing.imaging.sites)} ranked sites; the chosen one is "
        f"{number(site.divert_m, 1, 'm')} from the hover, with "
        f"{number(site.clearance_m, 1, 'm')} of clearance. Beside it relief, slope, roughness and "
        "clearance of the same ground."
    )


def _touchdown(landing: Landing) -> str:
    """Describe what the ground about the place of rest is like."""
    met = landing.touchdown
    return (
        "The true ground seen from above, and the footpads on it: slope "
        f"{number(met.ground_slope_deg, 1, 'deg')}, roughness "
        f"{number(met.ground_roughness_m, 2, 'm')}, at rest tilted by "
        f"{number(met.rest_tilt_deg, 1, 'deg')}, {number(met.miss_m, 2, 'm')} from the chosen site."
    )


def _navigation(track: Track) -> str:
    """Describe how large the errors were at the end."""
    telemetry = track.landing.telemetry
    position = np.linalg.norm(telemetry["r_site"][-1] - telemetry["est_r_site"][-1])
    velocity = np.linalg.norm(telemetry["v_site"][-1] - telemetry["est_v_site"][-1])
    outside = [
        f"{error.name} {percent(error.share_outside)}"
        for error in errors_of(track)
        if error.share_outside > 0.0
    ]
    return (
        "Truth less estimate against the time left, before 3 sigma of the filter: position, "
        "velocity, attitude, height and drift in the map. At the end "
        f"{number(float(position), 1, 'm')} and {number(float(velocity), 3, 'm/s')}. Outside 3 "
        f"sigma: {', '.join(outside) or 'nothing'}."
    )


def _sensors(landing: Landing) -> str:
    """Describe which sensors were not believed, and the faults that began."""
    gone = [
        f"{span.unit} {span.state} from {number(span.from_s, 1)} to {number(span.to_s, 1, 's')}"
        for span in landing.health
        if span.state != "doubted"
    ]
    faults = [fault_line(fault) for fault in landing.faults if fault.began_s is not None]
    shown = ", ".join(gone[:MOST_SPANS]) + (", and more" if len(gone) > MOST_SPANS else "")
    return " ".join(
        (
            "What was believed of each sensor against time, with its innovations in their gates.",
            f"Not believed: {shown}." if gone else "All were believed.",
            *faults,
        )
    )
