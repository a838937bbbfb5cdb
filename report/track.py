"""The flown path in the numbers that people read: altitude, downrange, speeds, tilt, phases."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S
from farside.flight.landing import Landing
from farside.mission.attitude import body_z
from farside.mission.phases import Phase, flown_phases
from farside.report.palette import phase_colour

Array = NDArray[np.float64]

MOST_POINTS = 2000  # of a line: more than a figure has pixels across


@dataclass(frozen=True)
class Span:
    """A stretch of the telemetry inside one phase: rows [first, last)."""

    row: int  # of the phase table
    phase: Phase
    first: int
    last: int

    @property
    def name(self) -> str:
        """Of the phase."""
        return self.phase.name


@dataclass(frozen=True)
class Track:
    """What the truth in a landing's telemetry says; arrays are (N,), angles in degrees."""

    landing: Landing

    @cached_property
    def t_s(self) -> Array:
        """Time since powered-descent initiation."""
        return np.asarray(self.landing.telemetry["tick"] * TICK_S)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The phases in the order flown."""
        phase = self.landing.telemetry["phase"]
        if not len(phase):
            return ()
        edges = [0, *(np.flatnonzero(np.diff(phase)) + 1).tolist(), len(phase)]
        table = flown_phases(self.landing.plan.phases)
        return tuple(
            Span(row, table[row], first, last)
            for first, last in pairwise(edges)
            for row in (int(phase[first]),)
        )

    def number(self, row: int) -> int:
        """Return the number of a row of the phase table in the order flown, from 1."""
        return list(dict.fromkeys(span.row for span in self.spans)).index(row) + 1

    def keys(self, spans: "tuple[Span, ...] | None" = None) -> list[tuple[str, str]]:
        """Return colour and numbered name of each phase flown, or of the spans given, once each."""
        names = {span.row: span.name for span in (self.spans if spans is None else spans)}
        return [(phase_colour(row), f"{self.number(row)} {name}") for row, name in names.items()]

    @cached_property
    def outward(self) -> Array:
        """Unit vectors from the Moon's centre to the lander, site axes, (N, 3)."""
        arm = self.landing.telemetry["r_site"] + np.array([0.0, 0.0, self.landing.radius_m])
        return np.asarray(arm / np.linalg.norm(arm, axis=1, keepdims=True))

    @cached_property
    def thrust_axis(self) -> Array:
        """Body z in site axes, (N, 3)."""
        return body_z(self.landing.telemetry["q_site_body"])

    @cached_property
    def base_site(self) -> Array:
        """Centre of the footpad plane [m], site, (N, 3)."""
        height = self.landing.plan.vehicle.com_height_m(self.landing.telemetry["mass_kg"])
        return np.asarray(self.landing.telemetry["r_site"] - height[:, None] * self.thrust_axis)

    @cached_property
    def altitude_m(self) -> Array:
        """Height of the base above the site's radius."""
        arm = self.base_site + np.array([0.0, 0.0, self.landing.radius_m])
        return np.asarray(np.linalg.norm(arm, axis=1) - self.landing.radius_m)

    @cached_property
    def downrange_m(self) -> Array:
        """Arc along the arrival's great circle at the site's radius; negative short of the site."""
        azimuth = np.radians(self.landing.plan.orbit.arrival_azimuth_deg)
        onward = self.outward @ np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
        return np.asarray(self.landing.radius_m * np.arctan2(onward, self.outward[:, 2]))

    @cached_property
    def vertical_mps(self) -> Array:
        """Moon-fixed speed along the local vertical, positive up."""
        return np.asarray(np.einsum("ij,ij->i", self.landing.telemetry["v_site"], self.outward))

    @cached_property
    def horizontal_mps(self) -> Array:
        """Moon-fixed speed across the local vertical."""
        v = self.landing.telemetry["v_site"]
        level = v - self.vertical_mps[:, None] * self.outward
        return np.asarray(np.linalg.norm(level, axis=1))

    @cached_property
    def tilt_deg(self) -> Array:
        """Thrust axis from the local vertical."""
        cosine = np.einsum("ij,ij->i", self.thrust_axis, self.outward)
        return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))

    @cached_property
    def contact(self) -> int | None:
        """Row of the first contact; None where nothing was touched."""
        touched = np.flatnonzero(self.landing.telemetry["flags"] & 1)
        return int(touched[0]) if len(touched) else None

    def last_stretch(self, longest_s: float = 120.0) -> int:
        """First row of the last phases that together take at most longest_s."""
        if not len(self.t_s):
            return 0
        earliest = self.t_s[-1] - longest_s
        starts = [span.first for span in self.spans if self.t_s[span.first] >= earliest]
        return starts[0] if starts else int(np.searchsorted(self.t_s, earliest))


def stride(first: int, last: int, most: int = MOST_POINTS) -> slice:
    """Every so many rows of [first, last), at most `most` of them: for smooth curves."""
    return slice(first, last, max(1, -(-(last - first) // most)))


def thin(t: Array, y: Array, most: int = 1200) -> tuple[Array, Array]:
    """Draw a long noisy series with few points, without losing a spike.

    Each bin of neighbouring samples keeps its least and its greatest.

    Parameters
    ----------
    t, y : ndarray, (N,)
        Series; a bin with nothing but NaN stays a gap.
    most : int
        Largest number of points to give back; half of them is a bin for each pixel across.
    """
    width = -(-2 * len(y) // most)
    if width <= 2:
        return t, y
    starts = np.arange(0, len(y), width)
    least, greatest = np.fmin.reduceat(y, starts), np.fmax.reduceat(y, starts)
    return np.repeat(t[starts], 2), np.stack([least, greatest], axis=1).ravel()


def bins_of(share: Array, bins: int) -> NDArray[np.intp]:
    """Return the first sample in each bin across an axis that holds any.

    Parameters
    ----------
    share : ndarray, (N,)
        Where each sample is on the axis: from 0 to 1, never falling.
    bins : int
        Across the axis: one a pixel shows all there is.
    """
    bin_of = np.floor(share * bins)
    return np.flatnonzero(np.concatenate([[True], bin_of[1:] != bin_of[:-1]])[: len(share)])


def envelope(y: Array, first: NDArray[np.intp]) -> Array:
    """Return the least and the greatest of a series in each bin, (M, 2).

    Parameters
    ----------
    y : ndarray, (N,)
        Series; a bin with nothing but NaN stays NaN.
    first : ndarray, (M,)
        From `bins_of`.
    """
    if not len(first):
        return np.zeros((0, 2))
    return np.stack([np.fmin.reduceat(y, first), np.fmax.reduceat(y, first)], axis=1)
