"""How a detector gets to know the ground: a posted elevation model, or the returns of a lidar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._random import normals
from farside.ext.common._records import ROW
from farside.ground import Ground, places
from farside.mission import Mission
from farside.mission.integers import seed_key
from farside.sensors import scan
from farside.terrain import ElevationMap

Heights = NDArray[np.float32]

_NOISE = 0x501  # stream of random numbers
HOVER_M = 100.0
"""Height from which the lidar looks [m]."""


@dataclass(frozen=True)
class Sampling:
    """How a scene is sampled.

    Attributes
    ----------
    kind : "posted" or "lidar"
        posted: the height at every cell's centre, with noise of its own in each. lidar: the
        mission's scanning lidar from a hover 100 m above the middle, its returns gridded with
        bilinear weights; cells without a return near are unseen.
    noise_m : float
        1 sigma [m]: of a height (posted), or of a return along its ray (lidar).
    """

    kind: Literal["posted", "lidar"]
    noise_m: float

    @property
    def noise_of(self) -> str:
        """Describe what carries the noise."""
        return "each height" if self.kind == "posted" else "each return, along its ray"

    def __str__(self) -> str:
        """Name the condition as tables do."""
        noise = f"{100.0 * self.noise_m:.1f} cm of noise" if self.noise_m else "no noise"
        return f"{self.kind}, {noise}"


def posted(heights_m: Heights, noise_m: float, seed: int) -> Heights:
    """Return heights at the centres of cells with independent Gaussian noise [m], 1 sigma."""
    noise = np.empty(heights_m.size)
    normals(seed_key(seed), 0, _NOISE, noise)
    return (heights_m + noise_m * noise.reshape(heights_m.shape)).astype(np.float32)


def lidar(
    mission: Mission,
    ground: Ground,
    u: float,
    v: float,
    datum_m: float,
    seed: int,
    shape: tuple[int, int],
    cell_m: float,
) -> Heights:
    """Scan a square from `HOVER_M` above its middle, upright and at rest, and grid the returns.

    Parameters
    ----------
    mission : Mission
        Whose lidar it is.
    ground : Ground
        The truth.
    u, v : float
        The middle of the square, arcs [m].
    datum_m : float
        Heights are given above this height [m] over the sphere of the arcs.
    seed : int
        Of the noise.
    shape, cell_m : (int, int), float
        Of the map.

    Returns
    -------
    ndarray, shape, float32
        Heights [m], row 0 north; NaN where unseen.
    """
    half_m = 0.5 * max(shape) * cell_m
    ground.rasterise(u, v, 1.4 * half_m)
    # heights of the ground are above radius_m, those of the scene above the sphere of the arcs
    lift = ground.radius_m - ground.arcs.arc_m
    here = ground.arcs.site(u, v, ground.height(u, v) + HOVER_M, ground.radius_m)
    rows = np.zeros(2, dtype=ROW)
    for name in ("r_site", "est_r_site"):
        rows[name] = here
    for name in ("q_site_body", "est_q_site_body"):
        rows[name] = (1.0, 0.0, 0.0, 0.0)
    swept = scan(mission, ground.model, rows, seed=seed_key(seed), number=0, perfect=False)
    points = np.full_like(swept, np.nan)
    returned = np.isfinite(swept).all(axis=1)
    at = np.empty((int(returned.sum()), 3))
    places(ground.model, np.ascontiguousarray(swept[returned]), at)
    points[returned] = np.stack([u - at[:, 0], v - at[:, 1], at[:, 2] + lift - datum_m], axis=-1)
    seen = ElevationMap.from_points(
        points,
        cell_m,
        shape=shape,
        east_m=-0.5 * (shape[1] - 1) * cell_m,
        north_m=-0.5 * (shape[0] - 1) * cell_m,
    )
    return np.ascontiguousarray(seen.heights[::-1])
