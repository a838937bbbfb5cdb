"""What became of an abort, from the truth's state and the telemetry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S
from farside.guidance.ascent_flight import osculating
from farside.guidance.autopilot import AbortCause, AbortStep
from farside.mission.moon import MEAN_RADIUS_M

if TYPE_CHECKING:
    from farside.flight.wiring import Flight


#: The causes in words.
WHY = {
    AbortCause.NONE: "for no cause that is known",
    AbortCause.COMMAND: "by command",
    AbortCause.ENGINE: "the descent engine gave nothing",
    AbortCause.PROPELLANT: "the propellant left did not land it",
    AbortCause.FALL: "full thrust did not stop the fall above the ground",
}


@dataclass(frozen=True)
class Aborted:
    """An abort, or least harm where no way to orbit was left; None where that did not happen."""

    cause: str  # of AbortCause, in lower case
    way: str  # of farside.guidance.abort.AbortWay, in lower case
    began_s: float  # when the descent was left
    parted_s: float | None  # when the ascent stage parted
    stopped_s: float | None  # when the engine was told to stop for good
    least_harm_s: float | None  # when neither a landing nor an orbit was left
    reached: bool  # the orbit's periapsis is above abort.least_periapsis_m
    periapsis_m: float  # of the orbit at the end, above the mean sphere
    apoapsis_m: float
    inclination_deg: float  # to the Moon's equator
    propellant_kg: float  # used since it began, by engines and thrusters
    propellant_left_kg: float  # in the stage that flies at the end
    mass_kg: float  # at the end


def orbit_of(flight: Flight, row: np.void) -> tuple[float, float, float]:
    """Return the apsides [m above the mean sphere] and inclination [deg] of a true state."""
    frame = flight.frame
    turning = np.cross(frame.omega_site, row["r_site"] - frame.centre_site)
    return osculating(
        frame.to_moon(row["r_site"]),
        frame.vector_to_moon(row["v_site"] + turning),
        MEAN_RADIUS_M,
    )


def _way(steps: NDArray[np.integer[Any]], staged: bool, done: bool) -> str:
    """Name the way that was flown: by AbortWay, in lower case."""
    burnt = bool((steps == AbortStep.BURN).any())
    if staged:
        return "both_stages" if burnt else "ascent_stage"
    if burnt:
        return "descent_stage"
    return "there" if done else "none"


def abort_facts(flight: Flight, rows: NDArray[np.void]) -> Aborted | None:
    """Return what became of an abort; None for a descent that was never left."""
    last_row = len(flight.mission.phases)
    off = np.flatnonzero(rows["phase"] >= last_row)
    if not len(off):
        return None
    steps = rows["abort"] & 15
    harm = np.flatnonzero(rows["phase"] == last_row + 1)
    parted = np.flatnonzero(steps >= AbortStep.PARTED)
    done = np.flatnonzero(steps == AbortStep.DONE)
    staged = flight.loop.staged
    parted = parted if staged else parted[:0]
    begin, last = rows[off[0]], rows[-1]
    periapsis_m, apoapsis_m, inclination_deg = orbit_of(flight, last)
    vehicle = flight.mission.vehicle
    mass_kg = float(last["mass_kg"])
    dry_kg = float(rows["mass_kg"][0]) - vehicle.motor_kg - vehicle.usable_propellant_kg
    used_kg = float(begin["mass_kg"]) - mass_kg
    if staged and vehicle.ascent is not None:
        dry_kg = vehicle.ascent.mass_kg - vehicle.ascent.propellant_kg
        before = float(rows["mass_kg"][parted[0]])
        used_kg = float(begin["mass_kg"]) - before + vehicle.ascent.mass_kg - mass_kg
    return Aborted(
        cause=AbortCause(int(begin["abort"]) >> 4).name.lower(),
        way=_way(steps, staged, len(done) > 0),
        began_s=float(begin["tick"]) * TICK_S,
        parted_s=float(rows["tick"][parted[0]]) * TICK_S if len(parted) else None,
        stopped_s=float(rows["tick"][done[0]]) * TICK_S if len(done) else None,
        least_harm_s=float(rows["tick"][harm[0]]) * TICK_S if len(harm) else None,
        reached=bool(len(done)) and periapsis_m >= flight.mission.abort.least_periapsis_m,
        periapsis_m=periapsis_m,
        apoapsis_m=apoapsis_m,
        inclination_deg=inclination_deg,
        propellant_kg=used_kg,
        propellant_left_kg=mass_kg - dry_kg,
        mass_kg=mass_kg,
    )


def orbit_text(abort: Aborted) -> str:
    """Describe the orbit at the end of an abort in a few words."""
    low, high = abort.periapsis_m / 1e3, abort.apoapsis_m / 1e3
    return f"an orbit of {low:.1f} x {high:.1f} km at {abort.inclination_deg:.1f} deg"
