"""A scene: a square of ground over the real Chang'e 6 base, and its elevation as detectors get it.

A scene is its number. The number draws the synthetic ground, a place within 4 km of the site and
the noise, all from counters, so that every machine makes the same scene to the bit; and it picks
how the elevation is sampled and how noisy it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._random import uniforms
from farside.ext.common.errors import FarsideError
from farside.ground import Ground
from farside.mission import Mission, load_mission
from farside.mission.integers import whole_number
from farside.raster import MOON_RADIUS_M
from farside.scenes.sampling import Sampling, lidar, posted

Heights = NDArray[np.float32]

MISSION = "chang-e-6"
SIDE = 512  # cells
CELL_M = 0.1
EVALUATION_FROM = 1000
"""Scenes below this number are for training and tuning; from it on, for scores that are quoted."""
LAST = 1_000_000 - 1

CONDITIONS = (
    Sampling("posted", 0.0),
    Sampling("posted", 0.005),
    Sampling("posted", 0.05 / 3.0),
    Sampling("posted", 0.03),
    Sampling("posted", 0.05),
    Sampling("lidar", 0.05 / 3.0),
)
"""How scene N is sampled: the row N modulo their number. 0.05 / 3 m is 5 cm at 3 sigma."""

_WITHIN_M = 4000.0  # of the site: the synthetic detail is whole there
_PLACE = 0x500  # stream of random numbers


class SceneError(FarsideError):
    """A scene, a mask or a folder that cannot be used; its one line says why, and the way out."""


@dataclass(frozen=True, eq=False)
class TrueGround:
    """The true ground of a scene: what the scorer keeps.

    Attributes
    ----------
    heights_m : ndarray, (SIDE, SIDE), float32
        Above the scene's datum; row 0 is the northernmost, column 0 the westernmost.
    craters, rocks : structured ndarray, (n,)
        Labels: every synthetic crater and rock centred in the square. Fields col and row (cells,
        whole at cell centres), diameter_m, and depth_m or height_m.

    Examples
    --------
    >>> from farside.scenes import truth_of
    >>> ground = truth_of(7).ground
    >>> ground.heights_m.shape, len(ground.rocks), ground.rocks.dtype.names
    ((512, 512), 892, ('col', 'row', 'diameter_m', 'height_m'))
    """

    heights_m: Heights
    craters: NDArray[np.void]
    rocks: NDArray[np.void]


@dataclass(frozen=True, eq=False)
class Scene:
    """What a detector is given.

    Attributes
    ----------
    number : int
        Which scene.
    mission : Mission
        Whose lander stands there, within what limits.
    sampling : Sampling
        How the ground was sampled, and how noisily.
    elevation_m : ndarray, (SIDE, SIDE), float32
        Heights [m] above datum_m; NaN where unseen. Row 0 north, column 0 west.
    datum_m : float
        What heights are counted from [m], above the sphere of 1737.4 km.
    latitude_deg, longitude_deg : float
        The middle of the square: the corner that its four middle cells share.
    radius_m : float
        Of the sphere on which the cells measure 0.1 m.

    Examples
    --------
    >>> from farside.scenes import make_scene
    >>> scene = make_scene(7)
    >>> scene.elevation_m.shape, scene.mission.name, scene.evaluation
    ((512, 512), 'chang-e-6', False)
    >>> str(scene.sampling)
    'posted, 0.5 cm of noise'
    """

    number: int
    mission: Mission
    sampling: Sampling
    elevation_m: Heights
    datum_m: float
    latitude_deg: float
    longitude_deg: float
    radius_m: float

    @property
    def evaluation(self) -> bool:
        """Whether the scene is kept for scores that are quoted."""
        return self.number >= EVALUATION_FROM


def make_scene(number: int) -> Scene:
    """Make a scene.

    Parameters
    ----------
    number : int
        0 to 999 999; from 1000 on for evaluation only.

    Returns
    -------
    Scene
        The same for the same number, on every machine.

    Raises
    ------
    SceneError
        If there is no such scene.

    Examples
    --------
    >>> from farside.scenes import make_scene
    >>> scene = make_scene(7)
    >>> scene.elevation_m.shape, str(scene.elevation_m.dtype), scene.evaluation
    ((512, 512), 'float32', False)
    >>> make_scene(10**6)
    Traceback (most recent call last):
        ...
    farside.scenes.scene.SceneError: ...
    """
    return scene_and_ground(number)[0]


def scene_number(number: int) -> int:
    """Return the number of a scene as a plain int, or raise a SceneError."""
    try:
        return whole_number("scene", number, 0, LAST)
    except ValueError as why:
        raise SceneError(f"there is no {why}") from None


def scene_and_ground(number: int) -> tuple[Scene, TrueGround]:
    """Make a scene and the truth it was sampled from."""
    return _scene_and_ground(scene_number(number))


@lru_cache(maxsize=2)
def _scene_and_ground(number: int) -> tuple[Scene, TrueGround]:
    mission = load_mission(MISSION)
    ground = Ground(mission, seed=number)
    draw = np.empty(2)
    uniforms(number, 0, _PLACE, draw)
    distance, heading = _WITHIN_M * np.sqrt(draw[0]), 2.0 * np.pi * draw[1]
    half = 0.5 * SIDE * CELL_M
    patch = ground.patch(distance * np.cos(heading), distance * np.sin(heading), half)
    # the arrival is due west: u runs west and v south, so row 0 is north already
    true = patch.heights[:SIDE, :SIDE][:, ::-1].astype(np.float64)
    datum = np.floor(true.mean())
    heights = np.ascontiguousarray(true - datum, dtype=np.float32)
    u, v = (start + 0.5 * (SIDE - 1) * CELL_M for start in (patch.u0, patch.v0))
    sampling = CONDITIONS[number % len(CONDITIONS)]
    if sampling.kind == "posted":
        elevation = posted(heights, sampling.noise_m, number)
    else:
        elevation = lidar(mission, ground, u, v, datum, number, (SIDE, SIDE), CELL_M)
    latitude, longitude = ground.arcs.latlon(u, v)
    true_ground = TrueGround(
        heights,
        _labels(ground.craters(u, v, half), u, v, "depth_m"),
        _labels(ground.rocks(u, v, half), u, v, "height_m"),
    )
    radius = ground.arcs.arc_m
    made = Scene(
        number,
        mission,
        sampling,
        elevation,
        float(datum + radius - MOON_RADIUS_M),
        float(latitude),
        float(longitude),
        radius,
    )
    for array in (heights, elevation):
        array.flags.writeable = False  # they are kept for the next caller
    return made, true_ground


def _labels(rows: NDArray[np.void], u: float, v: float, size: str) -> NDArray[np.void]:
    """Return features by cell instead of by arc."""
    middle = 0.5 * (SIDE - 1)
    out = np.empty(len(rows), dtype=[(n, "f8") for n in ("col", "row", "diameter_m", size)])
    out["col"] = middle - (rows["u_m"] - u) / CELL_M
    out["row"] = middle + (rows["v_m"] - v) / CELL_M
    out["diameter_m"], out[size] = rows["diameter_m"], rows[size]
    return out
