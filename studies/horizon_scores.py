"""Measure horizons for docs/horizon.md: against analytic ground, embreex, and a march of rays.

    PYTHONPATH=. python -m studies.horizon_scores

Takes three minutes. Prints the rows of the table.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from farside.mission import load_mission
from farside.survey.horizon import horizons, sun
from farside.survey.horizon_axes import cell_axes
from farside.survey.sky import mission_sky

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from horizon_cases import (
    DEGREES,
    SOUTH,
    R,
    elevation_of,
    embree_horizon,
    embree_scene,
    marched_light,
    raster,
    ridge,
    rough,
)

RASTERS = {
    "over the south pole, 100 m": (SOUTH, -25e3, 25e3, 100.0),
    "84 deg south, stereographic, 100 m": (SOUTH, 120e3, 140e3, 100.0),
    "41 deg south, degrees, 118 m": (DEGREES, 206.0, -40.0, 1.0 / 256.0),
    "70 deg south, degrees, 118 x 40 m": (DEGREES, -20.0, -69.0, 1.0 / 256.0),
    "across 180 deg, degrees, 118 m": (DEGREES, 179.0, -10.0, 1.0 / 256.0),
}
RAYS = 100_000


def analytic() -> Iterator[str]:
    """Yield the greatest difference from ground with a formula."""
    k = 450
    flat = np.zeros((2 * k + 1, 2 * k + 1))
    one = {"window": (k, k + 1, k, k + 1)}
    seen = horizons(flat, cell_m=50.0, eye_m=1.0, reach_m=22e3, **one).elevation_deg
    dip = -np.degrees(np.arccos(R / (R + 1.0)))
    yield f"level sphere, eye 1 m | {np.abs(seen - dip).max():.5f}"
    peak = flat.copy()
    peak[k + 360, k] = 5000.0
    seen = horizons(peak, cell_m=250.0, azimuths=8, reach_m=100e3, **one).elevation_deg
    away = abs(float(seen[0, 0, 0]) - elevation_of(5000.0, 2.0, 90e3))
    yield f"peak of 5 km, 90 km off | {away:.5f}"
    wall = flat.copy()
    wall[:, k + 50] = 80.0
    found = horizons(wall, cell_m=20.0, reach_m=7000.0, **one)
    b = np.radians(found.bearing_deg[15:166])
    away = np.abs(found.elevation_deg[15:166, 0, 0] - elevation_of(80.0, 2.0, 1000.0 / np.sin(b)))
    yield f"ridge of 80 m, 1 km off, 151 azimuths | {away.max():.5f}"
    y, x = np.mgrid[-1030:1031, -1030:1031].astype(float)
    rho = np.hypot(x, y)
    bowl = np.where(rho < 1000.0, 100.0 * ((rho / 1000.0) ** 2 - 1.0), 0.0)
    window = (1030, 1031, 1030, 1031)
    seen = horizons(bowl, cell_m=1.0, eye_m=0.0, reach_m=1025.0, window=window).elevation_deg
    yield f"rim of a crater, 1000 cells off | {np.abs(seen - elevation_of(0, -100, 1e3)).max():.5f}"


def beside_embree(folder: Path) -> Iterator[str]:
    """Yield differences from embreex on meshes of whole rasters on the sphere."""
    for name, (crs, west, north, cell) in RASTERS.items():
        path = raster(folder / "dem.tif", rough(500, 500.0), crs, west, north, cell)
        found = horizons(path, reach_m=120e3, moon=False)
        rows, cols = found.shape
        axes = cell_axes(found.geometry, (0, 0), found.heights_m, found.look, None)
        frame = [axes[k : k + 3].T.reshape(rows, cols, 3) for k in (0, 3, 6)]
        rng = np.random.default_rng(0)
        at = rng.integers(0, rows, RAYS), rng.integers(0, cols, RAYS)
        k = rng.integers(0, 360, RAYS)
        places = frame[2] * (R + found.heights_m)[..., None]
        there = [axis[at] for axis in frame]
        peer = embree_horizon(embree_scene(places), places, there, at, found.bearing_deg[k])
        away = np.abs(found.elevation_deg[k, at[0], at[1]] - peer)
        away = np.sort(away[np.isfinite(away)])
        n = len(away)
        yield (
            f"{name} | {np.median(away):.5f} | {away[int(0.999 * n)]:.4f} | "
            f"{100.0 * np.mean(away < 0.02):.3f} %"
        )


def coarse() -> Iterator[str]:
    """Yield what means of 4 x 4 cells beyond 1024 cells change."""
    heights = np.clip(rough(3000, 2300.0), -9000.0, 10_000.0)
    options = {
        "cell_m": 100.0, "azimuths": 12, "reach_m": 200e3, "window": (1480, 1528, 1480, 1528)
    }  # fmt: skip
    exact = horizons(heights, **options, cells=2048).elevation_deg
    for cells in (256, 512, 1024):
        off = horizons(heights, **options, cells=cells).elevation_deg - exact
        yield (
            f"{cells} cells | {off.mean():.4f} | {np.percentile(np.abs(off), 99.9):.4f} | "
            f"{100.0 * np.mean(np.abs(off) < 0.02):.3f} %"
        )


def polar(folder: Path) -> Iterator[str]:
    """Yield the light on a ridge at 89 S beside a march of rays in double precision."""
    heights, place = ridge(), (20e3, 24e3, 150.0)
    path = raster(folder / "ridge.tif", heights, SOUTH, *place)
    body = sun("2026-01-01..2027-01-01", 24.0)
    found = horizons(path, moon=False, eye_m=10.0, reach_m=60e3)
    share = found.visible(body).share.ravel()
    inner = np.arange(36 * 36).reshape(36, 36)[6:-6, 6:-6].ravel()
    coarse_share = marched_light(heights, place, body.places_m, 10.0, 60.0, inner)
    best = inner[np.argsort(coarse_share)[-20:]]
    truth = marched_light(heights, place, body.places_m, 10.0, 2.0, best)
    off = share[best] - truth
    yield (
        f"best cell {100 * share[inner].max():.2f} % of the year, by the march "
        f"{100 * truth.max():.2f} %; "
        f"the 20 best differ by {100 * np.abs(off).max():.2f} % at most"
    )


def landings() -> Iterator[str]:
    """Yield the Earth over two landings."""
    for name in ("chang-e-6", "chang-e-4"):
        sky = mission_sky(load_mission(name))
        track = sky.track("earth")
        yield (
            f"{name}: Earth at {track.elevation_deg[sky.landing]:.2f} deg at the landing, at most "
            f"{track.elevation_deg.max():.2f} in a lunation, horizon at least "
            f"{sky.skyline.elevation_deg.min():.2f}; seen {100 * track.seen.mean():.0f} % of the "
            "time"
        )


def main() -> None:
    """Print every row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in (polar(folder), analytic(), beside_embree(folder), coarse(), landings()):
            for row in rows:
                print(row, flush=True)


if __name__ == "__main__":
    main()
