"""Coasts between burns of braking: rows of law hold with the engine off, between rows of braking.

    burn | coast | burn | coast | burn          exit = "elapsed" but of the last burn

All burns fly to one gate, and guidance predicts the flight through the coasts to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farside.mission.phases import Phase

#: Coasts that guidance predicts through at the most: MOST_COASTS of ext/guidance/records/plan.pxd.
MOST_COASTS = 6
_GATE = ("altitude_m", "range_m", "vertical_speed_mps", "horizontal_speed_mps")

Faults = Iterator[tuple[str, str]]


def last_burn(rows: Sequence[Phase]) -> int:
    """Return which row ends braking, from 0; -1 where no row brakes.

    Parameters
    ----------
    rows : sequence of Phase
        The phase table.
    """
    return max((i for i, row in enumerate(rows) if row.law == "braking"), default=-1)


def coasts_of(rows: Sequence[Phase]) -> tuple[tuple[float, float], ...]:
    """Return when the coasts between the burns of braking begin and end.

    Parameters
    ----------
    rows : sequence of Phase
        The phase table.

    Returns
    -------
    tuple of (float, float)
        Since initiation [s], rising; none where braking is one burn.

    Examples
    --------
    >>> from farside.mission.phases import Phase
    >>> burn = Phase(name="burn", law="braking", exit="elapsed", exit_s=100.0)
    >>> coast = Phase(name="coast", law="hold", exit="elapsed", exit_s=40.0, throttle=0.0)
    >>> last = Phase(name="last", law="braking", exit="time_to_go", exit_s=0.3)
    >>> coasts_of((burn, coast, last))
    ((100.0, 140.0),)
    """
    found, at_s = [], 0.0
    for row in rows[: max(last_burn(rows), 0)]:
        if row.law == "hold":
            found.append((at_s, at_s + row.exit_s))
        at_s += row.exit_s
    return tuple(found)


def coast_faults(rows: Sequence[Phase]) -> Faults:
    """Yield rows of braking between which no coast is predicted.

    Parameters
    ----------
    rows : sequence of Phase
        The phase table, whose first row brakes.

    Yields
    ------
    tuple of str
        Key and fault.
    """
    last = last_burn(rows)
    if last < 1:
        return
    for row in rows[: last + 1]:
        key = f"phases[{row.name}]"
        if row.law == "hold" and row.throttle != 0.0:
            yield f"{key}.throttle", "between two rows of braking the engine is off; give 0"
        elif row.law not in ("braking", "hold"):
            yield (
                f"{key}.law",
                'braking is planned from initiation; between its rows none but law = "hold" may '
                "stand; move it",
            )
        elif row is not rows[last] and row.exit != "elapsed":
            yield (
                f"{key}.exit",
                "braking goes on behind this row, and is planned with the time that it takes; "
                'give "elapsed"',
            )
        if row.law == "braking":
            for part in _GATE:
                if getattr(row, part) != getattr(rows[last], part):
                    yield (
                        f"{key}.{part}",
                        f"{getattr(row, part):g} is not that of {rows[last].name}, "
                        f"{getattr(rows[last], part):g}: all burns fly to one gate; give one",
                    )
    coasts = sum(row.law == "hold" for row in rows[:last])
    if coasts > MOST_COASTS:
        yield "phases", f"{coasts} coasts between rows of braking; give {MOST_COASTS} at the most"
