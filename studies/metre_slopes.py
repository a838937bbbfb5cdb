"""Hold the law of slopes over metres to the rasters at hand, to drawn ground, and to all the Moon.

    python -m studies.metre_slopes [--data ../shared/data]

Rasters are cut to posts of 3.8 km, the law of `farside.survey.metre_slopes` is told those alone,
and its median slopes are compared with the rasters' own, in squares of 15 km. The finest raster at
hand resolves some 474 m, so that what lies between there and 5 m is not checked by it.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.ground import Ground
from farside.ground.roughness import roughness, roughness_at
from farside.mission import Mission, load_mission
from farside.survey.metre_slopes import (
    BASELINE_M,
    DEVIATIONS_M,
    NEAR_POSTS,
    median_slope,
    metre_slope,
)

Array = NDArray[np.float64]

#: Raster, posts [m], posts to one of 3.8 km.
RASTERS = (
    ("ce6_apollo_gld100_256ppd.tif", 118.45, 32),
    ("spa_east_gld100_64ppd.tif", 473.8, 8),
)
#: Middles of maria, IAU names [deg].
MARIA = (
    (34.7, -14.9), (27.3, 18.4), (8.35, 30.8), (16.2, 59.1), (-7.8, 53.7), (-24.5, -38.6),
    (-20.6, -17.3), (20.7, -56.7), (7.8, -30.6), (57.6, 0.0), (-10.5, -22.3), (-15.2, 34.6),
)  # fmt: skip
#: Places that are drawn: maria, the mare of Chang'e 6, highlands.
PLACES = ((28.0, 17.5), (-41.6385, 206.0148), (-20.0, 250.0), (-13.316, 25.251))
_BAND, _SQUARE = 6.0, 15000.0  # deg, m
_DRAWS, _SEEDS = 12, 3


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = asked.parse_args().data
    _classes()
    for name, posting, step in RASTERS:
        if (data / name).is_file():
            for lag, ratios in raster_ratios(data / name, posting, step).items():
                low, half, high = np.percentile(ratios, [5, 50, 95])
                print(
                    f"{name}, {lag * posting:.0f} m, {len(ratios)} squares: predicted over "
                    f"measured {half:.2f} ({low:.2f} to {high:.2f} for 90 %)"
                )
        else:
            print(f"{data / name}: not there, left out")
    plan = load_mission("chang-e-6")
    _moon(plan)
    for place in PLACES:
        _drawn(plan, *place)


def _classes() -> None:
    """Print nu(474 m) by the whole-Moon DEM in maria and in the highlands of the far side."""
    random = np.random.default_rng(1)
    maria = [
        (lat + random.uniform(-3.0, 3.0), lon + random.uniform(-3.0, 3.0) / math.cos(lat / 57.3))
        for lat, lon in MARIA
        for _ in range(10)
    ]
    sines, longitudes = random.uniform(-0.2, 0.9, 200), random.uniform(150.0, 250.0, 200)
    far = list(zip(np.degrees(np.arcsin(sines)), longitudes, strict=True))
    for name, places in (("maria", maria), ("highlands, far side", far)):
        nu = [float(roughness_at(lat, lon, NEAR_POSTS).deviation_474_m) for lat, lon in places]
        print(f"{name}: nu(474 m) 10, 50, 90 %: {np.percentile(nu, [10, 50, 90]).round(1)} m")
    print(f"in use: {DEVIATIONS_M}")


def raster_ratios(place: Path, posting: float, step: int) -> dict[int, Array]:
    """Return predicted over measured median slopes of one raster, by lag in its posts.

    Parameters
    ----------
    place : Path
        Heights [m] in degrees of latitude and longitude.
    posting : float
        [m].
    step : int
        Posts to one of 3.8 km.
    """
    import rasterio

    with rasterio.open(place) as file:
        heights, bounds = file.read(1).astype(float), file.bounds
    rows = round(_BAND / ((bounds.top - bounds.bottom) / len(heights)))
    ratios: dict[int, list[Array]] = {}
    for first in range(0, len(heights) - rows + 1, rows):
        middle = bounds.top - (first + 0.5 * rows) * (bounds.top - bounds.bottom) / len(heights)
        plane = _square_cells(heights[first : first + rows], math.cos(math.radians(middle)), step)
        cut = plane.reshape(plane.shape[0] // step, step, -1, step).mean(axis=(1, 3))
        nu = roughness(cut, np.full(cut.shape, posting * step), 1, NEAR_POSTS).deviation_474_m
        whole = max(1, round(474.0 / posting))
        for lag in sorted({max(1, whole // 4), whole, 2 * whole, 4 * whole}):
            ratios.setdefault(lag, []).append(_ratios(plane, nu, lag, posting, step))
    return {lag: np.concatenate(parts) for lag, parts in ratios.items()}


def _square_cells(band: Array, narrow: float, step: int) -> Array:
    """Return a band of latitude on square cells, cut to whole posts of 3.8 km."""
    columns = np.linspace(0.0, band.shape[1] - 1.0, int(band.shape[1] * narrow))
    left = np.minimum(columns.astype(int), band.shape[1] - 2)
    part = columns - left
    plane: Array = band[:, left] * (1.0 - part) + band[:, left + 1] * part
    return plane[: len(plane) // step * step, : plane.shape[1] // step * step]


def _ratios(plane: Array, nu: Array, lag: int, posting: float, step: int) -> Array:
    """Return predicted over measured median slopes of squares."""
    east = (plane[:-lag, lag:] - plane[:-lag, :-lag]) / (lag * posting)
    north = (plane[lag:, :-lag] - plane[:-lag, :-lag]) / (lag * posting)
    slope, side = np.hypot(east, north), round(_SQUARE / posting)
    out = []
    for i in range(0, slope.shape[0] - side + 1, side):
        for j in range(0, slope.shape[1] - side + 1, side):
            here = nu[(i + side // 2) // step, (j + side // 2) // step]
            measured = float(np.median(slope[i : i + side, j : j + side]))
            if measured > 0.0:  # a void filled level has none
                out.append(median_slope(float(here), lag * posting) / measured)
    return np.array(out)


def _moon(plan: Mission) -> None:
    """Print the range of slopes and keys over the Moon."""
    random = np.random.default_rng(2)
    latitudes = np.degrees(np.arcsin(random.uniform(-1.0, 1.0, 60)))
    found = []
    for place in zip(latitudes, random.uniform(0.0, 360.0, 60), strict=True):
        here = roughness_at(*place)
        each = metre_slope(plan.ground, *place)
        before = float(here.deviation_474_m) / plan.ground.deviation_474_m
        before *= math.tan(math.radians(plan.ground.slope_5m_deg))
        before = math.degrees(math.atan(before))
        found.append(
            (each.median_deg, each.drawn_deg, each.slope_5m_deg, each.hurst_regional, before)
        )
    rows = np.percentile(np.array(found), [0, 5, 50, 95, 100], axis=0).round(2)
    names = ("expected", "drawn", "slope_5m_deg", "hurst_regional", "slope_5m_deg before")
    for name, column in zip(names, rows.T, strict=True):
        print(f"over the Moon, 0, 5, 50, 95, 100 %: {name} {column}")


def _drawn(plan: Mission, latitude_deg: float, longitude_deg: float) -> None:
    """Print the median slope over 5 m of drawn ground beside the one that is said."""
    here = roughness_at(latitude_deg, longitude_deg)
    said = metre_slope(plan.ground, latitude_deg, longitude_deg)
    there = plan.replace(
        {
            "site.latitude_deg": latitude_deg,
            "site.longitude_deg": longitude_deg,
            "ground.deviation_474_m": float(here.deviation_474_m),
            "ground.hurst_regional": said.hurst_regional,
            "ground.slope_5m_deg": said.slope_5m_deg,
        }
    )
    slopes = []
    for seed in range(_SEEDS):
        ground = Ground(there, seed=seed)
        for u, v in np.random.default_rng(seed).normal(0.0, 900.0, (_DRAWS, 2)):
            z = ground.patch(float(u), float(v), 50.0).heights.astype(float)
            lag = round(BASELINE_M / 0.1)
            east, north = z[:-lag, lag:] - z[:-lag, :-lag], z[lag:, :-lag] - z[:-lag, :-lag]
            slopes.append((np.hypot(east, north) / BASELINE_M).ravel()[::97])
    median = math.degrees(math.atan(float(np.median(np.concatenate(slopes)))))
    print(
        f"{latitude_deg:g} {longitude_deg:g}, {said.kind}: nu(474 m) "
        f"{float(here.deviation_474_m):.1f} m; expected {said.median_deg:.1f} deg, said of the "
        f"drawn ground {said.drawn_deg:.1f}, found {median:.1f}"
    )


if __name__ == "__main__":
    main()
