"""Whether the relay could hear the descent. It does not steer it: the lander asks no one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._random import elementary
from farside.ext.common._records import TICK_S
from farside.mission.ephemeris import parse_utc

if TYPE_CHECKING:
    from farside.flight.wiring import Flight

Array = NDArray[np.float64]
#: Ticks between looks for the relay: 10 s, in which it moves by less than half a degree.
LOOK_EVERY = 1000


@dataclass(frozen=True)
class RelayView:
    """The relay in the lander's sky: elevations [deg] above the local horizontal."""

    name: str
    elevation_initiation_deg: float
    elevation_rest_deg: float
    in_view_initiation: bool  # above the mission's mask
    in_view_share: float  # of the flight's time
    in_view_rest: bool  # the landing itself could be told home


def relay_view(flight: Flight) -> RelayView | None:
    """Return the relay's view of a flight that has ended; None for a mission without a relay."""
    relay = flight.mission.relay
    if relay is None:
        return None
    rows = flight.flown
    ticks = np.append(np.arange(0, len(rows) - 1, LOOK_EVERY), len(rows) - 1)
    seconds = TICK_S * ticks.astype(np.float64)
    node, phase = flight.inputs["relay_node_deg"], flight.inputs["relay_phase_deg"]
    epoch = parse_utc(flight.mission.epoch.pdi_utc)
    places = in_site(flight, relay.places(epoch, seconds, node, phase))
    elevations = elevations_deg(rows["r_site"][ticks] - flight.frame.centre_site, places)
    above = elevations > relay.mask_deg
    return RelayView(
        name=relay.name,
        elevation_initiation_deg=float(elevations[0]),
        elevation_rest_deg=float(elevations[-1]),
        in_view_initiation=bool(above[0]),
        in_view_share=int(np.count_nonzero(above)) / len(above),
        in_view_rest=bool(above[-1]),
    )


def in_site(flight: Flight, r_moon: Array) -> Array:
    """Turn places from the Moon's centre, mean Earth, into site axes about the same centre."""
    east, north, up = flight.frame.moon_to_site
    return np.stack([_dots(r_moon, row) for row in (east, north, up)], axis=-1)


def elevations_deg(lander: Array, relay: Array) -> Array:
    """Return the relay's elevations [deg] from the lander; places from the Moon's centre, (N, 3).

    Sums are written out: a library's dot product has other bits on another CPU.
    """
    way = relay - lander
    sine = _dots(way, lander) / np.sqrt(_dots(way, way) * _dots(lander, lander))
    out = np.empty_like(sine)
    elementary("asin", np.clip(sine, -1.0, 1.0), out)
    degrees: Array = out * (180.0 / math.pi)
    return degrees


def _dots(a: Array, b: Array) -> Array:
    """Return products of vectors (..., 3), summed in order."""
    dots: Array = a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return dots
