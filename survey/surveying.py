"""A survey: elevation data in, hazard maps and ranked sites out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.mission import Mission, load_mission
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry
from farside.survey.layers import ArrayLayers, Layers
from farside.survey.mapping import Maps, Progress, Workspaces, map_hazards_of, misses_hazards
from farside.survey.query import Query
from farside.survey.rank import SurveySite, rank_sites
from farside.survey.ranking import SITES, SiteRanking
from farside.survey.sources import Source, array_source
from farside.survey.tiles import TILE
from farside.survey.view import Closeup, View, colours_of
from farside.terrain import Reason

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Survey:
    """What was found. The maps are attributes where they were made in memory: rows as given.

    Attributes
    ----------
    name : str
        Of the data.
    query : Query
        The lander, its limits and the uncertainties.
    geometry : Geometry
        Size and frame of the cells, in bands of rows.
    coarse : bool
        True: the cells are too coarse for the lander, so that no hazard can be seen.
    notes : tuple of str
        What every reader has to know, in sentences.
    sites : tuple of SurveySite
        Best first, each `separation_m` from every better one.
    separation_m : float
        Least distance between two sites [m].
    known_share : float
        Share of the cells that have a height [-].
    safe_share : float
        Share of the cells that nothing speaks against [-]; 0 if coarse.
    reason_shares : dict of Reason to float
        Share of the cells that each reason speaks against [-]. A cell counts for each of its
        reasons, so that these overlap.
    gravest_shares : dict of Reason to float
        Share of the cells that each reason is the gravest against [-]: with `safe_share` they add
        up to 1, unless coarse.
    view : View
        Reduced maps, for the picture.
    closeup : Closeup or None
        The surroundings of the best site, for the picture.
    maps : dict of ndarray, (rows, cols)
        slope_deg [deg], roughness_m [m], clearance_m [m], probability [-], bound [-], reason; empty
        if made on disk.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.survey import survey
    >>> heights = np.zeros((100, 120))
    >>> heights[50, 30] = 0.5  # a rock
    >>> found = survey(heights, 0.1)
    >>> found.slope_deg.shape, round(found.safe_share, 2)
    ((100, 120), 0.16)
    >>> {reason.name: round(share, 2) for reason, share in found.reason_shares.items()}
    {'ROUGH': 0.11, 'EDGE': 0.73, 'STAND_SLOPE': 0.01}
    >>> found.sites[0].x > 6.0  # [m] east, on the other side
    True
    """

    name: str
    query: Query
    geometry: Geometry
    coarse: bool
    notes: tuple[str, ...]
    sites: tuple[SurveySite, ...]
    separation_m: float
    known_share: float
    safe_share: float
    reason_shares: dict[Reason, float]
    gravest_shares: dict[Reason, float]
    view: View = field(repr=False)
    closeup: Closeup | None = field(repr=False)
    maps: dict[str, Image] = field(repr=False)

    @property
    def slope_deg(self) -> Image:
        """Slope of the least-squares plane under the footprint; NaN where it is not whole."""
        return self.maps["slope_deg"]

    @property
    def roughness_m(self) -> Image:
        """Greatest deviation from that plane [m]; NaN where that is."""
        return self.maps["roughness_m"]

    @property
    def clearance_m(self) -> Image:
        """Distance to the nearest cell that is not safe [m]."""
        return self.maps["clearance_m"]

    @property
    def probability(self) -> Image:
        """Calibrated probability of a safe landing; NaN if coarse."""
        return self.maps["probability"]

    @property
    def bound(self) -> Image:
        """Lower bound of that probability, whatever the errors share; NaN if coarse.

        It adds up the probabilities of every cell under the lander to spoil the landing, as if no
        two went together: 0 where that says nothing, which is no sign of danger.
        """
        return self.maps["bound"]

    @property
    def reason(self) -> NDArray[np.uint16]:
        """Bits of `farside.terrain.Reason`; 0 where nothing speaks against a cell."""
        return self.maps["reason"].astype(np.uint16)

    @property
    def safe(self) -> NDArray[np.bool_]:
        """Cells that nothing speaks against."""
        safe: NDArray[np.bool_] = self.maps["reason"] == 0
        return safe


def survey(
    heights: ArrayLike,
    cell_m: float,
    mission: str | Path | Mission = "chang-e-6",
    *,
    sigma_m: float = 0.0,
    dispersion_m: tuple[float, float] = (0.0, 0.0),
    sites: int | SiteRanking = SITES,
    unit: str | None = None,
    nodata: float | None = None,
) -> Survey:
    """Map the hazards of heights, or of a point cloud, in memory, and rank landing sites.

    Parameters
    ----------
    heights : array_like, (rows, cols) or (N, 3)
        A map of heights [m], rows northwards and columns eastwards; unknown where NaN, or where a
        masked array, a pandas DataFrame or an xarray DataArray (`_FillValue`) says so. Or points:
        (N, 3) east, north, up [m], or a structured array with the fields x, y, z.
    cell_m : float
        Side of a square cell [m].
    mission : str, Path or Mission
        Whose lander and limits: a shipped mission's name, a mission file, or a mission.
    sigma_m : float
        1-sigma error of a cell's height, or of a point's [m].
    dispersion_m : (float, float)
        1-sigma touchdown error, east and north [m].
    sites : int or SiteRanking
        How many to rank at most, 0 to 1000; or that and the least distance between two.
    unit : str, optional
        What the heights are in ("m", "km", "ft", "US survey foot" ...). Without it metres, unless
        they cannot be. With it no height within the Moon's limits is taken for a void.
    nodata : float, optional
        A number that stands for no height.

    Returns
    -------
    Survey
        Maps of the shape of `heights` (of points: of the grid in `geometry`), and the sites.

    Raises
    ------
    SurveyError, MissionError
        One line that says what is wrong and what to do.

    Examples
    --------
    >>> from farside.survey import SiteRanking, survey
    >>> import numpy as np
    >>> found = survey(np.zeros((100, 120)), 0.1, "chang-e-6", sites=SiteRanking(2, 1.5))
    >>> round(found.safe_share, 2), len(found.sites)
    (0.27, 2)
    """
    if not isinstance(mission, str | os.PathLike | Mission):
        raise SurveyError(
            f"a mission of {type(mission).__name__}: give a shipped mission's name, a mission "
            "file, or a Mission"
        )
    plan = mission if isinstance(mission, Mission) else load_mission(mission)
    query = Query.of(plan, sigma_m, dispersion_m)
    ranking = SiteRanking.of(sites)
    source = array_source(heights, cell_m, unit=unit, nodata=nodata)
    return run(source, query, ArrayLayers(source.geometry.shape), sites=ranking)


def run(
    source: Source,
    query: Query,
    layers: Layers,
    *,
    sites: int | SiteRanking = SITES,
    side: int = TILE,
    progress: Progress | None = None,
) -> Survey:
    """Fill layers from a source and rank the sites.

    Parameters
    ----------
    source : Source
        See `farside.survey.sources.open_source`.
    query : Query
        The lander and the uncertainties.
    layers : Layers
        Where the maps go.
    sites : int or SiteRanking
        How many to rank at most; or that and the least distance between two.
    side : int
        Cells along a window's side, a multiple of 8; the answer does not depend on it.
    progress : callable
        Called as progress(stage, done) with done from 0 to 1.

    Returns
    -------
    Survey

    Raises
    ------
    SurveyError, RasterError
        Nothing to map, damaged data, or a number that cannot be.
    """
    report = progress or (lambda _stage, _done: None)
    ranking = SiteRanking.of(sites)
    geometry = source.geometry
    check_wide_enough(source, query)
    query = replace(query, spacing_m=source.spacing_m)
    found = map_hazards_of(source, query, layers, side, report)
    report("ranking", 0.0)
    ranked: Sequence[SurveySite] = ()
    apart_m = ranking.apart_m(geometry, query)
    if not found.coarse:
        workspaces = Workspaces(query, geometry, found.datum)
        ranked = rank_sites(source, query, layers, workspaces, int(ranking.count), apart_m)
    report("ranking", 1.0)
    cells = geometry.shape[0] * geometry.shape[1]
    return Survey(
        name=source.name,
        query=query,
        geometry=geometry,
        coarse=found.coarse,
        notes=(*source.notes, *_notes(geometry, query, found, ranked)),
        sites=tuple(ranked),
        separation_m=apart_m,
        known_share=found.known / cells,
        safe_share=1.0 - found.unsafe.count / cells,
        reason_shares={bit: found.tally[bit] / cells for bit in Reason if bit in found.tally},
        gravest_shares={bit: found.gravest[bit] / cells for bit in Reason if bit in found.gravest},
        view=found.view,
        closeup=_closeup(source, layers, query, ranked[0]) if ranked else None,
        maps=layers.maps if isinstance(layers, ArrayLayers) else {},
    )


def check_wide_enough(source: Source, query: Query) -> None:
    """Refuse a map or a cloud on which the lander does not fit.

    Raises
    ------
    SurveyError
        Both sizes, before anything is computed.
    """
    geometry, needed_m = source.geometry, query.lander.footprint_m
    middle = geometry.middle
    down_m, across_m = geometry.shape[0] * middle.down_m, geometry.shape[1] * middle.across_m
    if min(down_m, across_m) < needed_m:
        raise SurveyError(
            f"{source.name}: {across_m:.3g} x {down_m:.3g} m of ground are less than the footprint "
            f"of the lander, {needed_m:g} m; give a larger map, or another lander (--lander)"
            + (", or convert km or degrees to metres" if source.spacing_m > 0.0 else "")
        )


def _closeup(source: Source, layers: Layers, query: Query, site: SurveySite) -> Closeup:
    """Read the surroundings of a site, four footprints to each side."""
    geometry = source.geometry
    band = geometry.band_at(site.row, site.col)
    reach_m = 4.0 * query.lander.footprint_m
    up, across = int(reach_m / band.down_m), int(reach_m / band.across_m)
    top, left = max(site.row - up, 0), max(site.col - across, 0)
    bottom = min(site.row + up + 1, geometry.shape[0])
    right = min(site.col + across + 1, geometry.shape[1])
    return Closeup(
        top,
        left,
        source.read(top, bottom, left, right),
        colours_of(layers.get("reason", top, bottom, left, right)),
    )


def _notes(
    geometry: Geometry, query: Query, found: Maps, ranked: Sequence[SurveySite]
) -> tuple[str, ...]:
    """Describe what the maps cannot."""
    cell_m, lander = geometry.coarsest_m, query.lander
    if misses_hazards(geometry, query):
        return (
            f"Returns every {query.spacing_m:.2g} m on cells of {cell_m:.3g} m miss hazards of "
            f"{query.limits.roughness_m:g} m: only the slope from cell to cell is given, and no "
            "place is known to be safe.",
        )
    if found.coarse:
        return (
            f"Cells of {cell_m:.3g} m cannot show hazards to a lander of {lander.footprint_m:g} m: "
            "only the slope from cell to cell is given, and no place is known to be safe.",
        )
    notes = []
    if query.spacing_m > 0.0:
        notes.append(
            f"Gridded from returns every {query.spacing_m:.2g} m: what they may miss of tops is "
            f"kept off the limit of {query.limits.roughness_m:g} m and counted as noise."
        )
    if cell_m > lander.pad_m:
        notes.append(
            f"Cells of {cell_m:.3g} m do not show rocks and holes narrower than about "
            f"{2.0 * cell_m:.2g} m: none of those is counted."
        )
    if not found.legs_fit:
        notes.append(
            f"Cells of {cell_m:.3g} m do not tell the pads apart: the lander was not stood on its "
            "legs, and slope and roughness of the disc alone decide."
        )
    if not ranked:
        notes.append("No place is safe within the limits.")
    return tuple(notes)
