"""Images of synthetic ground with its true hazards: for tests and studies of coarse avoidance.

Arcs u and v are taken for east and north of a plane site (arrival azimuth 90), as is right to 0.2 m
over a kilometre.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from farside.ground import Ground
from farside.ground.craters import profiles
from farside.ground.lattice import Block, cell_of
from farside.mission import load_mission
from farside.mission.camera import camera_axes
from farside.sensors.camera import look as see
from farside.sensors.viewpoint import Pose
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
#: Slope beyond which ground is a hazard; diameters of craters that count whole.
LIMIT_DEG, CRATER_M, MOST_M = 8.0, 10.0, 100.0
#: Height of a rock that counts; diameter from which it counts with half a footprint about it.
ROCK_M, LARGE_ROCK_M, FOOTPRINT_M = 0.2, 1.5, 5.0


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
    albedo: np.ndarray
    craters: np.ndarray  # of CRATER_M and more
    rocks: np.ndarray  # higher than ROCK_M
    rim_deg: np.ndarray = field(default_factory=lambda: np.zeros(0))

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


def scene(kind, seed, *, level=3, half_m=700.0, albedo_percent=3.0):
    """Draw the ground of a kind about a middle that the seed picks."""
    mission = mission_of(kind)
    ground = Ground(mission, seed=seed)
    n = round(half_m / cell_of(level))
    half_m = n * cell_of(level)
    heights = ground.overview(level, Block(-n, n + 1, -n, n + 1)).astype(np.float64)
    rng = np.random.default_rng(seed)
    albedo = np.zeros(heights.shape)
    for step in (2.0, 8.0, 32.0, 128.0):
        coarse = rng.normal(size=[math.ceil(2 * half_m / step) + 2] * 2).astype(np.float32)
        albedo += cv2.resize(coarse, heights.shape[::-1], interpolation=cv2.INTER_CUBIC)
    craters = ground.craters(0.0, 0.0, half_m + 300.0)
    craters = craters[craters["diameter_m"] >= CRATER_M]
    rocks = ground.rocks(0.0, 0.0, half_m)
    return TrueScene(
        ground,
        heights,
        cell_of(level),
        half_m,
        1.0 + 0.01 * albedo_percent * albedo / albedo.std(),
        craters,
        rocks[rocks["height_m"] > ROCK_M],
        rim_slopes(craters["depth_m"] / craters["diameter_m"], mission.ground.crater_depth_ratio),
    )


def truth(made):
    """Return the hazardous share of each cell of a scene, 0 to 1."""
    cell, side = made.cell_m, made.heights.shape[0]
    k = max(3, round(FOOTPRINT_M / cell) | 1)
    # least-squares slope of the footprint's square
    offset = (np.arange(k) - k // 2) * cell
    slope = offset / (offset @ offset)
    flat = np.ones(k) / k
    east = cv2.sepFilter2D(made.heights, -1, slope, flat)
    north = cv2.sepFilter2D(made.heights, -1, flat, slope)
    bad = (np.hypot(east, north) > math.tan(math.radians(LIMIT_DEG))).astype(np.uint8)
    # a crater wider than the region is ground: its walls count by their slope
    steep = made.craters[(made.rim_deg > LIMIT_DEG) & (made.craters["diameter_m"] <= MOST_M)]
    for each in steep:
        x, y = ((each[n] + made.half_m) / cell for n in ("u_m", "v_m"))
        r = 0.5 * each["diameter_m"] / cell
        cv2.circle(bad, (round(16 * x), round(16 * y)), round(16 * r), 1, -1, shift=4)
    large = made.rocks[made.rocks["diameter_m"] >= LARGE_ROCK_M]
    for each in large:
        x, y = ((each[n] + made.half_m) / cell for n in ("u_m", "v_m"))
        r = (0.5 * each["diameter_m"] + 0.5 * FOOTPRINT_M) / cell
        cv2.circle(bad, (round(16 * x), round(16 * y)), round(16 * r), 1, -1, shift=4)
    share = np.zeros((side, side))
    col = np.clip(np.rint((made.rocks["u_m"] + made.half_m) / cell).astype(int), 0, side - 1)
    row = np.clip(np.rint((made.rocks["v_m"] + made.half_m) / cell).astype(int), 0, side - 1)
    np.add.at(share, (row, col), 0.25 * math.pi * made.rocks["diameter_m"] ** 2 / cell**2)
    return np.maximum(bad, np.minimum(share, 1.0))


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


def shoot(made, sun, camera, pose, *, seed=0, level=0.4):
    """Take a picture: the renderer's radiance, albedo, and the detector's noise and steps.

    Only the part of it that shows the scene but for its outer 200 m; the rest is 0.

    The median of the ground takes `level` of the full well.
    """
    pinhole = camera.pinhole
    view = CameraView.of(camera, pose.r_site, pose.q_site_body)
    window = window_of(view, made.half_m - 200.0)
    row, col, rows, cols = window
    light = see(made.ground, camera, pose, sun).radiance_factor(window).astype(np.float64)
    u, v = np.meshgrid(col + np.arange(cols, dtype=float), row + np.arange(rows, dtype=float))
    rays = pinhole.rays(np.column_stack([u.ravel(), v.ravel()])) @ view.axes
    t = -view.r_site[2] / np.minimum(rays[:, 2], -1e-3)
    x, y = ((view.r_site[k] + t * rays[:, k]).reshape(u.shape) for k in (0, 1))
    light *= np.where(
        np.maximum(abs(x), abs(y)) < made.half_m, made.at(made.albedo, x, y).astype(float), 1.0
    )
    light = cv2.GaussianBlur(light, (0, 0), camera.psf_px)
    lit = light[light > 1e-4]
    gain = level * camera.full_well_e / np.median(lit) if lit.size else 0.0
    rng = np.random.default_rng(seed)
    electrons = rng.poisson(np.maximum(light * gain, 0.0)) * (
        1.0 + camera.prnu * rng.normal(size=light.shape)
    )
    electrons += rng.normal(0.0, camera.read_noise_e, light.shape)
    full = 2**camera.bits - 1
    image = np.zeros((pinhole.rows, pinhole.columns), np.uint16)
    image[row : row + rows, col : col + cols] = np.clip(
        np.rint(electrons / camera.full_well_e * full), 0, full
    )
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


def truth_on(made, share, grid):
    """Return the true hazardous share of the cells of a grid."""
    east, north = np.meshgrid(*grid.places())
    k = max(1, round(grid.cell_m / made.cell_m)) | 1
    return made.at(cv2.blur(share, (k, k)), east, north).astype(float)
