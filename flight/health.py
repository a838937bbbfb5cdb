"""What the navigator believed of each sensor and beam, and when: read off the telemetry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_HZ
from farside.flight.looks import Doubt, Look, Use
from farside.mission.health import Health
from farside.navigation import Trust

#: Units of the columns of `trust`, by the names that faults have.
UNITS = (
    "star_tracker", "altimeter", "velocimeter.beam1", "velocimeter.beam2", "velocimeter.beam3",
    "height", "imu",
)  # fmt: skip
#: How many of them have innovations: all but the last.
MEASURING = 6
#: A state of ours: heard again after a silence, and inside its gate while it is tested.
RETURNING = 8
STATES: dict[int, str] = {
    int(trust): trust.name.removeprefix("TRUST_").lower() for trust in Trust
} | {RETURNING: "returning"}
#: What no list holds: there is nothing to say of it.
_PLAIN = (int(Trust.TRUST_BELIEVED), int(Trust.TRUST_UNHEARD))
#: Doubted reports that are nearer to each other count as one time of doubt [ticks].
_NEAR_TICKS = 100


@dataclass(frozen=True)
class HealthSpan:
    """A time in which a unit was not believed: ticks from from_s until to_s."""

    unit: str
    from_s: float  # since powered-descent initiation
    to_s: float
    state: str


def gates_of(keys: Health) -> NDArray[np.float64]:
    """Return the gate of each unit with innovations, in standard deviations of the innovation."""
    return np.sqrt([keys.gate_3, *[keys.gate_1] * (MEASURING - 1)])


def reports(telemetry: NDArray[np.void], i: int) -> NDArray[np.intp]:
    """Return the rows in which a unit's innovation is new.

    A report that is refused before it is tested (stuck, saturated) has none.

    Parameters
    ----------
    telemetry : structured array (N,)
    i : int
        Place in `UNITS`, below `MEASURING`.
    """
    if not len(telemetry):
        return np.zeros(0, np.intp)
    # compared as bits: a NaN is new only where it comes
    nu, sigma = (
        telemetry[name][:, i].copy().view(np.uint32) for name in ("innovation", "innovation_sigma")
    )
    fresh = (nu[1:] != nu[:-1]) | (sigma[1:] != sigma[:-1])
    return np.flatnonzero(np.concatenate([[sigma[0] != 0], fresh]))


def states(telemetry: NDArray[np.void], keys: Health) -> NDArray[np.uint8]:
    """Return the state of each unit in each tick, (N, 7): codes of `STATES`.

    `Trust` as the navigator has it, but for a unit that it calls rejected because it was silent:
    as long as its reports lie inside the gate, it is `RETURNING`.

    Parameters
    ----------
    telemetry : structured array (N,)
    keys : Health
        `[health]` of the mission, for the gates.
    """
    found = np.array(telemetry["trust"])
    gates = gates_of(keys)
    for i in range(MEASURING):
        column = found[:, i]
        spans = runs(column)
        back = [
            (first, last)
            for (before, _, _), (code, first, last) in pairwise(spans)
            if before == Trust.TRUST_SILENT and code == Trust.TRUST_REJECTED
        ]
        if not back:
            continue
        said = reports(telemetry, i)
        sigma = telemetry["innovation_sigma"][said, i]
        size = np.zeros(len(said))
        np.divide(np.abs(telemetry["innovation"][said, i]), sigma, out=size, where=sigma > 0.0)
        bad = said[~(size < gates[i])]
        for first, last in back:
            outside = bad[np.searchsorted(bad, first) : np.searchsorted(bad, last)]
            column[first : outside[0] if len(outside) else last] = RETURNING
    return found


def runs(column: NDArray[np.uint8]) -> list[tuple[int, int, int]]:
    """Return code, first row and row after the last of each stretch of equal codes."""
    if not len(column):
        return []
    edges = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist(), len(column)]
    return [(int(column[first]), first, last) for first, last in pairwise(edges)]


def health_spans(telemetry: NDArray[np.void], keys: Health) -> tuple[HealthSpan, ...]:
    """Return when which unit was not believed and why, by unit and time.

    What is left out: a unit that is believed, and one that has not been heard yet. `returning`
    counts as `silent`; doubted reports less than 1 s apart count as one time of doubt.

    Parameters
    ----------
    telemetry : structured array (N,)
        One row a tick, from tick 0 on.
    keys : Health
        `[health]` of the mission.

    Examples
    --------
    >>> from farside.flight import land
    >>> landing = land("chang-e-6", seed=3, faults=["velocimeter.beam1 zero from 700 s"])
    >>> spans = health_spans(landing.telemetry, landing.plan.health)
    >>> [span.state for span in spans if span.unit == "velocimeter.beam1"][:2]
    ['doubted', 'zero']
    """
    codes = states(telemetry, keys)
    codes[codes == RETURNING] = Trust.TRUST_SILENT
    return tuple(
        HealthSpan(unit, first / TICK_HZ, last / TICK_HZ, STATES[code])
        for i, unit in enumerate(UNITS)
        for code, first, last in _bridged(runs(codes[:, i]))
    )


def _bridged(spans: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Leave out what is plain, and make one of times of doubt that are near each other."""
    found: list[tuple[int, int, int]] = []
    for code, first, last in spans:
        if code in _PLAIN:
            continue
        doubted = code == Trust.TRUST_DOUBTED and bool(found) and found[-1][0] == code
        # between them it was believed: anything else would have been found since
        if doubted and first - found[-1][2] < _NEAR_TICKS:
            found[-1] = (code, found[-1][1], last)
        else:
            found.append((code, first, last))
    return found


def camera_spans(looks: Sequence[Look]) -> tuple[HealthSpan, ...]:
    """Return when a camera was not believed for what its images of landmarks showed.

    From the first such image to the next that is believed, or is the last; one that says nothing
    changes nothing.

    Parameters
    ----------
    looks : sequence of Look
        By time.

    Examples
    --------
    >>> camera_spans([])
    ()
    """
    found: list[HealthSpan] = []
    images = [look for look in looks if look.use == Use.LANDMARKS]
    for camera in sorted({look.camera for look in images}):
        begun: Look | None = None
        of_camera = [look for look in images if look.camera == camera]
        for look in of_camera:
            if look.doubt == Doubt.NONE and not look.taken:
                continue
            if begun is not None and look.doubt != begun.doubt:
                found.append(_camera_span(begun, look))
                begun = None
            if begun is None and look.doubt != Doubt.NONE:
                begun = look
        if begun is not None:
            found.append(_camera_span(begun, of_camera[-1]))
    return tuple(found)


def _camera_span(first: Look, end: Look) -> HealthSpan:
    return HealthSpan(f"camera.{first.camera}", first.time_s, end.time_s, first.doubt.value)
