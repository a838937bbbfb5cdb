"""A two-body orbit about the Moon as a table of a mission file, and the places along it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._random import elementary
from farside.mission.bounds import Doc, Positive, Title, Within
from farside.mission.moon import GM, MEAN_RADIUS_M, ROTATION_RADPS
from farside.mission.reader import Table

Array = NDArray[np.float64]
Angle = Annotated[float, Within(least=-360.0, most=360.0)]
#: Newton's steps on Kepler's equation; from E = pi they converge at every eccentricity below 1.
_NEWTON = 40


@dataclass(frozen=True, kw_only=True)
class LunarOrbit(Table):
    """An orbit about the Moon at powered-descent initiation, against the lunar equator."""

    rules: ClassVar = ("shape",)

    name: Annotated[Title, Doc("what it is called")]
    perilune_altitude_m: Annotated[Positive, Doc("above the 1737.4 km sphere")]
    apolune_altitude_m: Annotated[Positive, Doc("the same")]
    inclination_deg: Annotated[float, Within(least=0.0, most=180.0), Doc("to the lunar equator")]
    perilune_argument_deg: Annotated[Angle, Doc("from the ascending node")]
    node_longitude_deg: Annotated[
        Angle, Doc("of the ascending node, mean Earth, at powered-descent initiation")
    ]
    phase_deg: Annotated[Angle, Doc("mean anomaly at powered-descent initiation")]

    def shape(self) -> Iterator[tuple[str, str]]:
        """Yield an apolune below the perilune."""
        if self.apolune_altitude_m < self.perilune_altitude_m:
            yield (
                "apolune_altitude_m",
                f"{self.apolune_altitude_m:g} is below perilune_altitude_m, "
                f"{self.perilune_altitude_m:g}; swap them",
            )

    @property
    def semi_major_m(self) -> float:
        """Half the long axis [m]."""
        return MEAN_RADIUS_M + 0.5 * (self.perilune_altitude_m + self.apolune_altitude_m)

    @property
    def eccentricity(self) -> float:
        """Of the ellipse."""
        return 0.5 * (self.apolune_altitude_m - self.perilune_altitude_m) / self.semi_major_m

    @property
    def period_s(self) -> float:
        """Of one turn [s]."""
        a = self.semi_major_m
        return 2.0 * math.pi * math.sqrt(a * a * a / GM)

    def places(
        self, seconds: Array, node_deg: float = 0.0, phase_deg: Array | float = 0.0
    ) -> Array:
        """Return places, Moon-fixed (mean Earth) from the Moon's centre [m].

        Parameters
        ----------
        seconds : ndarray (N,)
            Since powered-descent initiation.
        node_deg : float
            Added to the orbit's node.
        phase_deg : float or ndarray (N,)
            Added to its mean anomaly.

        Returns
        -------
        ndarray (N, 3)
        """
        e, a = self.eccentricity, self.semi_major_m
        mean = (self.phase_deg + phase_deg) * (math.pi / 180.0)
        mean = mean + 2.0 * math.pi * seconds / self.period_s
        anomaly = eccentric_anomaly(mean, e)
        sine, cosine = _sines(anomaly)
        # along the perilune, and across it in the plane
        p = a * (cosine - e)
        q = a * math.sqrt(1.0 - e * e) * sine
        turned = math.radians(self.node_longitude_deg + node_deg) - ROTATION_RADPS * seconds
        sin_node, cos_node = _sines(turned)
        sin_perilune, cos_perilune = _sines(np.array([math.radians(self.perilune_argument_deg)]))
        sin_tilt, cos_tilt = _sines(np.array([math.radians(self.inclination_deg)]))
        along = cos_perilune * p - sin_perilune * q  # towards the node
        across = sin_perilune * p + cos_perilune * q
        return np.stack(
            [
                cos_node * along - sin_node * cos_tilt * across,
                sin_node * along + cos_node * cos_tilt * across,
                sin_tilt * across,
            ],
            axis=-1,
        )


def eccentric_anomaly(mean: Array, eccentricity: float) -> Array:
    """Solve Kepler's equation E - e sin E = M for E [rad], (N,), by Newton from pi.

    From there the steps come down upon the root from one side, whatever the eccentricity
    (Charles & Tatum 1997).
    """
    turns = np.floor(mean / (2.0 * math.pi))
    left = mean - 2.0 * math.pi * turns
    anomaly = np.full_like(left, math.pi)
    for _ in range(_NEWTON):
        sine, cosine = _sines(anomaly)
        anomaly -= (anomaly - eccentricity * sine - left) / (1.0 - eccentricity * cosine)
    return anomaly + 2.0 * math.pi * turns


def _sines(angle: Array) -> tuple[Array, Array]:
    """Return sine and cosine with the same bits on every CPU."""
    angle = np.ascontiguousarray(angle, dtype=np.float64)
    sine, cosine = np.empty_like(angle), np.empty_like(angle)
    elementary("sin", angle, sine)
    elementary("cos", angle, cosine)
    return sine, cosine
