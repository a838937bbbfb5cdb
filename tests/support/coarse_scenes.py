"""Images of synthetic ground with its true hazards: for tests and studies of coarse avoidance.

Arcs u and v are taken for east and north of a plane site (arrival azimuth 90), as is right to 0.2 m
over a kilometre.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from farside.ground import Ground
from farside.ground.craters import profiles
from farside.ground.lattice import Block, cell_of
from farside.mission import load_mission
from farside.mission.camera import camera_axes
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose
from farside.vision.ground_view import sample_m
from farside.vision.view import CameraView

#: Ground of the scenes: keys of [ground].
KINDS = {
    "mare": {"crater_density": 0.02, "slope_5m_deg": 1.5, "deviation_474_m": 5.0},
    "cratered": {},
    "rocky": {
        "crater_density": 0.05,
        "rock_law": "power",
        "rock_count_per_m2": 0.004,
        "rock_exponent": 2.1,
        "rock_diameter_m": (0.4, 8.0),
        "rock_cluster_share": 0.6,
        "rock_abundance": None,
        "rock_decay_per_m": None,
    },
}
#: Seeds of scenes: a study draws from its own range, and no seed is in two. Weights are fitted to
#: FIT; algorithms are compared on TRY; docs/coarse.md's scores are of TEST, for which nothing is
#: chosen.
FIT_SEED, TRY_SEED, TEST_SEED = 100_000, 200_000, 910_000
#: The lander's footprint, and the slope over it beyond which ground is hazardous.
FOOTPRINT_M, LIMIT_DEG = 5.0, 8.0
#: Diameters of craters that are hazardous whole if a wall is steeper than the limit.
CRATER_M, MOST_M = 10.0, 100.0
#: Diameter of a rock that is hazardous [pixels of the image on the ground].
ROCK_PX = 2.0


def mission_of(kind):
    """Return Chang'e 6 over the ground of a kind."""
    keys = {f"ground.{key}": value for key, value in KINDS[kind].items()}
    return load_mission("chang-e-6").replace({"orbit.arrival_azimuth_deg": 90.0, **keys})


@dataclass
class TrueScene:
    """Heights (rows north, columns east) and what of them is hazardous, about a middle."""

    ground: Ground
    heights: np.ndarray
    cell_m: float
    half_m: float
    craters: np.ndarray  # of CRATER_M and more
    rim_deg: np.ndarray  # their steepest walls
    rocks: np.ndarray

    def at(self, grid, x, y):
        """Sample a grid of the scene at places [m]; zero outside."""
        col, row = (np.asarray((a + self.half_m) / self.cell_m, np.float32) for a in (x, y))
        return cv2.remap(grid.astype(np.float32), col, row, cv2.INTER_LINEAR, borderValue=0.0)


def rim_slopes(ratio, limits):
    """Return the steepest slope [deg] within the rim of craters of a depth ratio."""
    old, young = profiles()
    x = np.sqrt(np.linspace(0.0, 2.2 * 2.2, len(old)))
    fresh = np.clip((ratio - limits[0]) / max(limits[1] - limits[0], 1e-9), 0.0, 1.0)
    inside = x <= 1.0
    steep = []
    for share in np.linspace(0.0, 1.0, 21):
        shape = (1.0 - share) * old + share * young
        steep.append(np.abs(np.diff(shape[inside]) / np.diff(x[inside])).max())
    # heights are depth x shape over x radii: slope = 2 ratio x steepest
    return np.degrees(np.arctan(2.0 * ratio * np.interp(fresh, np.linspace(0, 1, 21), steep)))


def scene(kind, seed, *, level=3, half_m=450.0):
    """Draw the ground of a kind about a middle that the seed picks."""
    mission = mission_of(kind)
    ground = Ground(mission, seed=seed)
    n = round(half_m / cell_of(level))
    half_m = n * cell_of(level)
    heights = ground.overview(level, Block(-n, n + 1, -n, n + 1)).astype(np.float64)
    craters = ground.craters(0.0, 0.0, half_m + 300.0)
    craters = craters[craters["diameter_m"] >= CRATER_M]
    rim_deg = rim_slopes(
        craters["depth_m"] / craters["diameter_m"], mission.ground.crater_depth_ratio
    )
    rocks = ground.rocks(0.0, 0.0, half_m)
    return TrueScene(ground, heights, cell_of(level), half_m, craters, rim_deg, rocks)


def truth(made, pixel_m, *, slopes=True):
    """Return 1 for the cells of a scene that are hazardous, 0 for the others.

    Hazardous is ground inside a crater of CRATER_M to MOST_M with a wall steeper than LIMIT_DEG, a
    footprint that touches a rock of ROCK_PX pixels of `pixel_m` and more, and with `slopes` a
    footprint that leans by more than LIMIT_DEG. Without, craters wider than MOST_M count whole too:
    the words of the task, "craters with rim slope over the limit, rocks over 2 px".
    """
    bad = np.zeros(made.heights.shape, np.uint8)
    steep = made.rim_deg > LIMIT_DEG
    if slopes:
        bad |= (leaning(made) > math.tan(math.radians(LIMIT_DEG))).astype(np.uint8)
        steep &= made.craters["diameter_m"] <= MOST_M
    fill(made, bad, made.craters[steep], 0.0)
    fill(made, bad, made.rocks[made.rocks["diameter_m"] >= ROCK_PX * pixel_m], 0.5 * FOOTPRINT_M)
    return bad


def leaning(made):
    """Return the least-squares slope of the footprint about each cell."""
    k = max(3, round(FOOTPRINT_M / made.cell_m) | 1)
    offset = (np.arange(k) - k // 2) * made.cell_m
    slope, flat = offset / (offset @ offset), np.ones(k) / k
    east = cv2.sepFilter2D(made.heights, -1, slope, flat)
    north = cv2.sepFilter2D(made.heights, -1, flat, slope)
    return np.hypot(east, north)


def fill(made, bad, things, wider_m):
    """Set the cells within the radius of craters or rocks, and `wider_m`, to 1."""
    for each in things:
        x, y = ((each[n] + made.half_m) / made.cell_m for n in ("u_m", "v_m"))
        r = (0.5 * each["diameter_m"] + wider_m) / made.cell_m
        cv2.circle(bad, (round(16 * x), round(16 * y)), round(16 * r), 1, -1, shift=4)


@dataclass
class Shot:
    """An image, and the pose that it was taken with."""

    image: np.ndarray
    view: CameraView


def pose_towards(camera, r_site, target):
    """Return the pose of a lander whose camera looks from a place at another, body x ahead."""
    z = np.asarray(target, float) - r_site
    z /= np.linalg.norm(z)
    x = np.cross(z, (1.0, 0.0, 0.0))
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(z, x), z])
    m = axes.T @ camera_axes(camera)  # body into site
    w = 0.5 * math.sqrt(max(1.0 + m[0, 0] + m[1, 1] + m[2, 2], 1e-12))
    q = (w, *(np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]]) / (4.0 * w)))
    return Pose(tuple(float(part) for part in r_site), tuple(float(part) for part in q))


def shoot(made, sun, camera, pose, *, seed=0):
    """Take a picture: light, albedo, lens and detector are the truth's own.

    Only the part of it that shows the scene; the rest is 0.
    """
    view = CameraView.of(camera, pose.r_site, pose.q_site_body)
    window = window_of(view, made.half_m)
    row, col, rows, cols = window
    picture = take_picture(made.ground, camera, pose, sun, key=seed, windows=[window])
    image = np.zeros((camera.pinhole.rows, camera.pinhole.columns), np.uint16)
    image[row : row + rows, col : col + cols] = picture.images[0]
    return Shot(image, view)


def window_of(view, half_m):
    """Return the rows and columns of an image in which a square about the site lies."""
    corners = [(x, y, 0.0) for x in (-half_m, half_m) for y in (-half_m, half_m)]
    px = view.project(corners)
    low = np.maximum(np.floor(px.min(axis=0)).astype(int), 0)
    high = np.minimum(
        np.ceil(px.max(axis=0)).astype(int) + 1, (view.pinhole.columns, view.pinhole.rows)
    )
    return int(low[1]), int(low[0]), int(high[1] - low[1]), int(high[0] - low[0])


def sun_of(azimuth_deg, elevation_deg):
    """Return the unit vector to the Sun, site axes; azimuth east of north."""
    a, e = math.radians(azimuth_deg), math.radians(elevation_deg)
    return np.array([math.cos(e) * math.sin(a), math.cos(e) * math.cos(a), math.sin(e)])


#: What scenes are drawn from.
SUNS_DEG, HEIGHTS_M = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 70.0), (2400.0, 1000.0)
#: How far short of the site the lander is, over its height: the approach from 2.4 km.
SHORT = 0.76


@dataclass(frozen=True)
class Case:
    """One scene: ground, Sun, and height of the camera."""

    kind: str
    seed: int
    azimuth_deg: float
    elevation_deg: float
    height_m: float

    @property
    def sun(self):
        return sun_of(self.azimuth_deg, self.elevation_deg)


def cases(count, first_seed):
    """Return scenes: every kind of ground under every Sun from both heights, azimuths drawn."""
    rng = np.random.default_rng(first_seed)
    kinds = tuple(KINDS)
    return [
        Case(
            kinds[k % 3],
            first_seed + k,
            float(rng.uniform(0.0, 360.0)),
            SUNS_DEG[k // 3 % 7],
            HEIGHTS_M[k // 21 % 2],
        )
        for k in range(count)
    ]


def shot_of(case, camera, made=None):
    """Draw a case's ground and take its picture: the camera looks at the site."""
    made = scene(case.kind, case.seed) if made is None else made
    place = (-SHORT * case.height_m, 0.0, case.height_m)
    return made, shoot(
        made, case.sun, camera, pose_towards(camera, place, (0, 0, 0)), seed=case.seed
    )


def true_share(made, shot, grid, *, slopes=True):
    """Return the true hazardous share of the cells of a grid, as the shot's pixels have it."""
    return truth_on(made, truth(made, sample_m(shot.view, (0.0, 0.0, 0.0)), slopes=slopes), grid)


def truth_on(made, share, grid):
    """Return the true hazardous share of the cells of a grid."""
    east, north = np.meshgrid(*grid.places())
    k = max(1, round(grid.cell_m / made.cell_m)) | 1
    return made.at(cv2.blur(share.astype(np.float32), (k, k)), east, north).astype(float)
