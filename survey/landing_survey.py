"""Where on the Moon can this lander come down? Layers of a region, and its best sites.

from farside.survey import survey_region
found = survey_region("apollo", "chang-e-6", dates="2024-06-01..2024-06-03")
print(found.sites[0].latitude_deg, found.sites[0].probability, found.layers["score"])
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from farside.mission import Mission, load_mission
from farside.raster import Dem
from farside.survey.errors import SurveyError
from farside.survey.landing_ellipse import LandingEllipse
from farside.survey.landing_ground import RegionGround, region_ground
from farside.survey.landing_hazards import SafeMaps, limits_of, safe_maps
from farside.survey.landing_light import LIGHT_LAYERS, Conditions, region_light
from farside.survey.landing_link import Link, kind_of, link_of
from farside.survey.landing_medians import beside_medians
from farside.survey.landing_rank import (
    SITES,
    LandingSite,
    apart_m,
    best_cells,
    check_count,
    sites_of,
)
from farside.survey.landing_region import DEFAULT, Region
from farside.survey.landing_slopes import SCALES, RegionSlopes, region_slopes
from farside.survey.landing_templates import Limits

Array = NDArray[np.float64]
Image = NDArray[np.float32]
Progress = Callable[[str, float], Any]

REACH_M = 150e3  # that terrain counts for light: a 6 km wall is hidden beyond

#: Unit and meaning of every layer, in the order of the GeoTIFF.
LAYERS = {
    "score": ("1", "probability times constraints: what sites are ranked by"),
    "probability": ("1", "to land safely from anywhere in the landing ellipse, with imaging"),
    "blind_probability": ("1", "the same without imaging"),
    "scan_probability": ("1", "one scan there holds a safe footprint, finds it, and it is safe"),
    "holds_probability": ("1", "one scan there holds a safe footprint"),
    "footprint_probability": ("1", "a footprint there is safe"),
    "constraints": LIGHT_LAYERS["constraints"],
    "elevation_m": ("m", "of the ground above the sphere of 1737.4 km"),
    "slope_deg": ("deg", "steepest slope over one post to both sides"),
    "slope_2_deg": ("deg", "over two posts to both sides"),
    "slope_4_deg": ("deg", "over four posts to both sides"),
    "roughness_m": ("m", "deviation over one post less the tilt of its neighbourhood, rms"),
    "hurst": ("1", "exponent of the deviation over 1 to 4 posts"),
    "deviation_474_m": ("m", "deviation over 474 m, by the law below a post, rms"),
    "tilt_sigma_deg": ("deg", "of a scan's square off the slope of the data, each axis, 1 sigma"),
    "clearance_m": ("m", "distance to the nearest cell above the slope limit"),
    "posting_m": ("m", "of the data that the height is of"),
    **{name: entry for name, entry in LIGHT_LAYERS.items() if name != "constraints"},
}


@dataclass(frozen=True, eq=False)
class RegionSurvey:
    """What was found over a region.

    Attributes
    ----------
    region : Region
    mission : Mission
        Whose limits, dispersions and relay counted.
    mission_name : str or None
        What it was named by: a shipped mission, or a file; None of a Mission.
    ground : RegionGround
        Heights on the region's plane.
    ellipse : LandingEllipse
    limits : Limits
        What a place was held to.
    conditions : Conditions
        Dates, Sun and stay.
    link : Link
        What the lander speaks to.
    layers : dict of ndarray (rows, cols) float32
        By the names of `LAYERS`, which end with their units [-] where they have none; NaN outside
        the region.
    hurst_below : ndarray (rows, cols)
        Exponent that the deviation goes on with below a post [-].
    sites : tuple of LandingSite
        Best first.
    separation_m : float
        Least distance of two sites [m].
    notes : tuple of str
        What every reader has to know, in sentences.

    Examples
    --------
    >>> from farside.survey import survey_region
    >>> found = survey_region("41.6S,154W,30", dates="2024-06-01..2024-06-03", sites=1)
    >>> found.ground.grid.shape == found.layers["slope_deg"].shape
    True
    >>> site = found.sites[0]
    >>> found.cell_at(site.latitude_deg, site.longitude_deg) == (site.row, site.col)
    True
    >>> 0.0 <= found.rank_of(site.latitude_deg, site.longitude_deg) < 0.01  # the best cell
    True
    """

    region: Region
    mission: Mission
    mission_name: str | None
    ground: RegionGround
    ellipse: LandingEllipse
    limits: Limits
    conditions: Conditions
    link: Link
    layers: dict[str, Image] = field(repr=False)
    hurst_below: Array = field(repr=False)
    sites: tuple[LandingSite, ...]
    separation_m: float
    notes: tuple[str, ...]

    def rank_of(self, latitude_deg: float, longitude_deg: float) -> float:
        """Return the share of the region's cells with a higher score than a place's cell.

        Parameters
        ----------
        latitude_deg, longitude_deg : float
            The place [deg].

        Returns
        -------
        float
            0 for the best cell of the region, near 1 for the worst; 1 where the score is 0.

        Raises
        ------
        SurveyError
            A place outside the region.
        """
        row, col = self.cell_at(latitude_deg, longitude_deg)
        score = self.layers["score"]
        here = float(score[row, col])
        held = score[self.ground.grid.inside]
        held = held[np.isfinite(held)]
        return 1.0 if not here > 0.0 else float(np.mean(held > here))

    def cell_at(self, latitude_deg: float, longitude_deg: float) -> tuple[int, int]:
        """Return row and column of the cell that holds a place.

        Parameters
        ----------
        latitude_deg, longitude_deg : float
            The place [deg].

        Returns
        -------
        tuple of int

        Raises
        ------
        SurveyError
            A place outside the region.
        """
        from farside.survey.horizon_planes import RasterPlane, units_of

        grid = self.ground.grid
        col, row = RasterPlane(grid.geometry).pixels(units_of(longitude_deg, latitude_deg))
        cell = round(float(row)), round(float(col))
        inside = all(0 <= k < n for k, n in zip(cell, grid.shape, strict=True))
        if not (inside and grid.inside[cell]):
            raise SurveyError(
                f"{latitude_deg:g}, {longitude_deg:g} deg lies outside {self.region.title}"
            )
        return cell


def survey_region(
    region: str | Region = DEFAULT,
    mission: str | Path | Mission = "chang-e-6",
    *,
    dates: str | None = None,
    dems: Sequence[str | Path | Dem] = (),
    cell_m: float | None = None,
    ellipse: LandingEllipse | tuple[float, float] | None = None,
    sun_deg: tuple[float, float] = (5.0, 60.0),
    stay_h: float = 48.0,
    link: str | None = None,
    sites: int = SITES,
    progress: Progress | None = None,
) -> RegionSurvey:
    """Survey a region of the Moon for landing sites.

    Parameters
    ----------
    region : str or Region
        A name (`farside.survey.landing_region.REGIONS`), limits as `50S..40S,170E..160W`, or centre
        and radius in km as `41.6S,154W,100`.
    mission : str, Path or Mission
        Whose limits, ground, dispersions, orbit and relay count.
    dates : str, optional
        `A..B`, UTC; the mission's lunation from its landing if not given.
    dems : sequence of paths
        Rasters over the whole-Moon DEM, in any lunar CRS.
    cell_m : float, optional
        Side of a cell [m].
    ellipse : LandingEllipse or (float, float), optional
        Of arrivals before imaging: 1 sigma east and north [m]; by default the mission's own.
    sun_deg : (float, float)
        Elevations of the Sun between which a landing may be, in the morning [deg].
    stay_h : float
        How long light and link are wanted after landing [h].
    link : str, optional
        relay, earth, l2 (a halo about L2) or none; by default the mission's relay, or the Earth,
        or a halo where the mission's own site sees neither.
    sites : int
        How many to rank at most.
    progress : callable, optional
        Called as progress(stage, done).

    Returns
    -------
    RegionSurvey

    Raises
    ------
    SurveyError, MissionError, RasterError
        One line that says what is wrong and what to do.

    Examples
    --------
    >>> from farside.survey import survey_region
    >>> found = survey_region("41.6S,154W,30", dates="2024-06-01..2024-06-03", sites=1)
    >>> found.sites[0].rank, found.layers["score"].shape == found.ground.grid.shape
    (1, True)
    """
    report = progress or (lambda _stage, _done: None)
    count = check_count(sites)
    if not isinstance(mission, str | os.PathLike | Mission):
        raise SurveyError("a mission is a shipped mission's name, a mission file, or a Mission")
    plan = mission if isinstance(mission, Mission) else load_mission(mission)
    where = Region.of(region)
    asked = Conditions.of(plan, dates, sun_deg, stay_h)
    shape = _ellipse_of(ellipse, plan)
    speaks = link_of(plan, kind_of(plan, link), asked.extended, asked.dates.count)
    report("reading", 0.0)
    ground = region_ground(where, dems, cell_m)
    shape.check(ground.grid)
    slopes = region_slopes(ground)
    report("hazards", 0.0)
    safe = safe_maps(plan, slopes, ground.post_m)
    if not any(row.scan for row in plan.phases):
        safe = replace(safe, lands=safe.footprint)
    report("hazards", 1.0)
    layers = _layers(plan, ground, slopes, safe, shape)
    layers |= region_light(ground, asked, speaks, REACH_M, report)
    layers["score"] = layers["probability"] * layers["constraints"]
    layers = {name: layers[name] for name in LAYERS}
    apart = apart_m(shape, ground.grid.cell_m, where.radius_m)
    report("ranking", 0.0)
    cells = best_cells(layers["score"].astype(np.float64), ground, count, apart)
    ranked = sites_of(plan, ground, layers, cells, shape, asked, speaks.kind)
    notes = (*ground.notes, *_notes(plan, layers, ranked, speaks, asked))
    given = None if isinstance(mission, Mission) else os.fspath(mission)
    return RegionSurvey(
        where, plan, given, ground, shape, limits_of(plan), asked, speaks, layers,
        slopes.hurst_below, ranked, apart, notes,
    )  # fmt: skip


def _ellipse_of(
    ellipse: LandingEllipse | tuple[float, float] | None, plan: Mission
) -> LandingEllipse:
    if ellipse is None:
        return LandingEllipse.of_mission(plan)
    if isinstance(ellipse, LandingEllipse):
        return ellipse
    east, north = ellipse
    return LandingEllipse(float(east), float(north))


def _layers(
    plan: Mission,
    ground: RegionGround,
    slopes: RegionSlopes,
    safe: SafeMaps,
    ellipse: LandingEllipse,
) -> dict[str, Image]:
    """Return the layers of the ground itself."""
    grid = ground.grid
    slope = {scale: np.degrees(np.arctan(slopes.tangent[scale])) for scale in SCALES}
    steep = slope[1] > plan.hazards.slope_deg
    far = np.full(grid.shape, np.inf)
    if steep.any():
        far = distance_transform_edt(~steep) * grid.ground_m
    made = {
        "elevation_m": ground.heights_m,
        "slope_deg": slope[1],
        "slope_2_deg": slope[2],
        "slope_4_deg": slope[4],
        "roughness_m": slopes.roughness_m,
        "hurst": slopes.hurst,
        "deviation_474_m": slopes.deviation_474_m,
        "tilt_sigma_deg": np.degrees(np.arctan(safe.sigma)),
        "clearance_m": np.where(np.isfinite(far), far, np.nan),
        "posting_m": ground.post_m,
        "footprint_probability": safe.footprint,
        "holds_probability": safe.holds,
        "scan_probability": safe.lands,
        "probability": ellipse.mean_map(safe.lands, grid),
        "blind_probability": ellipse.mean_map(safe.footprint, grid),
    }
    return {
        name: np.where(grid.inside, values, np.nan).astype(np.float32)
        for name, values in made.items()
    }


def _notes(
    plan: Mission, layers: dict[str, Image], sites: tuple[LandingSite, ...], link: Link,
    asked: Conditions,
) -> tuple[str, ...]:  # fmt: skip
    """Describe what was assumed, and why nothing was found where nothing was."""
    notes = [
        "Ground below the data's resolution is a statistical model of docs/survey.md: a site's "
        "probability is no picture of its ground.",
        *beside_medians(plan, layers["deviation_474_m"], layers["posting_m"]),
    ]
    if not any(row.scan for row in plan.phases):
        notes.append(
            f"{plan.name} takes no scan: it lands blind, and probability is blind_probability."
        )
    if link.kind == "relay" and not link.timed:
        notes.append(
            f"{link.name}'s phase is not known ([dispersions] relay_phase_deg): its share of "
            "the dates counts, and no instant of it."
        )
    if link.kind == "l2":
        notes.append(
            "A relay anywhere on a halo of 13 000 km about L2 is taken, 5 deg above the terrain"
            + (f": {plan.name} has no [relay]." if plan.relay is None else ".")
        )
    missing = [site.rank for site in sites if site.known_share < 0.999]
    if missing:
        notes.append(f"Part of the ellipse has no height at sites {', '.join(map(str, missing))}.")
    if not sites:
        notes.append(_why_none(layers, asked))
    return tuple(notes)


def _why_none(layers: dict[str, Image], asked: Conditions) -> str:
    """Say which condition left no site."""
    low, high = asked.sun_deg
    if not np.nanmax(layers["probability"]) > 1e-3:
        return "Nothing is safe here: no cell holds a safe place within the limits of the lander."
    if not np.nanmax(layers["link_share"]) > 0.0:
        return "No site: no cell has a link at any time of the dates."
    if not np.nanmax(layers["opportunity_share"]) > 0.0:
        return (
            f"No site: at no time of the dates does a rising Sun stand {low:g} to {high:g} deg "
            "high with a link; give other dates (--dates) or limits (--sun)."
        )
    return "No site: where the ground is safe, light and link are not there, or the other way."
