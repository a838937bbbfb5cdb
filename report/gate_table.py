"""The gates of a flight in words: ours above what was published, and where that was."""

from farside.flight.landing import Landing
from farside.mission.units import number

HEADS = ("time", "altitude", "altitude", "vertical", "speed", "speed")
UNITS = ("s", "m", "ft", "m/s", "m/s", "ft/s")
FOOT_M = 0.3048


def gate_rows(landing: Landing) -> list[tuple[str, ...]]:
    """Return two rows for each gate, flown and published: a name, then `HEADS` in `UNITS`."""
    rows = []
    for gate in landing.gates:
        flown = (gate.time_s, gate.altitude_m, gate.vertical_speed_mps, gate.speed_mps)
        published = (
            gate.published_time_s,
            gate.published_altitude_m,
            gate.published_vertical_speed_mps,
            gate.published_speed_mps,
        )
        mark = "published *" if gate.secondary else "published"
        rows += [(gate.name, *_numbers(*flown)), (mark, *_numbers(*published))]
    return rows


def gate_notes(landing: Landing) -> list[str]:
    """Return the sources, secondary ones with a star, and what the star means."""
    sources = dict.fromkeys((gate.source, gate.secondary) for gate in landing.gates)
    notes = [("* " if secondary else "") + source for source, secondary in sources]
    if any(secondary for _, secondary in sources):
        notes.append("* quotes or remembers another source, which was not read.")
    return [*notes, "Altitudes count from the site's radius; speeds are inertial."]


def _numbers(
    time_s: float | None,
    altitude_m: float | None,
    vertical_mps: float | None,
    speed_mps: float | None,
) -> tuple[str, ...]:
    """Write one row's numbers."""
    return (
        number(time_s),
        number(altitude_m),
        number(_feet(altitude_m)),
        number(vertical_mps, 1),
        number(speed_mps, 1),
        number(_feet(speed_mps)),
    )


def _feet(metres: float | None) -> float | None:
    """Return metres in feet."""
    return None if metres is None else metres / FOOT_M
