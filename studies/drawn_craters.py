"""Identification of craters of drawn catalogues: cameras, noise, missing and false ones drawn."""

import math
import time

import numpy as np

from farside.mission.pinhole import Pinhole
from farside.vision.crater_catalogue import CRATER, CraterCatalogue
from farside.vision.crater_places import CraterIndex
from farside.vision.crater_search import find_by_craters
from farside.vision.crater_view import DETECTION
from farside.vision.image_map import ImageMap, MapLevel
from farside.vision.trn_result import TrnCode
from farside.vision.view import CameraView

RADIUS_M = 1737400.0
#: Half of the ground along and across [m], craters on it, and their diameters [m]: as many to an
#: area as of Robbins' catalogue from 4 km on.
HALF = 1500e3, 500e3
COUNT, DIAMETERS = 1710, (4e3, 127e3)
PINHOLE = Pinhole(1024, 1024, (886.8, 886.8), (511.5, 511.5))
HEIGHTS = 100e3, 590e3
#: Error of a middle [px], share taken away, false ones as a share of those that are seen.
CASES = (
    (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (3.0, 0.0, 0.0), (6.0, 0.0, 0.0),
    (1.0, 0.1, 0.1), (1.0, 0.2, 0.2), (1.0, 0.5, 0.38), (3.0, 0.2, 0.2),
)  # fmt: skip


def drawn_catalogue(seed: int) -> CraterCatalogue:
    """Draw a catalogue: places even, diameters by N(>D) ~ D^-2."""
    rng = np.random.default_rng([seed, 1])
    cell = 10e3
    shape = tuple(int(2.0 * half / cell) + 1 for half in HALF[::-1])
    level = MapLevel(
        -HALF[0], -HALF[1], cell, cell, 0.0, np.zeros(shape, np.float32),
        np.full(shape, 128, np.uint8),
    )  # fmt: skip
    image_map = ImageMap(
        RADIUS_M, RADIUS_M, (1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0), (level,)
    )
    craters = np.zeros(COUNT, CRATER)
    craters["u_m"] = rng.uniform(-HALF[0], HALF[0], COUNT)
    craters["v_m"] = rng.uniform(-HALF[1], HALF[1], COUNT)
    low, high = (d**-2.0 for d in DIAMETERS)
    craters["radius_m"] = 0.5 * (low - rng.random(COUNT) * (low - high)) ** -0.5
    craters["quality"], craters["depth_m"] = 1.0, math.nan
    return CraterCatalogue(image_map, craters)


def level_axes(u: float, v: float) -> np.ndarray:
    """Return rows along, across and up at arcs [m]."""
    phi, theta = u / RADIUS_M, v / RADIUS_M
    up = np.array(
        [math.cos(theta) * math.sin(phi), math.sin(theta), math.cos(theta) * math.cos(phi)]
    )
    along = np.array([math.cos(phi), 0.0, -math.sin(phi)])
    return np.stack([along, np.cross(up, along), up])


def one_case(
    rng: np.random.Generator, index: CraterIndex, noise_px: float, missing: float, false: float
) -> tuple[bool, float, float, float, int]:
    """Return whether it was a fix, the error of the place over the height and in sigma, CPU s."""
    catalogue = index.catalogue
    height = math.exp(rng.uniform(*np.log(HEIGHTS)))
    u, v = rng.uniform(-1100e3, 1100e3), rng.uniform(-250e3, 250e3)
    frame = level_axes(u, v)
    turn = rng.uniform(0.0, 2.0 * math.pi)
    x = math.cos(turn) * frame[0] + math.sin(turn) * frame[1]
    axes = np.stack([x, np.cross(-frame[2], x), -frame[2]])
    place = catalogue.image_map.points([u], [v], [height])[0]
    lean = np.radians(rng.uniform(-10.0, 10.0, 3))
    view = CameraView(PINHOLE, place, axes).moved(np.zeros(3), lean)
    px = view.project(catalogue.places)
    away = catalogue.places - view.r_site
    facing = (away @ frame[2] < 0.0) & (np.linalg.norm(away, axis=1) < 2.0 * height)
    radius_px = catalogue.craters["radius_m"] * 886.8 / np.linalg.norm(away, axis=1)
    with np.errstate(invalid="ignore"):
        shown = facing & ((px > 0.0) & (px < 1023.0)).all(axis=1) & (radius_px > 3.0)
    rows = np.flatnonzero(shown)
    kept = rows[rng.random(len(rows)) >= missing]
    extra = round(false * len(kept))
    out = np.zeros(len(kept) + extra, DETECTION)
    out["px"][: len(kept)] = px[kept] + rng.normal(0.0, 1.0, (len(kept), 2)) * noise_px
    out["radius_px"][: len(kept)] = radius_px[kept] * np.exp(rng.normal(0.0, 0.05, len(kept)))
    out["px"][len(kept) :] = rng.uniform(0.0, 1023.0, (extra, 2))
    if extra:
        out["radius_px"][len(kept) :] = rng.choice(radius_px[rows], extra)
    out["confidence"] = rng.random(len(out))
    wrong = rng.normal(size=3)
    wrong *= math.radians(rng.uniform(0.0, 1.0)) / np.linalg.norm(wrong)
    rough_place = place * np.array([1.0, 1.0, 1.0]) + frame[2] * height * rng.uniform(-0.2, 0.2)
    rough = CameraView(PINHOLE, rough_place, view.moved(np.zeros(3), wrong).axes)
    begun = time.process_time()
    result = find_by_craters(out, index, rough, noise_px)
    took = time.process_time() - begun
    error = result.view.r_site - view.r_site
    off = float(np.abs(error / np.sqrt(np.diag(result.covariance)[:3])).max())
    share = float(np.linalg.norm(error)) / height
    return result.code is TrnCode.FIX, share, off, took, len(kept)


def drawn_table(cases: int, seed: int) -> list[str]:
    """Write the shares of poses that were found."""
    catalogue = drawn_catalogue(seed)
    index = CraterIndex.of(catalogue, turn_rad=math.radians(2.0))
    lines = [
        "| noise, px | taken away, % | false, % | cases | craters in view, median | fixed | of "
        "those with 12 craters and more | wrong beyond 5 sigma | error over height, median, % | "
        "CPU, s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row, (noise_px, missing, false) in enumerate(CASES):
        rng = np.random.default_rng([seed, 2, row])
        runs = [one_case(rng, index, noise_px, missing, false) for _ in range(cases)]
        fixed = [run for run in runs if run[0]]
        rich = [run for run in runs if run[4] >= 12]
        error = f"{100.0 * np.median([run[1] for run in fixed]):.2f}" if fixed else ""
        lines.append(
            f"| {noise_px:.0f} | {100 * missing:.0f} | {100 * false:.0f} | {cases} | "
            f"{np.median([run[4] for run in runs]):.0f} | {len(fixed)} | "
            f"{sum(run[0] for run in rich)} of {len(rich)} | "
            f"{sum(run[2] > 5.0 for run in fixed)} | "
            f"{error} | {np.median([run[3] for run in runs]):.2f} |"
        )
    return lines
