"""Camera images of the true ground at another photometry than the map's: for tests alone.

Ground of Ground.overview, albedo drawn, Lommel-Seeliger with an opposition term, hard shadows.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

from farside.flight.image_map import LevelSpec, MapSpec, build_image_map
from farside.ground import Ground
from farside.ground.lattice import Block, cell_of
from farside.mission import load_mission
from farside.mission.ephemeris import Direction
from farside.vision.view import CameraView

HALF_M = 13000.0
LEVEL = 6


def sun(azimuth_deg, elevation_deg):
    """Return the unit vector to the Sun, site frame."""
    return Direction(azimuth_deg, elevation_deg).unit_site


@dataclass(eq=False)
class Scene:
    """True heights and albedo of a square about the site, and images of them."""

    ground: Ground
    z: np.ndarray
    albedo: np.ndarray
    cell: float
    first: tuple

    @cached_property
    def slopes(self):
        return np.gradient(self.z, self.cell)

    def lit(self, s_u, s_v, s_r):
        """Shadows by marching from every cell to the Sun."""
        flat = np.hypot(s_u, s_v)
        tangent = s_r / flat
        reach = min((self.z.max() - self.z.min()) / tangent, 9000.0)
        lit = np.ones(self.z.shape, bool)
        if flat < 1e-6:
            return lit
        step = 1.0
        while step * self.cell < reach:
            m = np.float32([[1, 0, step * s_u / flat], [0, 1, step * s_v / flat]])
            away = cv2.warpAffine(
                self.z, m, self.z.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
            lit &= self.z + step * self.cell * tangent + 0.3 >= away
            step *= 1.03 if step > 40 else 1.0
            step += 1.0
        return lit

    def lighting(self, sun_site):
        axes = self.ground.arcs.axes
        s_u, s_v, s_r = axes @ np.array(sun_site)
        zv, zu = self.slopes
        mu0 = (s_r - zu * s_u - zv * s_v) / np.sqrt(1 + zu**2 + zv**2)
        return np.clip(mu0, 0, None) * self.lit(s_u, s_v, s_r)

    def cut(self, view, margin_m=1000.0):
        """Return the part of the scene that a view shows."""
        edge = np.linspace(0, 1, 9)
        n, m = view.pinhole.rows - 1, view.pinhole.columns - 1
        px = [(m * e, n * f) for e in edge for f in edge]
        rays = view.rays(px)
        far = view.r_site[2] / np.clip(-rays[:, 2], 0.15, None)
        places = (view.r_site + far[:, None] * rays) @ self.ground.arcs.axes.T
        low = (places[:, :2].min(0) - margin_m - self.first) / self.cell
        high = (places[:, :2].max(0) + margin_m - self.first) / self.cell
        (c0, r0), (c1, r1) = (np.clip(x, 0, len(self.z)).astype(int) for x in (low, high))
        if min(c1 - c0, r1 - r0) < 40:
            raise ValueError("the view does not show the scene")
        part = (slice(r0, r1), slice(c0, c1))
        return Scene(
            self.ground, self.z[part], self.albedo[part], self.cell,
            (self.first[0] + c0 * self.cell, self.first[1] + r0 * self.cell),
        )  # fmt: skip

    def radiance(self, sun_site, r_site):
        """I/F of every cell seen from a place."""
        mu0 = self.lighting(sun_site)
        axes = self.ground.arcs.axes
        c = axes @ np.asarray(r_site)
        u = (self.first[0] + self.cell * np.arange(self.z.shape[1]))[None, :]
        v = (self.first[1] + self.cell * np.arange(self.z.shape[0]))[:, None]
        w = np.stack(np.broadcast_arrays(c[0] - u, c[1] - v, c[2] - self.z), -1)
        w /= np.linalg.norm(w, axis=-1, keepdims=True)
        zv, zu = self.slopes
        mu = (w[..., 2] - zu * w[..., 0] - zv * w[..., 1]) / np.sqrt(1 + zu**2 + zv**2)
        g = np.arccos(np.clip(w @ (axes @ np.asarray(sun_site)), -1, 1))
        phase = np.exp(-0.7 * g) * (1 + 0.6 * np.exp(-g / 0.08))
        return self.albedo * phase * mu0 / (mu0 + np.clip(mu, 0.02, None) + 1e-3)

    def picture(self, view, sun_site, bits=8, seed=0, full=0.75):
        """Take an image: rays to the ground, blur, noise, DN."""
        return self.cut(view)._picture(view, sun_site, bits, seed, full)

    def _picture(self, view, sun_site, bits, seed, full):
        radiance = self.radiance(sun_site, view.r_site).astype(np.float32)
        pinhole = view.pinhole
        jj, ii = np.meshgrid(np.arange(pinhole.columns), np.arange(pinhole.rows))
        rays = view.rays(np.stack([jj.ravel(), ii.ravel()], -1).astype(float))
        arcs, radius = self.ground.arcs, self.ground.radius_m
        centre = arcs.axes @ (view.r_site + np.array([0, 0, radius]))
        d = rays @ arcs.axes.T
        b = d @ centre
        h = np.full(len(d), float(np.median(self.z)))
        for _ in range(7):
            t = -b - np.sqrt(np.clip(b * b - (centre @ centre - (radius + h) ** 2), 0, None))
            p = centre + t[:, None] * d
            u = arcs.arc_m * np.arctan2(p[:, 0], p[:, 2])
            v = arcs.arc_m * np.arctan2(p[:, 1], np.hypot(p[:, 0], p[:, 2]))
            x = ((u - self.first[0]) / self.cell).astype(np.float32).reshape(jj.shape)
            y = ((v - self.first[1]) / self.cell).astype(np.float32).reshape(jj.shape)
            h = cv2.remap(self.z, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).ravel()
        sample = view.r_site[2] / pinhole.focal_px[0]
        blurred = cv2.GaussianBlur(radiance, None, max(0.5 * sample / self.cell, 0.3))
        image = cv2.remap(blurred, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        image = cv2.GaussianBlur(image, None, 0.5)
        top = np.percentile(image, 99.5)
        electrons = image / max(top, 1e-9) * full * 20000
        rng = np.random.default_rng(seed)
        electrons = rng.poisson(np.clip(electrons, 0, 20000)) + rng.normal(0, 20, image.shape)
        most = 2**bits - 1
        return np.clip(np.rint(electrons / 20000 * most), 0, most).astype(np.uint16)


@lru_cache(maxsize=2)
def scene(mission="chang-e-6", seed=0):
    """Return the true ground about a site."""
    ground = Ground(load_mission(mission), seed=seed)
    cell = cell_of(LEVEL)
    half = int(HALF_M / cell)
    block = Block(-half, half + 1, -half, half + 1)
    z = ground.window(LEVEL, block).heights + np.float32(ground.arcs.arc_m - ground.radius_m)
    return Scene(ground, z, ground.albedo(LEVEL, block), cell, (-half * cell,) * 2)


def looking(pinhole, r_site, tilt_deg=0.0, azimuth_deg=0.0, heading_deg=0.0):
    """Return a view downwards, leaning by a tilt towards an azimuth."""
    a, t, r = np.radians([azimuth_deg, tilt_deg, heading_deg])
    z = np.array([np.sin(t) * np.sin(a), np.sin(t) * np.cos(a), -np.cos(t)])
    up = np.array([np.sin(r), np.cos(r), 0.0])
    y = -(up - z * (up @ z))
    y /= np.linalg.norm(y)
    return CameraView(pinhole, np.asarray(r_site, float), np.stack([np.cross(y, z), y, z]))


LEVELS = (
    LevelSpec(9, (-12500.0, 12500.0), 12500.0),
    LevelSpec(7, (-9000.0, 9000.0), 9000.0),
)


@lru_cache(maxsize=4)
def built_map(mission="chang-e-6", seed=0, sun_deg=(90.0, 45.0), levels=LEVELS, **errors):
    """Return a map of the scene with an orbiter's errors."""
    shown = scene(mission, seed)
    spec = MapSpec(levels=levels, sun=Direction(*sun_deg), **errors)
    return build_image_map(shown.ground, spec, seed + 7)
