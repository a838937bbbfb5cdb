"""What the lander saw, and what it chose: the last scan, its verdicts and its sites."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S
from farside.flight.landing import Imaging, Landing
from farside.report.colours import SKY
from farside.report.reasons import REASONS
from farside.report.replay.coding import deflated, encode
from farside.terrain.assessment import Assessment
from farside.terrain.hazards import HazardMap
from farside.terrain.sites import LandingSite

CHOSEN = 4  # in a row's flags: a site has been chosen
SHOWN_SITES = 8
POINT_STRIDE = 5  # cells between the points that stand for the returns
POINT_STEP_M = 0.005
UNSEEN = -32768


def scan_view(landing: Landing) -> dict[str, Any] | None:
    """Return the map, its sites and when they came; None for a flight that mapped nothing.

    Places are moved by `Imaging.drift_site` to where the ground that was seen truly lies.
    """
    imaging, lidar = landing.imaging, landing.plan.sensors.lidar
    if imaging is None or lidar is None:
        return None
    elevation = imaging.hazards.elevation
    east, north, up = imaging.drift_site
    kinds, legend = _verdicts(imaging.hazards)
    # the middle of the scan is the map's tick: the frames lie about it
    half_s = 0.5 * lidar.frames / lidar.frame_hz
    scan_s = elevation.tick * TICK_S
    taken = np.flatnonzero(landing.telemetry["flags"] & CHOSEN)
    return {
        "rows": elevation.shape[0],
        "columns": elevation.shape[1],
        "cell_m": elevation.cell_m,
        "east_m": elevation.east_m + east,
        "north_m": elevation.north_m + north,
        "kinds": deflated(kinds),
        "legend": legend,
        "scan_start_s": scan_s - half_s,
        "scan_end_s": scan_s + half_s,
        "chosen_s": float(taken[0] * TICK_S) if len(taken) else scan_s + half_s + lidar.latency_s,
        "field_of_view_deg": list(lidar.field_of_view_deg),
        "boresight_body": list(lidar.boresight_body),
        "points": _points(elevation.heights[::POINT_STRIDE, ::POINT_STRIDE], up),
        "sites": _sites(imaging),
        "divert_m": landing.site.divert_m,
        "least_bad": landing.site.least_bad,
        "scans": landing.site.scans,
    }


def _verdicts(hazards: HazardMap | Assessment) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """Return a number for each cell, and the legend that the numbers point into."""
    kinds = np.zeros(hazards.elevation.shape, np.uint8)
    legend: list[dict[str, Any]] = [{"name": "safe", "colour": SKY}]
    for bit, name, colour in REASONS:
        cells = (hazards.reasons & bit) != 0
        if cells.any():
            legend.append({"name": name, "colour": colour})
            kinds[cells] = len(legend) - 1
    # as it is painted: a cell counts for the gravest that speaks against it
    for place, entry in enumerate(legend):
        cells = hazards.safe if place == 0 else kinds == place
        entry["share"] = float(cells.mean())
    return kinds, legend


def _points(heights: NDArray[np.floating], up_m: float) -> dict[str, Any]:
    """Return heights that stand for the returns, in steps about their median."""
    level = float(np.nanmedian(heights)) if np.isfinite(heights).any() else 0.0
    steps = np.clip(np.rint((heights - level) / POINT_STEP_M), UNSEEN + 1, -UNSEEN - 1)
    stored = np.where(np.isfinite(heights), np.nan_to_num(steps), UNSEEN).astype(np.int16)
    return {
        "rows": heights.shape[0],
        "columns": heights.shape[1],
        "stride": POINT_STRIDE,
        "level_m": level + up_m,
        "step_m": POINT_STEP_M,
        "data": encode(stored),
    }


def _sites(imaging: Imaging) -> list[dict[str, Any]]:
    """Return the best sites; the chosen one among them, or after them."""
    chosen = imaging.chosen
    ranked = (imaging.sites or (chosen,))[:SHOWN_SITES]
    sites = [
        _site(
            site,
            imaging.drift_site,
            site is chosen or site == chosen,
            f"clearance {site.clearance_m:.1f} m, slope {site.slope_deg:.1f} deg",
        )
        for site in ranked
    ]
    if not any(site["chosen"] for site in sites):
        text = "the least bad" if chosen.least_bad else ""
        sites.append(_site(chosen, imaging.drift_site, True, text))
    return sites


def _site(
    site: LandingSite, drift_site: Sequence[float], chosen: bool, text: str
) -> dict[str, Any]:
    """Return where a site truly lies, and what is said of it."""
    east, north, up = drift_site
    return {
        "east_m": site.east_m + east,
        "north_m": site.north_m + north,
        "up_m": site.height_m + up,
        "chosen": chosen,
        "text": text,
    }
