"""Cameras, poses and Suns for tests of pictures."""

import math
from functools import lru_cache

import numpy as np

from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.camera import Camera
from farside.sensors.viewpoint import Pose


@lru_cache(maxsize=2)
def ground_of(flat=False):
    """Return the ground of Chang'e 6's site, or a sphere."""
    return Ground(load_mission("chang-e-6"), seed=3, flat=flat)


def camera_of(pixels=192, **keys):
    """Return a landing camera of few pixels."""
    return Camera(name="eye", pixels=(pixels, pixels), **keys)


def sun_at(azimuth_deg, elevation_deg):
    """Return a unit vector to the Sun, site frame."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    level = math.cos(elevation)
    return np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(elevation)])


def pose_at(r_site, tilt_deg=0.0, **motion):
    """Return a pose whose camera looks down, or ahead of it by a tilt about north."""
    half = 0.5 * math.radians(tilt_deg)
    return Pose(r_site, (math.cos(half), 0.0, -math.sin(half), 0.0), **motion)


def mesh_of(ground, scene, number=-1):
    """Return vertices (n, 3) [m, site] and triangles (m, 3) of a window of a scene."""
    level, block = scene.plan.windows[number]
    z = ground.window(level, block).heights + ground.arcs.arc_m - ground.radius_m
    points = ground.arcs.site(*block.arcs(level), z, ground.radius_m).reshape(-1, 3)
    rows, cols = z.shape
    n = np.arange(rows * cols).reshape(rows, cols)
    a, b, c, d = n[:-1, :-1], n[:-1, 1:], n[1:, 1:], n[1:, :-1]
    halves = [np.stack(part, axis=-1).reshape(-1, 3) for part in ((a, b, c), (a, c, d))]
    return points, np.concatenate(halves)
