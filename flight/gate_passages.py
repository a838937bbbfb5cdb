"""The gates of a flight: the true state at moments that were published, beside what was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.flight.landing import GatePassage
from farside.flight.track import base_of
from farside.flight.wiring import Flight
from farside.mission.gates import Gate

#: Full thrust, to within what rounding leaves of it.
FULL = 1.0 - 1e-9


def gate_passages(flight: Flight) -> tuple[GatePassage, ...]:
    """Return the mission's gates that the flight came through, in their order.

    Parameters
    ----------
    flight : Flight
        One that has ended.
    """
    if not flight.mission.gates:
        return ()
    rho = base_of(flight.mission, flight.flown) - flight.frame.centre_site
    distance = deterministic.lengths(rho)
    altitude = distance - flight.frame.radius_m
    found = []
    for gate in flight.mission.gates:
        row = _row_of(flight, gate, altitude)
        if row is None:
            continue
        up = rho[row] / distance[row]
        v = flight.flown["v_site"][row]
        inertial = v + np.cross(flight.frame.omega_site, rho[row])
        found.append(
            GatePassage(
                name=gate.name,
                time_s=float(flight.flown["tick"][row]) * TICK_S,
                altitude_m=float(altitude[row]),
                vertical_speed_mps=deterministic.dot(v, up),
                speed_mps=deterministic.length(inertial),
                published_time_s=gate.published_s,
                published_altitude_m=gate.published_altitude_m,
                published_vertical_speed_mps=gate.published_vertical_mps,
                published_speed_mps=gate.published_speed_mps,
                source=gate.source,
                secondary=gate.secondary,
            )
        )
    return tuple(found)


def _row_of(flight: Flight, gate: Gate, altitude: NDArray[np.float64]) -> int | None:
    """Find the row of telemetry where a gate is come through."""
    rows = flight.flown
    if gate.phase is not None:
        names = [phase.name for phase in flight.mission.phases]
        passed = rows["phase"] == names.index(gate.phase)
    elif gate.below_m is not None:
        passed = altitude <= gate.below_m
    else:
        full = rows["cmd_thrust_n"] >= FULL * flight.mission.vehicle.engine.thrust_max_n
        passed = ~full & (np.cumsum(full) > 0)
    return int(np.argmax(passed)) if passed.any() else None
