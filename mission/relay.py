"""The relay satellite of a far-side landing: in orbit about the Moon, or on a halo about L2."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.mission import three_bodies
from farside.mission.bounds import Doc, Positive, Title, Within
from farside.mission.lunar_orbit import Angle, LunarOrbit
from farside.mission.reader import FieldSpec, Table
from farside.mission.sky_places import turning_axes

Array = NDArray[np.float64]

_LUNAR = (
    "perilune_altitude_m", "apolune_altitude_m", "inclination_deg", "perilune_argument_deg",
    "node_longitude_deg",
)  # fmt: skip
_HALO = ("amplitude_m", "family")
#: Beyond it the family comes near the Moon, and equal steps do not follow it.
_MOST_AMPLITUDE_M = 45_000e3


@dataclass(frozen=True, kw_only=True)
class Relay(Table):
    """A relay's orbit at powered-descent initiation: about the Moon, or a halo about L2."""

    selectors: ClassVar = {
        "orbit": {"lunar": FieldSpec(needs=_LUNAR), "halo": FieldSpec(needs=_HALO)}
    }
    rules: ClassVar = ("shape",)

    name: Annotated[Title, Doc("what it is called")]
    orbit: Annotated[
        Literal["lunar", "halo"],
        Doc(
            "about the Moon, two bodies, against the lunar equator; or a halo about the Earth-Moon "
            "L2, three bodies, in axes that turn with Earth and Moon",
            "most relays are about the Moon",
        ),
    ] = "lunar"
    perilune_altitude_m: Annotated[Positive, Doc("above the 1737.4 km sphere")] | None = None
    apolune_altitude_m: Annotated[Positive, Doc("the same")] | None = None
    inclination_deg: (
        Annotated[float, Within(least=0.0, most=180.0), Doc("to the lunar equator")] | None
    ) = None
    perilune_argument_deg: Annotated[Angle, Doc("from the ascending node")] | None = None
    node_longitude_deg: (
        Annotated[Angle, Doc("of the ascending node, mean Earth, at powered-descent initiation")]
        | None
    ) = None
    amplitude_m: (
        Annotated[
            float,
            Within(least=100e3, most=_MOST_AMPLITUDE_M),
            Doc(
                "of a halo: half of the way from its lowest place to its highest, across the "
                "plane of the Moon's orbit, at the Moon's mean distance of 384 400 km"
            ),
        ]
        | None
    ) = None
    family: (
        Annotated[
            Literal["northern", "southern"],
            Doc("of a halo: the side on which it is farthest from the plane of the Moon's orbit"),
        ]
        | None
    ) = None
    phase_deg: Annotated[
        Angle,
        Doc(
            "at powered-descent initiation: mean anomaly; of a halo, of its period since it was "
            "farthest from the Moon and from the plane of the Moon's orbit"
        ),
    ]
    mask_deg: Annotated[
        float, Within(least=0.0, below=90.0), Doc("elevation it must stand above to be heard")
    ]

    def shape(self) -> Iterator[tuple[str, str]]:
        """Yield an apolune below the perilune."""
        if self.orbit == "lunar":
            yield from self.lunar.shape()

    @property
    def lunar(self) -> LunarOrbit:
        """The orbit about the Moon.

        Raises
        ------
        ValueError
            Of a halo.
        """
        keys = {name: getattr(self, name) for name in ("name", *_LUNAR, "phase_deg")}
        if None in keys.values():
            raise FarsideError(f"{self.name} is on a halo, not in orbit about the Moon")
        return LunarOrbit(**keys)

    @property
    def halo(self) -> three_bodies.Halo:
        """The halo orbit; lengths in distances of the Moon, times in months over 2 pi.

        Raises
        ------
        ValueError
            Of an orbit about the Moon.
        """
        if self.amplitude_m is None:
            raise FarsideError(f"{self.name} is in orbit about the Moon, on no halo")
        share = self.amplitude_m / three_bodies.MEAN_DISTANCE_M
        return three_bodies.halo(share, self.family == "northern")

    @property
    def period_s(self) -> float:
        """Of one turn [s]."""
        if self.orbit == "halo":
            return self.halo.period * three_bodies.TIME_S
        return self.lunar.period_s

    def places(
        self, epoch: datetime, seconds: Array, node_deg: float = 0.0, phase_deg: Array | float = 0.0
    ) -> Array:
        """Return places, Moon-fixed (mean Earth) from the Moon's centre [m].

        A halo is laid into the axes that turn with Earth and Moon, as large as their distance is
        at each instant, and runs with the Moon's longitude in place of time: in such coordinates
        the elliptic problem of three bodies has the circular one's equations but for a factor
        1 / (1 + e cos f) (Szebehely 1967).

        Parameters
        ----------
        epoch : datetime
            Powered-descent initiation, UTC; only a halo depends on it.
        seconds : ndarray (N,)
            Since then.
        node_deg : float
            Added to the node of an orbit about the Moon.
        phase_deg : float or ndarray (N,)
            Added to the phase.

        Returns
        -------
        ndarray (N, 3)

        Raises
        ------
        ValueError
            The ephemeris (1850 to 2149) does not reach an instant of a halo.
        """
        if self.orbit == "lunar":
            return self.lunar.places(seconds, node_deg, phase_deg)
        moon = turning_axes(epoch, np.concatenate([[0.0], seconds]))
        even = seconds / three_bodies.TIME_S
        ahead = (moon.longitude[1:] - moon.longitude[0] - even) / (2.0 * math.pi)
        swept = even + 2.0 * math.pi * (ahead - np.rint(ahead))
        turns = swept / self.halo.period + (self.phase_deg + phase_deg) / 360.0
        turning = self.halo.places(2.0 * math.pi * (turns - np.floor(turns)))
        out = sum(turning[:, k, None] * moon.axes[1:, k] for k in range(3))
        return np.asarray(moon.distance_m[1:, None] * out)
