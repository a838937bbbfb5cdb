"""What the lander saw, and what it chose: the last scan, its verdicts and its sites."""

from typing import Any

import numpy as np

from farside.flight.landing import Landing
from farside.report.reasons import REASONS
from farside.report.replay.coding import deflated, encode
from farside.report.style import SKY
from farside.report.track import TICK_S

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
    hazards = imaging.hazards
    elevation = hazards.elevation
    east, north, up = imaging.drift_site
    kinds = np.zeros(elevation.shape, np.uint8)
    legend = [{"name": "safe", "colour": SKY, "share": float(hazards.safe.mean())}]
    for bit, name, colour in REASONS:
        cells = (hazards.reasons & bit) != 0
        if cells.any():
            legend.append({"name": name, "colour": colour, "share": float(cells.mean())})
            kinds[cells] = len(legend) - 1
    # the middle of the scan is the map's tick: the frames lie about it
    half_s = 0.5 * lidar.frames / lidar.frame_hz
    scan_s = elevation.tick * TICK_S
    taken = np.flatnonzero(landing.telemetry["flags"] & CHOSEN)
    points = elevation.heights[::POINT_STRIDE, ::POINT_STRIDE]
    level = float(np.nanmedian(points)) if np.isfinite(points).any() else 0.0
    steps = np.clip(np.rint((points - level) / POINT_STEP_M), UNSEEN + 1, -UNSEEN - 1)
    sites = [
        {
            "east_m": site.east_m + east,
            "north_m": site.north_m + north,
            "up_m": site.height_m + up,
            "chosen": site is imaging.chosen or site == imaging.chosen,
            "text": f"clearance {site.clearance_m:.1f} m, slope {site.slope_deg:.1f} deg",
        }
        for site in (imaging.sites or (imaging.chosen,))[:SHOWN_SITES]
    ]
    if not any(site["chosen"] for site in sites):
        chosen = imaging.chosen
        sites.append(
            {
                "east_m": chosen.east_m + east,
                "north_m": chosen.north_m + north,
                "up_m": chosen.height_m + up,
                "chosen": True,
                "text": "the least bad" if chosen.least_bad else "",
            }
        )
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
        "points": {
            "rows": points.shape[0],
            "columns": points.shape[1],
            "stride": POINT_STRIDE,
            "level_m": level + up,
            "step_m": POINT_STEP_M,
            "data": encode(
                np.where(np.isfinite(points), np.nan_to_num(steps), UNSEEN).astype(np.int16)
            ),
        },
        "sites": sites,
        "divert_m": landing.site.divert_m,
        "least_bad": landing.site.least_bad,
        "scans": landing.site.scans,
    }
