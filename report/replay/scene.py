"""Everything that a replay shows, as plain numbers and words."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from farside.flight.landing import Landing
from farside.ground import Ground, Provenance
from farside.mission import Mission
from farside.mission.ephemeris import Direction
from farside.mission.units import number
from farside.report.fault_marks import fault_spans
from farside.report.relief import NORTH_WEST
from farside.report.replay.looks import looks
from farside.report.replay.motion import motion
from farside.report.replay.scan_view import scan_view
from farside.report.replay.squares import rasters
from farside.report.sky import earth_at_landing, sun_at_landing
from farside.report.track import Track
from farside.report.verdict import checks, ending

#: A Sun lower than this leaves a picture with nothing to see.
LOWEST_DEG = 3.0


def scene(landing: Landing) -> dict[str, Any]:
    """Gather the scene of a flight.

    Parameters
    ----------
    landing : Landing
        Any finished flight. The ground is the one it flew over; where it does not hold it (a
        landing that was put together by hand), that of its mission and seed.
    """
    track = Track(landing)
    ground = landing.ground or Ground(landing.plan, seed=landing.seed)
    east, north = _place(track)
    behind_m = float(-np.nanmin(track.downrange_m, initial=0.0))
    return {
        "title": landing.plan.title,
        "ending": ending(landing),
        "safe": landing.safe,
        "subtitle": _subtitle(landing),
        "farside": landing.farside,
        "facts": _facts(landing),
        "checks": [
            {"what": c.what, "value": c.value_text, "limit": c.limit_text, "verdict": c.verdict}
            for c in checks(landing)
        ],
        "faults": [asdict(span) for span in fault_spans(landing)],
        "motion": motion(track),
        "ground": {
            "rasters": rasters(ground, east, north, min(behind_m, 700e3)),
            "along_site": ground.arcs.axes[0].tolist(),
            "across_site": ground.arcs.axes[1].tolist(),
            "radius_m": ground.radius_m,
            "arc_m": ground.arcs.arc_m,
            "close_m": [east, north],
            "provenance": provenance(landing.plan, ground),
        },
        "scan_view": scan_view(landing),
        "looks": looks(landing),
        "lander": lander(landing.plan),
        "limits": _limits(landing.plan),
        "light": light(landing),
        "earth": _direction(earth_at_landing(landing)),
        "heading_deg": landing.plan.orbit.arrival_azimuth_deg,
    }


def light(landing: Landing) -> dict[str, Any]:
    """Return where the light of the pictures comes from, and say so."""
    sun = sun_at_landing(landing)
    if sun.elevation_deg < LOWEST_DEG:
        text = (
            f"The Sun stood {number(sun.elevation_deg, 1, 'deg')} above the horizon: lit from the "
            "north-west instead."
        )
        return {**_direction(NORTH_WEST), "is_sun": False, "text": text}
    text = (
        f"Lit by the Sun of {landing.plan.epoch.landing_utc}: "
        f"{number(sun.elevation_deg, 1, 'deg')} high, azimuth {number(sun.azimuth_deg, 1, 'deg')}."
    )
    return {**_direction(sun), "is_sun": True, "text": text}


def lander(mission: Mission) -> dict[str, Any]:
    """Return the sizes that the model of the lander is built from [m], [N]."""
    vehicle = mission.vehicle
    return {
        "legs": asdict(vehicle.legs),
        "ascender": vehicle.stack_kg.ascender > 0.0,
        "com_height_m": vehicle.body.com_height_full_m,
        "thrust_max_n": vehicle.engine.thrust_max_n,
        "thrust_min_n": vehicle.engine.thrust_min_n,
        "footprint_m": mission.hazards.footprint_m,
    }


def provenance(mission: Mission, ground: Ground) -> list[str]:
    """Describe what is measured of the ground that is shown, and what is not."""
    made_of = int(ground.provenance(0.0, 0.0))
    lines = []
    if made_of & Provenance.RASTER:
        lines.append("Measured: the raster that was given, over the whole-Moon DEM (LOLA, 3.8 km).")
    elif made_of & Provenance.WHOLE_MOON:
        lines.append("Measured: the whole-Moon DEM (LOLA) alone, one height every 3.8 km.")
    if made_of & Provenance.SYNTHETIC:
        reach = number(mission.ground.radius_m * 1e-3, 1, "km")
        lines.append(
            f"SYNTHETIC within {reach} of the site: craters, rocks and roughness drawn from seed "
            f"{ground.seed} below the resolution of the measurements. No data."
        )
    return lines or ["A smooth sphere: no relief was asked for."]


def _place(track: Track) -> tuple[float, float]:
    """Return east and north [m] of the middle of the finest ground: where it came to rest."""
    if not len(track.t_s):
        return 0.0, 0.0
    east, north, _ = (float(part) for part in track.base_site[-1])
    # a flight that ended high above is shown over its site
    if math.isfinite(east) and math.isfinite(north) and math.hypot(east, north) < 5000.0:
        return east, north
    return 0.0, 0.0


def _subtitle(landing: Landing) -> str:
    how = "nominal flight" if landing.nominal else f"seed {landing.seed}"
    site = landing.plan.site
    return (
        f"{landing.mission}, {how}; {number(site.latitude_deg, 3)}\u00b0, "
        f"{number(site.longitude_deg, 3)}\u00b0 E"
    )


def _facts(landing: Landing) -> dict[str, Any]:
    """Return the facts of landing.json but for the timing, which is another machine's."""
    facts = landing.to_dict()
    del facts["timing"]
    return facts


def _limits(mission: Mission) -> dict[str, float]:
    vehicle = mission.vehicle
    return {
        "dry_kg": vehicle.dry_mass_kg,
        "thrust_max_n": vehicle.engine.thrust_max_n,
        "thrust_min_n": vehicle.engine.thrust_min_n,
        "vertical_speed_mps": mission.touchdown.vertical_speed_mps,
        "tilt_deg": mission.touchdown.tilt_deg,
    }


def _direction(body: Direction) -> dict[str, Any]:
    return {**body._asdict(), "unit_site": body.unit_site.tolist()}
