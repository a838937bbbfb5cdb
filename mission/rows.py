"""What the rows of a phase table must be to one another, so that each is reached and ends."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf

from farside.mission.coasts import coast_faults
from farside.mission.phases import Phase

MOST_ROWS = 16

FIRST = ("braking", "trim", "quadratic", "hold")
"""The laws that a descent may begin with."""

STEERED = ("polynomial", "optimal", "e_guidance")
"""The laws that come down to their own altitude_m and no further."""

Faults = Iterator[tuple[str, str]]


def count_faults(rows: Sequence[Phase]) -> Faults:
    """Yield too few rows, or too many."""
    if not 2 <= len(rows) <= MOST_ROWS:
        yield "phases", f"{len(rows)} rows; give 2 to {MOST_ROWS}"


def _key(row: Phase, key: str = "") -> str:
    return f"phases[{row.name}]" + (f".{key}" if key else "")


def first_faults(rows: Sequence[Phase]) -> Faults:
    """Yield a first row that cannot begin, and braking that does not begin with it."""
    if rows and rows[0].law not in FIRST:
        wanted = " or ".join(f'"{law}"' for law in FIRST)
        yield _key(rows[0], "law"), f"the first row must have law = {wanted}"
    if rows and rows[0].law == "braking":
        yield from coast_faults(rows)
        return
    for row in rows[1:]:
        if row.law == "braking":
            yield (
                _key(row, "law"),
                "braking is planned from initiation, so the first row must have it, too; give "
                '"optimal" or "polynomial"',
            )


def order_faults(rows: Sequence[Phase]) -> Faults:
    """Yield a row that needs another one beside it."""
    for i, row in enumerate(rows):
        if row.later_s > 0.0 and (i == 0 or rows[i - 1].law != "quadratic"):
            yield _key(row, "later_s"), "later than what? no quadratic row stands before"
    for row, after in pairwise(rows):
        if row.law == "trim" and after.law != "quadratic":
            yield _key(row, "law"), 'trim points as a law = "quadratic" row after it will'


def last_faults(rows: Sequence[Phase]) -> Faults:
    """Yield rows behind the landing, and a table without one."""
    if rows and (rows[-1].law, rows[-1].exit) != ("off", "rest"):
        yield _key(rows[-1]), 'the last row must have law = "off" and exit = "rest"'
    for row in rows[:-1]:
        if row.exit == "rest":
            yield _key(row, "exit"), "only the last row may wait for rest; change it"
    down = next((i for i, row in enumerate(rows) if row.exit == "contact"), len(rows))
    for row in rows[down + 1 :]:
        if row.law != "off":
            yield (
                _key(row, "law"),
                f'on the ground after {_key(rows[down])}; remove the row, or give law = "off"',
            )


def name_faults(rows: Sequence[Phase]) -> Faults:
    """Yield names that two rows have."""
    seen = set[str]()
    for row in rows:
        if row.name in seen:
            yield _key(row, "name"), "used by two rows; rename one"
        seen.add(row.name)


def scan_faults(rows: Sequence[Phase]) -> Faults:
    """Yield a scan that is never asked for, since a site stands already."""
    scanning = [row for row in rows if row.scan]
    for row in scanning[1:]:
        yield (
            _key(row, "scan"),
            f"{_key(scanning[0])} has chosen the site by then, so nothing is scanned; remove one",
        )


def altitude_faults(rows: Sequence[Phase], start_m: float) -> Faults:
    """Yield exits at an altitude that is met as the row begins, or never.

    Parameters
    ----------
    rows : sequence of Phase
    start_m : float
        Altitude where the first row begins [m]. Each later row begins at the altitude that the
        row before ends with, or below the one that it began with.
    """
    for row in rows:
        if row.exit in ("altitude", "height"):
            if row.exit_m >= start_m:
                yield (
                    _key(row, "exit_m"),
                    f"{row.exit_m:g} is met as the row begins, at {start_m:g} m or below; lower it",
                )
            if row.law in STEERED and row.exit_m <= row.altitude_m:
                yield (
                    _key(row, "exit_m"),
                    f"{row.exit_m:g} is never met: the row comes down to altitude_m, "
                    f'{row.altitude_m:g}, alone; give more, or exit = "time_to_go"',
                )
            if row.law == "braking" and row.exit_m <= row.altitude_m:
                yield (
                    _key(row, "exit_m"),
                    f"{row.exit_m:g} is not above altitude_m, {row.altitude_m:g}, where braking "
                    'ends by exit = "time_to_go"; give more, or that exit',
                )
        if row.exit == "contact" and row.law in STEERED and row.altitude_m > 0.0:
            yield (
                _key(row, "altitude_m"),
                f'{row.altitude_m:g} keeps the lander off the ground; exit = "contact" needs 0',
            )
        if row.law == "descend" and row.exit == "time_to_go":
            most_s = start_m / -min(row.vertical_speed_mps, -1e-9)
            if row.exit_s >= most_s:
                yield (
                    _key(row, "exit_s"),
                    f"{row.exit_s:g} is met as the row begins: from {start_m:g} m it has "
                    f"{most_s:.0f} s to go; lower it",
                )
        start_m = altitude_after(row, start_m)


def altitude_after(row: Phase, start_m: float) -> float:
    """Return the altitude that a row ends at or below [m], begun at start_m.

    Examples
    --------
    >>> altitude_after(Phase(name="a", law="descend", exit="height", exit_m=2.0), 30.0)
    2.0
    """
    if row.exit in ("contact", "rest"):
        return 0.0
    if row.law == "hold":
        return inf  # its thrust may well lift it
    if row.exit in ("altitude", "height"):
        return min(row.exit_m, start_m)
    if row.law == "hover":
        return row.altitude_m
    if row.law in ("braking", *STEERED) and row.exit == "time_to_go":
        return row.altitude_m
    if row.law == "descend" and row.exit == "elapsed":
        return max(start_m + row.vertical_speed_mps * row.exit_s, 0.0)
    if row.law == "descend" and row.exit == "time_to_go":
        return min(-row.vertical_speed_mps * row.exit_s, start_m)
    if row.law in STEERED:
        return max(start_m, row.altitude_m)
    return start_m
