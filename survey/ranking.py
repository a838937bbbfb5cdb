"""How many landing sites a survey ranks, and how far apart."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

from farside.raster.arrays import given_length
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry
from farside.survey.query import Query

SITES = 10  # ranked, unless asked otherwise
MOST_SITES = 1000
_SPREAD = 20.0  # the default separation is the side of a map, were it square, over this
_SIGMAS = 3.0  # touchdowns are cut at


@dataclass(frozen=True)
class SiteRanking:
    """How many sites to rank at most, and how far apart.

    Parameters
    ----------
    count : int
        0 to 1000.
    separation_m : float, optional
        Least distance between two sites [m]. By default the greatest of the footprint, 6 sigma of
        the dispersion (two landings, each 3 sigma off, do not meet) and a twentieth of the root of
        the map's area, so that the sites spread over it.

    Raises
    ------
    SurveyError
        If a number cannot be.

    Examples
    --------
    >>> from farside.survey import SiteRanking
    >>> SiteRanking(3, separation_m=20.0)
    SiteRanking(count=3, separation_m=20.0)
    """

    count: int = SITES
    separation_m: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        try:
            count = operator.index(self.count)
        except TypeError:
            count = -1
        if not 0 <= count <= MOST_SITES or isinstance(self.count, bool):
            raise SurveyError(
                f"--sites {self.count}: give a whole number of sites, 0 to {MOST_SITES}"
            )
        apart_m = self.separation_m
        if apart_m is not None and not 0.0 <= given_length(apart_m) < math.inf:
            raise SurveyError(
                f"--separation {apart_m}: give the least distance of two sites in metres, 0 or more"
            )

    @classmethod
    def of(cls, sites: int | SiteRanking) -> SiteRanking:
        """Return a ranking as it is; a number is how many sites to rank.

        Parameters
        ----------
        sites : int or SiteRanking

        Returns
        -------
        SiteRanking

        Examples
        --------
        >>> from farside.survey import SiteRanking
        >>> SiteRanking.of(3)
        SiteRanking(count=3, separation_m=None)
        """
        return sites if isinstance(sites, SiteRanking) else cls(sites)

    def apart_m(self, geometry: Geometry, query: Query) -> float:
        """Return the least distance between two sites of a map [m].

        Parameters
        ----------
        geometry : Geometry
            Of the map.
        query : Query
            Whose footprint and dispersion the default keeps.

        Returns
        -------
        float

        Examples
        --------
        >>> from farside.mission import load_mission
        >>> from farside.survey import Query, SiteRanking, survey
        >>> geometry = survey([[0.0] * 60] * 60, 0.1).geometry
        >>> query = Query.of(load_mission("chang-e-6"), dispersion_m=(1.0, 0.3))
        >>> SiteRanking(3).apart_m(geometry, query)  # 6 sigma are more than the footprint of 5 m
        6.0
        """
        if self.separation_m is not None:
            return float(self.separation_m)
        cols = geometry.shape[1]
        area = sum(
            (band.bottom - band.top)
            * ((band.right or cols) - band.left)
            * (band.across_m * band.down_m)
            for band in geometry.bands
        )
        landings_m = 2.0 * _SIGMAS * max(query.dispersion_m)
        return max(query.lander.footprint_m, landings_m, math.sqrt(area) / _SPREAD)
