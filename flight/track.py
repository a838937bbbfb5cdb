"""A flight's telemetry as an inquiry needs it: altitudes, speeds, tilts, and rows by phase."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.mission import Mission
from farside.mission.attitude import body_z
from farside.mission.phases import flown_phases

if TYPE_CHECKING:
    from farside.flight.landing import Landing

Array = NDArray[np.float64]

#: Of a mass that has come down to the dry one [kg].
DRY = 1e-6


@dataclass(frozen=True)
class Stretch:
    """The rows [first, end) of a phase of the table."""

    number: int  # row of the phase table
    name: str
    first: int
    end: int

    @property
    def seconds(self) -> float:
        """How long it took [s]."""
        return (self.end - self.first) * TICK_S


@dataclass(frozen=True)
class Track:
    """Telemetry of a flight, with what follows from it; truth unless its name begins with est.

    contact is the row of the first contact, or the last one; end the row that the powered flight
    ended in: that one, or the one before in which the tanks were dry.
    """

    landing: Landing
    contact: int

    @cached_property
    def end(self) -> int:
        """Row of the end of the powered flight."""
        mass = self.rows["mass_kg"][: self.contact + 1]
        vehicle = self.landing.plan.vehicle
        dry = mass <= mass[0] - vehicle.motor_kg - vehicle.usable_propellant_kg + DRY
        return int(np.argmax(dry)) if dry.any() else self.contact

    @property
    def rows(self) -> NDArray[np.void]:
        """All rows."""
        return self.landing.telemetry

    def seconds(self, row: int) -> float:
        """Return the time of a row [s since initiation]."""
        return float(self.rows["tick"][row]) * TICK_S

    def phase_at(self, row: int) -> str:
        """Name the phase of a row."""
        return flown_phases(self.landing.plan.phases)[int(self.rows["phase"][row])].name

    @cached_property
    def up(self) -> Array:
        """(N, 3) local verticals, site axes."""
        return _unit(self.rows["r_site"] + np.array([0.0, 0.0, self.landing.radius_m]))

    @cached_property
    def altitude_m(self) -> Array:
        """(N,) height of the base above the site's radius [m]."""
        base = base_of(self.landing.plan, self.rows) + np.array([0.0, 0.0, self.landing.radius_m])
        return np.asarray(deterministic.lengths(base) - self.landing.radius_m)

    @cached_property
    def climb_mps(self) -> Array:
        """(N,) vertical speed [m/s], positive up."""
        return np.asarray((self.rows["v_site"] * self.up).sum(axis=1))

    @cached_property
    def level_mps(self) -> Array:
        """(N,) horizontal speed [m/s]."""
        v = self.rows["v_site"] - self.climb_mps[:, None] * self.up
        return np.asarray(deterministic.lengths(v))

    @cached_property
    def away_m(self) -> Array:
        """(N,) distance along the Moon from the nominal site [m]."""
        level = deterministic.hypot(self.up[:, 0], self.up[:, 1])
        return np.asarray(self.landing.radius_m * deterministic.arctan2(level, self.up[:, 2]))

    @cached_property
    def axis(self) -> Array:
        """(N, 3) thrust axis, site axes."""
        return body_z(self.rows["q_site_body"])

    @cached_property
    def tilt_deg(self) -> Array:
        """(N,) thrust axis from the vertical [deg]."""
        return angles_deg(self.axis, self.up)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """Phases up to the end of the powered flight, in order."""
        phases = self.rows["phase"][: self.end + 1]
        firsts = [0, *(np.flatnonzero(np.diff(phases)) + 1).tolist(), len(phases)]
        return tuple(
            Stretch(int(phases[a]), self.phase_at(a), a, b) for a, b in itertools.pairwise(firsts)
        )

    def spent(self, end: int) -> Iterator[tuple[str, float, float]]:
        """Yield name, time [s] and propellant [kg] of each phase up to a row."""
        mass = self.rows["mass_kg"]
        for stretch in self.stretches:
            last = min(stretch.end, end, len(mass) - 1)
            if last > stretch.first:
                kg = float(mass[stretch.first] - mass[last])
                yield stretch.name, (last - stretch.first) * TICK_S, kg


def base_of(mission: Mission, row: NDArray[np.void]) -> NDArray[np.float64]:
    """Return where the base is [m], site axes: of a record with pose and mass, or of many.

    Parameters
    ----------
    mission : Mission
    row : structured array
        With r_site, q_site_body and mass_kg: telemetry, or estimates.

    Returns
    -------
    ndarray, (..., 3)
        r - h(m) R(q) z, with h the height of the centre of mass; its offset from the thrust axis
        is left out.
    """
    com = np.asarray(mission.vehicle.com_height_m(row["mass_kg"]))
    base: NDArray[np.float64] = row["r_site"] - com[..., None] * body_z(row["q_site_body"])
    return base


def track_of(landing: Landing) -> Track:
    """Return the track of a landing with at least a row of telemetry."""
    touched = np.flatnonzero(landing.telemetry["flags"] & 1)
    return Track(landing, int(touched[0]) if len(touched) else len(landing.telemetry) - 1)


def angles_deg(a: Array, b: Array) -> Array:
    """Return angles [deg] between unit vectors (N, 3)."""
    across = deterministic.lengths(np.cross(a, b))
    return np.asarray(np.degrees(deterministic.arctan2(across, (a * b).sum(axis=-1))))


def _unit(a: Array) -> Array:
    return np.asarray(a / deterministic.lengths(a)[:, None])
